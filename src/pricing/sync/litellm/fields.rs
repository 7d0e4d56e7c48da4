//! What the fields of an entry mean: the meter, the tier and the terms of a price.

use super::super::listed::Terms;
use crate::domain::meter::Meter;

/// What the price in a field is of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Meaning {
    pub(super) meter: Meter,
    /// In thousands of input tokens.
    pub(super) above: Option<u64>,
    /// All the terms it is asked for on; empty ones are those of any call.
    pub(super) terms: Vec<Terms>,
}

/// Fields whose name says all, with the keys of their meters.
const METERS: [(&str, &str); 39] = [
    ("annotation_cost_per_page", "input_annotated_document_pages"),
    ("cache_creation_input_audio_token_cost", "cache_audio_write_tokens"),
    ("cache_creation_input_token_cost", "cache_write_tokens"),
    ("cache_creation_input_token_cost_above_12hr", "cache_write_12h_tokens"),
    ("cache_creation_input_token_cost_above_1hr", "cache_write_1h_tokens"),
    ("cache_read_input_audio_token_cost", "cache_audio_read_tokens"),
    ("cache_read_input_image_token_cost", "cache_image_read_tokens"),
    ("cache_read_input_token_cost", "cache_read_tokens"),
    ("citation_cost_per_token", "output_citation_tokens"),
    ("code_interpreter_cost_per_session", "code_sessions"),
    ("google_maps_grounding_cost_per_query", "maps_groundings"),
    ("input_cost_per_audio_per_second", "input_audio_seconds"),
    ("input_cost_per_audio_token", "input_audio_tokens"),
    ("input_cost_per_character", "input_characters"),
    ("input_cost_per_image", "input_images"),
    ("input_cost_per_image_token", "input_image_tokens"),
    ("input_cost_per_pixel", "input_pixels"),
    ("input_cost_per_request", "requests"),
    ("input_cost_per_text_message", "input_text_messages"),
    ("input_cost_per_token", "input_tokens"),
    ("input_cost_per_token_cache_hit", "cache_read_tokens"),
    ("input_cost_per_video_per_second", "input_video_seconds"),
    ("input_cost_per_video_token", "input_video_tokens"),
    ("ocr_cost_per_credit", "credits"),
    ("ocr_cost_per_page", "input_document_pages"),
    ("output_cost_per_audio_token", "output_audio_tokens"),
    ("output_cost_per_character", "output_characters"),
    ("output_cost_per_image", "output_images"),
    ("output_cost_per_image_token", "output_image_tokens"),
    ("output_cost_per_pixel", "output_pixels"),
    ("output_cost_per_reasoning_token", "output_reasoning_tokens"),
    ("output_cost_per_token", "output_tokens"),
    ("output_cost_per_video_per_second", "output_video_seconds"),
    ("output_cost_per_video_token", "output_video_tokens"),
    // What these are of depends on what the model does.
    ("cost_per_second", ""),
    ("input_cost_per_query", ""),
    ("input_cost_per_second", ""),
    ("output_cost_per_second", ""),
    ("explicit_cache_read_input_token_cost", "cache_read_tokens"),
];

/// Endings of fields, with the terms that they are the prices of. A call that asks
/// to be fast is billed as one with priority.
const SERVICES: [(&str, &[(&str, &str)]); 6] = [
    ("_priority", &[("service_tier", "priority"), ("service_tier", "fast")]),
    ("_flex", &[("service_tier", "flex")]),
    ("_balanced", &[("service_tier", "balanced")]),
    ("_ultrafast", &[("service_tier", "ultrafast")]),
    ("_batches", &[("processing", "batch")]),
    ("_decisions", &[("endpoint", "decisions")]),
];

/// Fields whose ending is a size, with the term that it is a word of.
const SIZES: [(&str, &str); 2] =
    [("output_cost_per_second_", "resolution"), ("output_cost_per_image_", "image_size")];

/// Prices that a list of meters cannot hold: those in units of an account, and
/// those that rise with the length of one video.
const NOT_MAPPED: [&str; 4] = [
    "input_dbu_cost_per_token",
    "output_dbu_cost_per_token",
    "input_cost_per_video_per_second_above_8s_interval",
    "input_cost_per_video_per_second_above_15s_interval",
];

