//! What each corrected fact changes, on both sides of each of its boundaries.

use chrono::{DateTime, Datelike, Days, NaiveDate, TimeDelta, Timelike, Utc, Weekday};

use super::{CORRECTED, LISTED};
use crate::domain::cost::CostStatus;
use crate::domain::meter::Meter;
use crate::domain::quantities::{Quantities, TokenConvention};
use crate::domain::text::{LongName, Name, Url};
use crate::domain::usage::Call;
use crate::pricing::Catalogue;

type Pairs<'a> = &'a [(&'a str, &'a str)];

/// Two million input tokens of which one was cached, and one million output tokens.
const TOKENS: Pairs<'_> =
    &[("input_tokens", "2000000"), ("cache_read_tokens", "1000000"), ("output_tokens", "1000000")];

fn call(
    provider: &str,
    model: &str,
    at: DateTime<Utc>,
    terms: Pairs<'_>,
    usage: Pairs<'_>,
) -> Call {
    let meter = |key: &str| Meter::by_key(key).expect("is registered");
    let pairs =
        usage.iter().map(|(key, quantity)| (meter(key), quantity.parse().expect("is a number")));
    Call {
        event_time: at,
        provider: Name::new(provider).expect("is a name"),
        model: LongName::new(model).expect("is a name"),
        response_model: LongName::new("").expect("may be empty"),
        api_url: Url::new("").expect("may be empty"),
        price_context: terms.iter().map(|(term, word)| ((*term).into(), (*word).into())).collect(),
        quantities: Quantities::new(pairs, TokenConvention::Inclusive).expect("are consistent"),
        cached_response: false,
        answered: false,
    }
}

fn total(list: &Catalogue, call: &Call) -> String {
    let pricing = list.view().price(call);
    match pricing.cost {
        Some(cost) if pricing.status == CostStatus::Priced => cost.total.to_string(),
        _ => pricing.status.as_str().to_owned(),
    }
}

/// Holds what calls cost in the list and with the corrections, by time.
fn check(
    provider: &str,
    model: &str,
    terms: Pairs<'_>,
    usage: Pairs<'_>,
    costs: &[(&str, &str, &str)],
) {
    for (at, listed, corrected) in costs {
        let call = call(provider, model, at.parse().expect("is a time"), terms, usage);
        assert_eq!(total(&LISTED, &call), *listed, "{provider}/{model} listed at {at}");
        assert_eq!(total(&CORRECTED, &call), *corrected, "{provider}/{model} at {at}");
    }
}

#[test]
fn deepseek_v4_pro_was_flat_before_it_had_peak_hours() {
    let (flat, low, peak) = ("1.308625", "2.662", "5.324");
    check(
        "deepseek",
        "deepseek-v4-pro",
        &[],
        TOKENS,
        &[
            ("2026-05-05T02:00:00Z", peak, flat),
            ("2026-08-14T09:59:59Z", peak, flat),
            ("2026-08-16T15:59:59.999999Z", flat, flat),
            ("2026-08-16T16:00:00Z", flat, low),
            ("2026-08-17T00:00:00Z", low, low),
            ("2026-08-17T00:59:59.999999Z", low, low),
            ("2026-08-17T01:00:00Z", peak, peak),
            ("2026-08-17T03:59:59.999999Z", peak, peak),
            ("2026-08-17T04:00:00Z", low, low),
            ("2026-08-17T05:59:59.999999Z", low, low),
            ("2026-08-17T06:00:00Z", peak, peak),
            ("2026-08-17T09:59:59.999999Z", peak, peak),
            ("2026-08-17T10:00:00Z", low, low),
        ],
    );
}

