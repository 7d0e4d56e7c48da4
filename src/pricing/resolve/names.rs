//! The forms in which the world spells the names of models.

use std::borrow::Cow;

use chrono::NaiveDate;
use unicode_normalization::UnicodeNormalization;

/// Suffixes of OpenRouter that choose how a call is routed and leave the model's
/// price as it is. Others, such as `:free` and `:batch`, have prices of their own.
const PRICE_NEUTRAL_SUFFIXES: [&str; 3] = [":floor", ":nitro", ":online"];

/// Trims, composes (Unicode NFC) and lowers `name`.
pub(in crate::pricing) fn normalise(name: &str) -> Cow<'_, str> {
    let name = name.trim();
    let is_plain = |byte: u8| byte.is_ascii() && !byte.is_ascii_uppercase();
    if name.bytes().all(is_plain) {
        return Cow::Borrowed(name);
    }
    Cow::Owned(name.nfc().collect::<String>().to_lowercase())
}

/// The part after `models/` of a path such as `publishers/google/models/x`, or
/// the last part of an Amazon resource name.
pub(super) fn without_path(name: &str) -> &str {
    if name.starts_with("arn:") {
        return name.rsplit('/').next().unwrap_or(name);
    }
    let is_path = name.starts_with("models/") || name.contains("/models/");
    if is_path { name.rsplit("models/").next().unwrap_or(name) } else { name }
}

/// The part after `openai/`, where that is the provider.
pub(super) fn without_vendor(name: &str, is_provider: impl Fn(&str) -> bool) -> &str {
    match name.split_once('/') {
        Some((vendor, model)) if is_provider(vendor) => model,
        _ => name,
    }
}

/// The part before a suffix that changes no price.
pub(super) fn without_suffix(name: &str) -> &str {
    PRICE_NEUTRAL_SUFFIXES.iter().find_map(|suffix| name.strip_suffix(suffix)).unwrap_or(name)
}

/// Writes `-20251211` as `-2025-12-11`, before a dash, a colon or the end;
/// `None` where there is no such date.
pub(super) fn with_dashed_dates(name: &str) -> Option<String> {
    let mut dashed = String::with_capacity(name.len() + 2);
    let mut copied = 0;
    for (dash, _) in name.match_indices('-') {
        let Some((year, month, day)) = compact_date(&name[dash + 1..]) else { continue };
        dashed.push_str(&name[copied..=dash]);
        dashed.push_str(&format!("{year}-{month}-{day}"));
        copied = dash + 9;
    }
    (copied > 0).then(|| dashed + &name[copied..])
}

/// The date that `text` begins with.
fn compact_date(text: &str) -> Option<(&str, &str, &str)> {
    let digits = text.get(..8).filter(|digits| digits.bytes().all(|byte| byte.is_ascii_digit()))?;
    let ends = matches!(text.as_bytes().get(8), None | Some(b'-' | b':'));
    let (year, month, day) = (&digits[..4], &digits[4..6], &digits[6..]);
    let date = NaiveDate::from_ymd_opt(year.parse().ok()?, month.parse().ok()?, day.parse().ok()?);
    (ends && year.starts_with("20") && date.is_some()).then_some((year, month, day))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_trimmed_composed_and_lowered() {
        assert_eq!(normalise(" GPT-4o "), "gpt-4o");
        assert_eq!(normalise("Cafe\u{301}"), "café");
        assert!(matches!(normalise("gpt-4o"), Cow::Borrowed(_)));
    }

    #[test]
    fn paths_vendors_and_suffixes_go() {
        assert_eq!(without_path("models/gemini-2.5-pro"), "gemini-2.5-pro");
        assert_eq!(
            without_path("projects/p/locations/l/publishers/google/models/gemini"),
            "gemini"
        );
        assert_eq!(
            without_path("arn:aws:bedrock:us-east-1:1:inference-profile/us.anthropic.x-v1:0"),
            "us.anthropic.x-v1:0"
        );
        assert_eq!(without_path("supermodels/x"), "supermodels/x");
        assert_eq!(without_vendor("openai/gpt-4o", |vendor| vendor == "openai"), "gpt-4o");
        assert_eq!(without_vendor("meta/llama", |vendor| vendor == "openai"), "meta/llama");
        assert_eq!(without_suffix("a/b:nitro"), "a/b");
        assert_eq!(without_suffix("a/b:free"), "a/b:free");
    }

    #[test]
    fn only_dates_get_dashes() {
        assert_eq!(with_dashed_dates("gpt-5.2-20251211").as_deref(), Some("gpt-5.2-2025-12-11"));
        assert_eq!(with_dashed_dates("a-20251211:b").as_deref(), Some("a-2025-12-11:b"));
        assert_eq!(
            with_dashed_dates("a-20251211-20251212").as_deref(),
            Some("a-2025-12-11-2025-12-12")
        );
        for other in [
            "gpt-5",
            "a-20251311",
            "a-20250230",
            "a-202512111",
            "a-19991211",
            "a20251211",
            "é-2025121é",
        ] {
            assert_eq!(with_dashed_dates(other), None, "{other}");
        }
    }
}
