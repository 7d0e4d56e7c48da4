//! The models that most deployments have: each is there under its name, with the
//! figures of its provider's price page.

use chrono::{DateTime, Utc};

use super::CORRECTED;
use crate::pricing::quote::Terms;
use crate::pricing::resolve::Names;
use crate::pricing::set::Rate;

/// In the order of the columns below.
const METERS: [&str; 5] = [
    "input_tokens",
    "cache_read_tokens",
    "cache_write_tokens",
    "cache_write_1h_tokens",
    "output_tokens",
];

/// USD for a million tokens: input, cache read, cache write, cache write for an hour,
/// output; where long requests are dearer, with the number of input tokens above which
/// they are. A dash: the meter has no price of its own.
type Row = (&'static str, &'static str, &'static str, [&'static str; 5]);

/// What applications of 2024 and 2025 used, at a time when it was sold.
const OLDER: [Row; 16] = [
    ("openai", "gpt-4o", "2025-06-01", ["2.5", "1.25", "-", "-", "10"]),
    ("openai", "gpt-4o-mini", "2025-06-01", ["0.15", "0.075", "-", "-", "0.6"]),
    ("openai", "gpt-4-turbo", "2025-06-01", ["10", "-", "-", "-", "30"]),
    ("openai", "gpt-3.5-turbo", "2025-06-01", ["0.5", "-", "-", "-", "1.5"]),
    ("openai", "text-embedding-3-small", "2025-06-01", ["0.02", "-", "-", "-", "-"]),
    ("openai", "text-embedding-3-large", "2025-06-01", ["0.13", "-", "-", "-", "-"]),
    ("anthropic", "claude-3-5-sonnet", "2025-06-01", ["3", "0.3", "3.75", "6", "15"]),
    ("anthropic", "claude-3-5-haiku", "2025-06-01", ["0.8", "0.08", "1", "1.6", "4"]),
    ("anthropic", "claude-3-opus", "2025-06-01", ["15", "1.5", "18.75", "30", "75"]),
    ("anthropic", "claude-3-haiku", "2025-06-01", ["0.25", "0.03", "0.3", "0.5", "1.25"]),
    ("google", "gemini-1.5-pro", "2025-06-01", ["1.25 >128000 2.5", "-", "-", "-", "5 >128000 10"]),
    (
        "google",
        "gemini-1.5-flash",
        "2025-06-01",
        ["0.075 >128000 0.15", "0.01875 >128000 0.0375", "-", "-", "0.3 >128000 0.6"],
    ),
    ("google", "gemini-2.0-flash", "2025-06-01", ["0.1", "0.025", "-", "-", "0.4"]),
    ("cohere", "command-r-plus", "2025-06-01", ["2.5", "-", "-", "-", "10"]),
    ("cohere", "command-r", "2025-06-01", ["0.15", "-", "-", "-", "0.6"]),
    ("cohere", "embed-v4.0", "2025-06-01", ["0.12", "-", "-", "-", "-"]),
];

/// What applications use in November 2026.
const NEWER: [Row; 16] = [
    (
        "openai",
        "gpt-6-astra",
        "2026-11-22",
        ["10 >272000 20", "1 >272000 2", "12.5 >272000 25", "-", "50 >272000 75"],
    ),
    (
        "openai",
        "gpt-6.1-sol",
        "2026-11-22",
        ["2 >272000 4", "0.1 >272000 0.2", "2.5 >272000 5", "-", "10 >272000 15"],
    ),
    (
        "openai",
        "gpt-6.1-terra",
        "2026-11-22",
        ["1 >272000 2", "0.05 >272000 0.1", "1.25 >272000 2.5", "-", "5 >272000 7.5"],
    ),
    (
        "openai",
        "gpt-6-luna",
        "2026-11-22",
        ["0.1 >272000 0.2", "0.01 >272000 0.02", "0.125 >272000 0.25", "-", "0.5 >272000 0.75"],
    ),
    ("openai", "text-embedding-3-small", "2026-11-22", ["0.02", "-", "-", "-", "-"]),
    ("openai", "text-embedding-3-large", "2026-11-22", ["0.13", "-", "-", "-", "-"]),
    ("anthropic", "claude-fable-5-2", "2026-11-22", ["8", "0.2", "10", "16", "40"]),
    ("anthropic", "claude-opus-5-5", "2026-11-22", ["4", "0.2", "5", "8", "20"]),
    ("anthropic", "claude-sonnet-5-5", "2026-11-22", ["2", "0.1", "2.5", "4", "10"]),
    (
        "anthropic",
        "claude-haiku-5-5",
        "2026-11-22",
        [
            "0.1 >100000 0.5",
            "0.01 >100000 0.05",
            "0.125 >100000 0.625",
            "0.2 >100000 1",
            "0.5 >100000 2.5",
        ],
    ),
    ("google", "gemini-4-argon", "2026-11-22", ["2", "0.1", "-", "-", "10"]),
    ("google", "gemini-3.8-flash", "2026-11-22", ["0.75", "0.075", "-", "-", "3.75"]),
    (
        "google",
        "gemini-2.5-pro",
        "2026-11-22",
        ["1.25 >200000 2.5", "0.125 >200000 0.25", "-", "-", "10 >200000 15"],
    ),
    ("cohere", "command-a-03-2025", "2026-11-22", ["2.5", "-", "-", "-", "10"]),
    ("cohere", "command-r7b-12-2024", "2026-11-22", ["0.0375", "-", "-", "-", "0.15"]),
    ("cohere", "embed-v4.0", "2026-11-22", ["0.12", "-", "-", "-", "-"]),
];

/// The rates of a model, by meter.
fn rates(provider: &str, model: &str, date: &str) -> Vec<(&'static str, String)> {
    let names = Names { provider, model, ..Names::default() };
    let at: DateTime<Utc> = format!("{date}T12:00:00Z").parse().expect("is a time");
    let found = CORRECTED.view().find(names, at, &Terms::new()).expect("is there");
    assert_eq!(&*found.provider.key, provider, "{model}");
    let quote = found.quote.unwrap_or_else(|| panic!("{model} has no price"));
    quote.rates.iter().map(|quoted| (quoted.rate.meter.key(), text(quoted.rate))).collect()
}

fn text(rate: &Rate) -> String {
    let tiers = rate.above.iter().map(|(above, amount)| format!(" >{above} {amount}"));
    std::iter::once(rate.base.to_string()).chain(tiers).collect()
}

#[test]
fn each_has_the_figures_of_its_price_page() {
    for (provider, model, date, expected) in OLDER.iter().chain(&NEWER) {
        let rates = rates(provider, model, date);
        let figure = |meter: &str| {
            let rate = rates.iter().find(|(other, _)| *other == meter);
            rate.map_or("-", |(_, figure)| figure).to_owned()
        };
        assert_eq!(METERS.map(figure), *expected, "{model} at {date}");
    }
}

#[test]
fn the_older_ones_cost_the_same_to_this_day() {
    for (provider, model, date, _) in OLDER {
        assert_eq!(rates(provider, model, date), rates(provider, model, "2026-11-22"), "{model}");
    }
}

#[test]
fn audio_of_gemini_2_0_flash_is_dearer_than_text() {
    let rates = rates("google", "gemini-2.0-flash", "2025-06-01");
    assert!(rates.contains(&("input_audio_tokens", "0.7".to_owned())));
}