#[test]
fn deepseek_has_no_peak_on_weekends_since_the_second_one() {
    let (low, peak) = ("2.662", "5.324");
    check(
        "deepseek",
        "deepseek-v4-pro",
        &[],
        TOKENS,
        &[
            // Saturday the 22nd was the last day of the old rule.
            ("2026-08-22T02:00:00Z", peak, peak),
            ("2026-08-22T09:59:59.999999Z", peak, peak),
            ("2026-08-23T02:00:00Z", peak, low),
            ("2026-08-24T00:59:59.999999Z", low, low),
            ("2026-08-24T01:00:00Z", peak, peak),
            ("2026-08-28T09:59:59.999999Z", peak, peak),
            ("2026-08-29T01:00:00Z", peak, low),
            ("2026-08-30T09:59:59.999999Z", peak, low),
            ("2026-08-31T01:00:00Z", peak, peak),
            ("2026-11-22T02:00:00Z", peak, low),
            ("2026-11-23T02:00:00Z", peak, peak),
        ],
    );
}

#[test]
fn deepseek_has_no_peak_on_chinese_holidays() {
    let (low, peak) = ("2.662", "5.324");
    check(
        "deepseek",
        "deepseek-v4-pro",
        &[],
        TOKENS,
        &[
            ("2026-09-24T09:59:59.999999Z", peak, peak),
            ("2026-09-25T01:00:00Z", peak, low),
            ("2026-09-28T01:00:00Z", peak, peak),
            ("2026-09-30T09:59:59.999999Z", peak, peak),
            ("2026-10-01T01:00:00Z", peak, low),
            ("2026-10-07T09:59:59.999999Z", peak, low),
            ("2026-10-08T01:00:00Z", peak, peak),
        ],
    );
}

#[test]
fn deepseek_v4_flash_had_a_peak_price_of_its_own_before_v4_1() {
    let (launch, flat) = ("0.448", "0.4228");
    let (low, peak, low_4_1, peak_4_1) = ("0.887", "1.774", "0.753", "1.506");
    check(
        "deepseek",
        "deepseek-v4-flash",
        &[],
        TOKENS,
        &[
            ("2026-04-26T12:14:59.999999Z", flat, launch),
            ("2026-04-26T12:15:00Z", flat, flat),
            ("2026-05-05T02:00:00Z", peak_4_1, flat),
            ("2026-08-16T15:59:59.999999Z", flat, flat),
            ("2026-08-16T16:00:00Z", flat, low),
            ("2026-08-17T01:00:00Z", peak_4_1, peak),
            ("2026-08-22T09:59:59.999999Z", peak_4_1, peak),
            ("2026-08-23T09:59:59.999999Z", peak_4_1, low),
            ("2026-09-09T09:59:59.999999Z", peak_4_1, peak),
            ("2026-09-10T00:00:00Z", low_4_1, low),
            ("2026-09-10T03:59:59.999999Z", peak_4_1, peak),
            ("2026-09-10T04:00:00Z", low_4_1, low_4_1),
            ("2026-09-10T06:00:00Z", peak_4_1, peak_4_1),
            ("2026-09-12T06:00:00Z", peak_4_1, low_4_1),
            ("2026-10-01T06:00:00Z", peak_4_1, low_4_1),
            ("2026-10-08T06:00:00Z", peak_4_1, peak_4_1),
        ],
    );
    check(
        "deepseek",
        "deepseek-flash",
        &[],
        TOKENS,
        &[
            ("2026-09-11T09:59:59.999999Z", peak_4_1, peak_4_1),
            ("2026-09-11T10:00:00Z", low_4_1, low_4_1),
            ("2026-09-12T01:00:00Z", peak_4_1, low_4_1),
            ("2026-09-25T01:00:00Z", peak_4_1, low_4_1),
            ("2026-11-22T02:00:00Z", peak_4_1, low_4_1),
            ("2026-11-23T02:00:00Z", peak_4_1, peak_4_1),
        ],
    );
}