/// What `field` of a model with this `mode` means; `None` when it is no known price.
pub(super) fn meaning(field: &str, mode: &str) -> Option<Meaning> {
    let service = SERVICES.iter().find(|(ending, _)| field.ends_with(ending));
    let rest = service.map_or(field, |(ending, _)| field.trim_end_matches(ending));
    let (name, above) = without_tier(rest);
    let size = SIZES.iter().find_map(|(start, term)| {
        let size = name.strip_prefix(start)?;
        size.starts_with(|c: char| c.is_ascii_digit()).then_some((start, *term, size))
    });
    let name = size.map_or(name, |(start, ..)| start.trim_end_matches('_'));
    let (_, key) = METERS.iter().find(|(known, _)| *known == name)?;
    let meter = if key.is_empty() { by_mode(name, mode) } else { key };
    let mut fixed = Terms::new();
    if let Some((_, term, size)) = size {
        fixed.insert(term.into(), size.into());
    }
    if name == "explicit_cache_read_input_token_cost" {
        fixed.insert("cache_type".into(), "ephemeral".into());
    }
    let terms = service.map_or_else(
        || vec![fixed.clone()],
        |(_, services)| services.iter().map(|service| with(&fixed, *service)).collect(),
    );
    let meter = Meter::by_key(meter).expect("a test looks every key up");
    Some(Meaning { meter, above, terms })
}

/// The terms with one more.
pub(super) fn with(terms: &Terms, (term, word): (&str, &str)) -> Terms {
    let one = std::iter::once((term.into(), word.into()));
    terms.iter().map(|(term, word)| (term.clone(), word.clone())).chain(one).collect()
}

fn without_tier(field: &str) -> (&str, Option<u64>) {
    let tier = || {
        let (name, thousands) = field.strip_suffix("k_tokens")?.rsplit_once("_above_")?;
        Some((name, Some(thousands.parse().ok()?)))
    };
    tier().unwrap_or((field, None))
}

fn by_mode(name: &str, mode: &str) -> &'static str {
    match (name, mode) {
        ("input_cost_per_query", "rerank") => "rerank_searches",
        ("input_cost_per_query", _) => "searches",
        (_, "audio_transcription") => "input_audio_seconds",
        (_, "audio_speech") => "output_audio_seconds",
        (_, "video_generation") => "output_video_seconds",
        ("input_cost_per_second", "realtime") => "input_audio_seconds",
        ("output_cost_per_second", "realtime") => "output_audio_seconds",
        _ => "compute_seconds",
    }
}

/// Whether `field` could change what a call costs.
pub(super) fn looks_like_a_price(field: &str) -> bool {
    let is_dropped = NOT_MAPPED.contains(&field);
    !is_dropped && ["cost", "pric", "multiplier"].iter().any(|word| field.contains(word))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(field: &str, mode: &str) -> Option<(&'static str, Option<u64>, String)> {
        let meaning = meaning(field, mode)?;
        Some((meaning.meter.key(), meaning.above, format!("{:?}", meaning.terms)))
    }

    #[test]
    fn every_field_has_a_meter() {
        for (field, _) in METERS {
            for mode in
                ["chat", "rerank", "audio_transcription", "audio_speech", "video_generation"]
            {
                assert!(meaning(field, mode).is_some(), "{field}");
            }
        }
    }

    #[test]
    fn names_say_tier_and_terms() {
        assert_eq!(
            said("cache_creation_input_token_cost_above_12hr_above_272k_tokens_flex", "chat"),
            Some(("cache_write_12h_tokens", Some(272), r#"[{"service_tier": "flex"}]"#.into()))
        );
        assert_eq!(
            said("input_cost_per_token_priority", "chat"),
            Some((
                "input_tokens",
                None,
                r#"[{"service_tier": "priority"}, {"service_tier": "fast"}]"#.into()
            ))
        );
        assert_eq!(
            said("output_cost_per_image_0.5K", "image_generation"),
            Some(("output_images", None, r#"[{"image_size": "0.5K"}]"#.into()))
        );
        assert_eq!(
            said("output_cost_per_image_token_batches", "image_generation"),
            Some(("output_image_tokens", None, r#"[{"processing": "batch"}]"#.into()))
        );
        assert_eq!(said("moon_cost_per_token", "chat"), None);
    }

    #[test]
    fn seconds_are_those_of_what_the_model_does() {
        let meter = |mode| said("output_cost_per_second_720p", mode).expect("is known").0;
        assert_eq!(meter("video_generation"), "output_video_seconds");
        assert_eq!(meter("chat"), "compute_seconds");
        assert_eq!(said("input_cost_per_query", "search").expect("is known").0, "searches");
    }
}
