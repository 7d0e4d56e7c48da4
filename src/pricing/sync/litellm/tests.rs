use super::*;
use crate::pricing::file::write;

fn listing(entries: &str) -> Listing {
    read(&format!("{{{entries}}}"), "1").expect("is a list")
}

/// The prices of a model of the provider `p` with `fields`, as our files say them.
fn converted(fields: &str) -> String {
    let listing = listing(&format!(r#""p/m": {{"litellm_provider": "p", {fields}}}"#));
    assert_eq!(listing.refused, []);
    let text = write::provider(&listing.providers[0]);
    text.split_once("key = \"m\"\n").expect("has the model").1.to_owned()
}

fn refused(fields: &str) -> String {
    let listing = listing(&format!(r#""p/m": {{"litellm_provider": "p", {fields}}}"#));
    assert_eq!(listing.providers, []);
    listing.refused[0].reason.clone()
}

#[test]
fn prices_are_for_the_units_of_their_meters() {
    assert_eq!(
        converted(
            r#""mode": "chat", "max_input_tokens": 1000, "rpm": 5, "source": "prose", "supports_vision": true,
               "input_cost_per_token": 2.5e-06, "output_cost_per_token": 0.0, "cache_read_input_token_cost": 1.0000000000000001e-07,
               "output_cost_per_image": 0.04, "ocr_cost_per_page": 0.001, "input_dbu_cost_per_token": 7"#
        ),
        "context_window = 1000\n[[model.price]]\nrates = { cache_read_tokens = \"0.1\", input_document_pages = \"1\", input_tokens = \"2.5\", output_images = \"0.04\", output_tokens = \"0\" }\n"
    );
    assert_eq!(
        converted(
            r#""mode": "audio_transcription", "input_cost_per_second": 0.0001, "output_cost_per_second": 0"#
        ),
        "[[model.price]]\nrates = { audio_seconds = \"0.36\", input_audio_seconds = \"0.36\" }\n"
    );
}

#[test]
fn tiers_begin_above_their_number_and_for_one_provider_at_it() {
    let fields = r#""input_cost_per_token": 1e-6, "input_cost_per_token_above_200k_tokens": 2e-6"#;
    assert!(
        converted(fields).contains(r#"input_tokens = { above = { 200000 = "2" }, base = "1" }"#)
    );
    let xai = listing(&format!(r#""xai/m": {{"litellm_provider": "xai", {fields}}}"#));
    let text = write::provider(&xai.providers[0]);
    assert!(text.contains("key = \"x-ai\"") && text.contains("199999 = \"2\""), "{text}");
}

#[test]
fn tiers_as_a_list_take_the_place_of_fields() {
    let text = converted(
        r#""input_cost_per_token": 9e-6, "tiered_pricing": [
            {"range": [0, 32000.0], "input_cost_per_token": 1e-6, "output_cost_per_token": 4e-6},
            {"range": [32000.0, 64000], "input_cost_per_token": 2e-6, "output_cost_per_token": 8e-6, "cache_read_input_token_cost": 1e-7}]"#,
    );
    assert_eq!(
        text,
        "[[model.price]]\nrates = { cache_read_tokens = { above = { 32000 = \"0.1\" }, base = \"1\" }, input_tokens = { above = { 32000 = \"2\" }, base = \"1\" }, output_tokens = { above = { 32000 = \"8\" }, base = \"4\" } }\n"
    );
    let by_results =
        r#""tiered_pricing": [{"max_results_range": [0, 25], "input_cost_per_query": 0.005}]"#;
    assert_eq!(refused(by_results), "its tiers are not of input tokens, rising from 0");
}

#[test]
fn a_service_tier_keeps_the_tiers_and_reasons_at_its_output() {
    let text = converted(
        r#""input_cost_per_token": 1e-6, "input_cost_per_token_above_200k_tokens": 3e-6,
           "output_cost_per_token": 4e-6, "output_cost_per_reasoning_token": 5e-6,
           "input_cost_per_token_priority": 2e-6, "output_cost_per_token_priority": 8e-6,
           "input_cost_per_token_batches": 5e-7"#,
    );
    let variants = text.split_once("[[model.variant]]\n").expect("has variants").1;
    let priority = "rates = { input_tokens = { above = { 200000 = \"3\" }, base = \"2\" }, output_reasoning_tokens = \"8\", output_tokens = \"8\" }\n";
    assert_eq!(
        variants,
        format!(
            "when = {{ processing = \"batch\" }}\nrates = {{ input_tokens = \"0.5\" }}
[[model.variant]]\nwhen = {{ service_tier = \"fast\" }}\n{priority}[[model.variant]]\nwhen = {{ service_tier = \"priority\" }}\n{priority}"
        )
    );
}

#[test]
fn what_parts_share_costs_what_it_is_used_for() {
    let text = converted(
        r#""input_cost_per_token": 1e-6, "input_cost_per_audio_token": 3e-6, "cache_read_input_token_cost": 1e-7,
           "cache_creation_input_token_cost_above_1hr": 2e-6, "cache_read_input_token_cost_flex": 5e-8"#,
    );
    assert_eq!(
        text,
        "[[model.price]]
rates = { cache_audio_read_tokens = \"0.1\", cache_audio_write_1h_tokens = \"2\", cache_audio_write_tokens = \"1\", cache_read_tokens = \"0.1\", cache_write_1h_tokens = \"2\", cache_write_tokens = \"1\", input_audio_tokens = \"3\", input_tokens = \"1\" }
[[model.variant]]
when = { service_tier = \"flex\" }
rates = { cache_audio_read_tokens = \"0.05\", cache_read_tokens = \"0.05\" }
"
    );
}

#[test]
fn a_whole_that_is_one_part_costs_what_the_part_does() {
    let image = r#""input_cost_per_token": 5e-6, "output_cost_per_image_token": 3e-5"#;
    assert!(converted(image).contains("output_image_tokens = \"30\", output_tokens = \"30\""));
    assert!(
        refused(r#""cache_read_input_token_cost": 1e-7"#).starts_with("input_tokens has no price")
    );
    assert!(
        refused(r#""output_cost_per_image_token": 1e-7, "output_cost_per_audio_token": 1e-6"#)
            .starts_with("output_tokens has no price")
    );
}

#[test]
fn long_requests_alone_may_have_a_price_of_their_own() {
    let text = converted(
        r#""input_cost_per_token": 1e-6, "cache_creation_input_token_cost_above_200k_tokens": 3e-6"#,
    );
    assert!(text.contains("cache_write_tokens = { above = { 200000 = \"3\" }, base = \"1\" }"));
    let on_terms = converted(
        r#""input_cost_per_token": 1e-6, "cache_creation_input_token_cost_above_200k_tokens": 3e-6, "input_cost_per_token_flex": 5e-7"#,
    );
    assert!(on_terms.ends_with("{ cache_write_tokens = { above = { 200000 = \"3\" }, base = \"0.5\" }, input_tokens = \"0.5\" }\n"));
    assert!(
        refused(r#""input_cost_per_token_above_200k_tokens": 3e-6"#)
            .starts_with("input_tokens has a price above")
    );
}

#[test]
fn factors_are_written_out_on_all_terms_and_tokens_only() {
    let text = converted(
        r#""input_cost_per_token": 3e-6, "input_cost_per_token_flex": 1.5e-6, "output_cost_per_image": 0.5,
           "regional_processing_uplift_multiplier_eu": 1.1, "regional_processing_uplift_multiplier_us": 1.1,
           "provider_specific_entry": {"fast": 2, "note": "prose", "minimax_free_input_images": 5}"#,
    );
    let terms: Vec<&str> = text.lines().filter(|line| line.starts_with("when")).collect();
    assert_eq!(
        terms,
        [
            r#"when = { data_residency = "eu", service_tier = "flex", speed = "fast" }"#,
            r#"when = { data_residency = "us", service_tier = "flex", speed = "fast" }"#,
            r#"when = { data_residency = "eu", service_tier = "flex" }"#,
            r#"when = { data_residency = "us", service_tier = "flex" }"#,
            r#"when = { service_tier = "flex", speed = "fast" }"#,
            r#"when = { data_residency = "eu", speed = "fast" }"#,
            r#"when = { data_residency = "us", speed = "fast" }"#,
            r#"when = { service_tier = "flex" }"#,
            r#"when = { data_residency = "eu" }"#,
            r#"when = { data_residency = "us" }"#,
            r#"when = { speed = "fast" }"#,
        ]
    );
    assert!(text.contains("speed = \"fast\" }\nrates = { input_tokens = \"3.3\" }"), "{text}");
    assert!(
        text.contains("{ data_residency = \"eu\" }\nrates = { input_tokens = \"3.3\" }"),
        "{text}"
    );
    let unknown = r#""input_cost_per_token": 1e-6, "provider_specific_entry": {"moon": 3}"#;
    assert_eq!(refused(unknown), "the factor moon is not known");
}

#[test]
fn sizes_and_kinds_of_cache_and_search_are_terms() {
    let text = converted(
        r#""mode": "video_generation", "output_cost_per_second": 0.1, "output_cost_per_second_4k": 0.3"#,
    );
    assert!(text.ends_with(
        "when = { resolution = \"4k\" }\nrates = { output_video_seconds = \"1080\" }\n"
    ));
    let text = converted(
        r#""input_cost_per_token": 1e-6, "cache_read_input_token_cost": 1e-7, "explicit_cache_read_input_token_cost": 5e-8,
           "search_context_cost_per_query": {"search_context_size_low": 0.005, "search_context_size_medium": 0.01, "search_context_size_high": 0.01}"#,
    );
    assert!(text.contains("web_searches = \"10\""));
    assert!(text.contains(
        "when = { cache_type = \"ephemeral\" }\nrates = { cache_read_tokens = \"0.05\" }"
    ));
    assert!(
        text.ends_with(
            "when = { search_context_size = \"low\" }\nrates = { web_searches = \"5\" }\n"
        )
    );
}

#[test]
fn hours_are_told_in_the_zone_of_their_days() {
    let text = converted(
        r#""input_cost_per_token": 4e-6, "input_cost_per_token_above_200k_tokens": 8e-6, "output_cost_per_token": 9e-6,
           "off_peak_pricing": {"input_cost_per_token": 2e-6, "weekday_timezone": "Asia/Shanghai",
             "windows": [{"hours_utc": ["10:00-00:00"], "weekdays": [1, 5]}, {"hours_utc": "00:00-00:00", "weekdays": [6]}]}"#,
    );
    assert_eq!(
        text,
        "[[model.price]]
rates = { input_tokens = { above = { 200000 = \"8\" }, base = \"4\" }, output_tokens = \"9\" }
[[model.price]]
window = { days = [\"mon\", \"fri\"], from = \"18:00:00\", to = \"08:00:00\", zone = \"Asia/Shanghai\" }
rates = { input_tokens = \"2\", output_tokens = \"9\" }
[[model.price]]
window = { days = [\"sat\"], from = \"00:00:00\", to = \"12:00:00\", zone = \"Asia/Shanghai\" }
rates = { input_tokens = \"2\", output_tokens = \"9\" }
[[model.price]]
window = { days = [\"sat\"], from = \"12:00:00\", to = \"00:00:00\", zone = \"Asia/Shanghai\" }
rates = { input_tokens = \"2\", output_tokens = \"9\" }
"
    );
    let daily = |zone: &str| {
        format!(
            r#""input_cost_per_token": 4e-6, "off_peak_pricing": {{"hours_utc": "16:30-00:30", "weekday_timezone": "{zone}"}}"#
        )
    };
    assert!(
        converted(&daily("UTC")).contains("from = \"16:30:00\", to = \"00:30:00\", zone = \"UTC\"")
    );
    assert_eq!(refused(&daily("Europe/Berlin")), "its hours have an unknown form");
    let and_terms = format!(r#"{}, "input_cost_per_token_flex": 1e-6"#, daily("UTC"));
    assert!(refused(&and_terms).starts_with("it has prices by the hour and prices on terms"));
}

#[test]
fn what_is_unknown_or_no_price_is_refused_by_model() {
    assert_eq!(
        refused(r#""moon_cost_per_token": 1"#),
        "the field moon_cost_per_token could be a price and is not known"
    );
    assert!(refused(r#""guardrail_cost_per_unit": {"a": 1}"#).contains("is not known"));
    assert!(refused(r#""input_cost_per_token": "1e-6""#).contains("is no number"));
    assert!(refused(r#""input_cost_per_token": -1"#).contains("is no number"));
    assert!(refused(r#""output_cost_per_image": 6"#).starts_with("the dearest unit prices"));
    let both =
        r#""mode": "audio_speech", "input_cost_per_second": 1e-3, "output_cost_per_second": 2e-3"#;
    assert_eq!(refused(both), "two fields give output_audio_seconds different prices");
    let listing = listing(r#""a": 1, "b": {"litellm_provider": "p", "rpm": 5}, "sample_spec": {}"#);
    assert_eq!((listing.refused.len(), listing.skipped), (1, 1));
    assert_eq!(listing.refused[0].reason, "it names no provider");
}

#[test]
fn a_model_that_is_listed_twice_is_kept_once_or_by_its_full_name() {
    let entry = |key: &str, provider: &str, price: &str| {
        format!(r#""{key}": {{"litellm_provider": "{provider}", "input_cost_per_token": {price}}}"#)
    };
    let list = [
        entry("gemini/gem", "gemini", "2e-6"),
        entry("gem", "vertex_ai-language-models", "1e-6"),
        entry("vertex_ai/gem", "vertex_ai", "1e-6"),
        entry("bedrock/us-east-1/nova", "bedrock_converse", "1e-6"),
        entry("openai/gpt", "vercel_ai_gateway", "1e-6"),
        entry("perplexity/perplexity/sonar", "perplexity", "1e-6"),
        entry("perplexity/sonar", "perplexity", "2e-6"),
    ];
    let listing = listing(&list.join(","));
    let models = listing.providers.iter().flat_map(|provider| {
        provider.models.iter().map(move |model| format!("{}: {}", provider.key, model.key))
    });
    assert_eq!(
        models.collect::<Vec<_>>(),
        [
            "aws: us-east-1/nova",
            "google: gem",
            "google: gemini/gem",
            "perplexity: perplexity/perplexity/sonar",
            "perplexity: sonar",
            "vercel_ai_gateway: openai/gpt"
        ]
    );
    assert_eq!((listing.skipped, listing.refused), (1, vec![]));
}

#[test]
fn one_provider_asks_half_for_what_it_has_in_its_cache() {
    let prices = |fields: &str| {
        let entry = format!(
            r#""m": {{"litellm_provider": "fireworks_ai", "input_cost_per_token": 9e-7{fields}}}"#
        );
        write::provider(&listing(&entry).providers[0])
    };
    assert!(prices("").contains(r#"cache_read_tokens = "0.45""#));
    assert!(
        prices(r#", "cache_read_input_token_cost": 1e-7"#).contains(r#"cache_read_tokens = "0.1""#)
    );
}