/// Whether DeepSeek asks its peak price at `at`, as its notices say it, in other words
/// than the corrections do.
fn is_peak(at: DateTime<Utc>) -> bool {
    let day = |month, day| NaiveDate::from_ymd_opt(2026, month, day).expect("is a date");
    let beijing = at.naive_utc() + TimeDelta::hours(8);
    let is_free = |date: NaiveDate| {
        let weekend = matches!(date.weekday(), Weekday::Sat | Weekday::Sun);
        let is_holiday =
            (day(9, 25)..=day(9, 27)).contains(&date) || (day(10, 1)..=day(10, 7)).contains(&date);
        date >= day(8, 23) && weekend || is_holiday
    };
    let date = beijing.date();
    let hours = matches!(beijing.hour(), 9..12 | 14..18);
    date >= day(8, 17) && hours && !is_free(date)
}

#[test]
fn every_hour_of_deepseek_has_the_price_of_its_notices() {
    let begin: DateTime<Utc> = "2026-08-16T16:00:00Z".parse().expect("is a time");
    let end = begin + Days::new(120);
    let hours = std::iter::successors(Some(begin), |at| Some(*at + TimeDelta::minutes(30)));
    for at in hours.take_while(|at| *at < end) {
        let pro = if is_peak(at) { "5.324" } else { "2.662" };
        assert_eq!(total(&CORRECTED, &call("deepseek", "deepseek-v4-pro", at, &[], TOKENS)), pro);
        let flash = match (at < begin + TimeDelta::hours(588), is_peak(at)) {
            (true, false) => "0.887",
            (true, true) => "1.774",
            (false, false) => "0.753",
            (false, true) => "1.506",
        };
        let call = call("deepseek", "deepseek-v4-flash", at, &[], TOKENS);
        assert_eq!(total(&CORRECTED, &call), flash, "{at}");
    }
}

#[test]
fn deepseek_chat_and_reasoner_cost_the_same_since_september_2025_and_ended() {
    let (night, v3_1, v3_2) = ("0.72", "2.31", "0.728");
    let (v4_launch, v4, none) = ("0.448", "0.4228", "no_price");
    for (model, day) in [("deepseek-chat", "1.44"), ("deepseek-reasoner", "2.88")] {
        check(
            "deepseek",
            model,
            &[],
            TOKENS,
            &[
                ("2025-09-05T15:59:59.999999Z", day, day),
                ("2025-09-05T16:00:00Z", day, v3_1),
                ("2025-09-05T20:00:00Z", night, v3_1),
                ("2025-09-28T23:59:59.999999Z", night, v3_1),
                ("2025-09-29T00:00:00Z", night, v3_2),
                ("2026-01-15T12:00:00Z", day, v3_2),
                ("2026-04-23T23:59:59.999999Z", night, v3_2),
                ("2026-04-24T00:00:00Z", night, v4_launch),
                ("2026-04-26T12:14:59.999999Z", day, v4_launch),
                ("2026-04-26T12:15:00Z", day, v4),
                ("2026-07-24T15:59:59.999999Z", day, v4),
                ("2026-07-24T16:00:00Z", day, none),
                ("2026-11-22T12:00:00Z", day, none),
            ],
        );
    }
}

#[test]
fn r1_on_azure_does_not_end_with_the_name_at_deepseek() {
    check(
        "azure",
        "DeepSeek-R1",
        &[],
        TOKENS,
        &[("2025-08-01T12:00:00Z", "2.88", "8.1"), ("2026-07-24T16:00:00Z", "2.88", "8.1")],
    );
}

#[test]
fn mistral_large_latest_is_large_3_since_december_2025() {
    let (large_2, large_3) = ("10", "2.05");
    check(
        "mistral",
        "mistral-large-latest",
        &[],
        TOKENS,
        &[
            ("2025-12-01T23:59:59.999999Z", large_2, large_2),
            ("2025-12-02T00:00:00Z", large_2, large_3),
            ("2026-11-22T12:00:00Z", large_2, large_3),
        ],
    );
    check(
        "mistral",
        "mistral-large-latest",
        &[("processing", "batch")],
        TOKENS,
        &[
            ("2026-10-13T23:59:59.999999Z", large_2, large_3),
            ("2026-10-14T00:00:00Z", large_2, "1.025"),
        ],
    );
    check(
        "mistral",
        "mistral-large-2411",
        &[],
        TOKENS,
        &[("2026-11-22T12:00:00Z", large_2, large_2)],
    );
}

#[test]
fn grok_code_fast_1_ended_at_noon_in_california_but_not_on_azure() {
    for name in ["grok-code-fast-1", "grok-code-fast", "grok-code-fast-1-0825"] {
        check(
            "x-ai",
            name,
            &[],
            TOKENS,
            &[
                ("2026-05-15T18:59:59.999999Z", "1.72", "1.72"),
                ("2026-05-15T19:00:00Z", "1.72", "no_price"),
                ("2026-11-22T12:00:00Z", "1.72", "no_price"),
            ],
        );
    }
    let at = "2026-11-22T12:00:00Z".parse().expect("is a time");
    let answered = Call {
        response_model: LongName::new("grok-build-0.1").expect("is a name"),
        ..call("x-ai", "grok-code-fast-1", at, &[], TOKENS)
    };
    assert_eq!(total(&CORRECTED, &answered), "6.4", "the model that answers counts");
    check(
        "azure",
        "grok-code-fast-1",
        &[],
        TOKENS,
        &[
            ("2026-05-15T18:59:59.999999Z", "1.72", "1.72"),
            ("2026-05-15T19:00:00Z", "1.72", "1.72"),
        ],
    );
}

#[test]
fn audio_of_the_first_realtime_snapshot_was_dearer() {
    let usage = [
        ("input_tokens", "3000000"),
        ("input_audio_tokens", "2000000"),
        ("cache_read_tokens", "1000000"),
        ("cache_audio_read_tokens", "1000000"),
        ("output_tokens", "2000000"),
        ("output_audio_tokens", "1000000"),
    ];
    for provider in ["azure", "openai"] {
        check(
            provider,
            "gpt-4o-realtime-preview-2024-10-01",
            &[],
            &usage,
            &[(
                "2024-11-11T12:00:00Z",
                // 5 + 40 + 2.5 + 20 + 80
                "147.5",
                // 5 + 100 + 20 + 20 + 200
                "345",
            )],
        );
        check(
            provider,
            "gpt-4o-realtime-preview-2024-12-17",
            &[],
            &usage,
            &[("2025-01-11T12:00:00Z", "147.5", "147.5")],
        );
    }
}

#[test]
fn gpt_5_on_azure_has_the_price_of_its_service_tier() {
    let standard = "11.375";
    for name in ["gpt-5", "gpt-5-2025-08-07"] {
        let tier = |term, word, corrected| {
            let at = "2026-11-22T12:00:00Z";
            check("azure", name, &[(term, word)], TOKENS, &[(at, standard, corrected)]);
        };
        tier("service_tier", "default", standard);
        tier("service_tier", "priority", "22.75");
        tier("processing", "batch", "5.6875");
    }
    check(
        "azure",
        "gpt-5",
        &[],
        &[("web_searches", "1000")],
        &[("2026-11-22T12:00:00Z", "10", "10")],
    );
}

#[test]
fn cohere_has_a_reranker_and_its_newest_embeddings() {
    let at = "2026-11-22T12:00:00Z";
    let unknown = "unknown_model";
    check("cohere", "rerank-v3.5", &[], &[("rerank_searches", "1000")], &[(at, unknown, "2")]);
    check("cohere", "rerank-v3.5", &[], &[("rerank_searches", "1")], &[(at, unknown, "0.002")]);
    let tokens = [("input_tokens", "1000000")];
    check("cohere", "embed-v5.0-pro", &[], &tokens, &[(at, unknown, "0.12")]);
    check("cohere", "embed-v5.0-fast", &[], &tokens, &[(at, unknown, "0.08")]);
}
