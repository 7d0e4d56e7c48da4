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

/// Kinds of resources whose names end with the name of a public model.
const PUBLIC_RESOURCES: [&str; 2] = [":foundation-model", ":inference-profile"];

/// Folders in the paths of resources. What follows, a rule must not judge: a
/// project or a tuned model may be called after any model.
const FOLDERS: [&str; 4] = ["models", "projects", "publishers", "tunedmodels"];

/// Geographies, or none in particular, that Bedrock keeps a call within.
const GEOGRAPHIES: [&str; 9] = ["apac", "au", "ca", "eu", "global", "in", "jp", "us", "us-gov"];

/// Whether `name` is the path of a resource rather than the name of a model.
pub(super) fn is_path(name: &str) -> bool {
    let folders = name.rsplit_once('/').map_or("", |(folders, _)| folders);
    let has_folder = folders.split('/').any(|folder| FOLDERS.contains(&folder));
    has_folder || name.split('/').any(|part| part.starts_with("arn:"))
}

/// The name of the public model that a path such as
/// `publishers/google/models/x` ends with. Paths of one's own resources, such as
/// tuned models, application profiles and endpoints, stay.
pub(super) fn without_path(name: &str) -> &str {
    let Some((folders, model)) = name.rsplit_once('/') else { return name };
    let mut kinds = PUBLIC_RESOURCES.iter();
    let is_public = if folders.starts_with("arn:") {
        kinds.any(|kind| folders.ends_with(kind))
    } else {
        let mut last = folders.rsplit('/');
        folders == "models" || last.next() == Some("models") && last.nth(1) == Some("publishers")
    };
    if is_public { model } else { name }
}

/// The key of the provider that alone writes names in this form.
pub(super) fn platform(name: &str) -> Option<&'static str> {
    let mut parts = name.splitn(3, '.');
    let is_geography = parts.next().is_some_and(|part| GEOGRAPHIES.contains(&part));
    // A version such as `us.model-1.5` also has two dots.
    let has_vendor = parts.next().is_some_and(|part| !part.contains('-')) && parts.next().is_some();
    let is_resource = name.starts_with("arn:") && name.contains(":bedrock:");
    if is_resource || is_geography && has_vendor {
        return Some("aws");
    }
    (name.starts_with("projects/") || name.starts_with("publishers/")).then_some("google")
}

/// Whether `name` is one of a fine-tune, such as `ft:gpt-4o:my-org::id`,
/// `gpt-4o.ft-id` with Azure, or `davinci:ft-my-org` in former times.
pub(super) fn is_fine_tune(name: &str) -> bool {
    let name = name.rsplit('/').next().unwrap_or(name);
    name.starts_with("ft:") || name.contains(".ft-") || name.contains(":ft-")
}

/// `ft:gpt-4o` of `ft:gpt-4o:my-org:suffix:id`: what a fine-tune is one of.
pub(super) fn fine_tune_base(name: &str) -> Option<&str> {
    let base = name.strip_prefix("ft:")?.split_once(':')?.0;
    Some(&name[.."ft:".len() + base.len()])
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
    fn paths_of_public_models_go_and_others_stay() {
        for (path, model) in [
            ("models/gemini-2.5-pro", "gemini-2.5-pro"),
            ("publishers/google/models/gemini", "gemini"),
            ("projects/p/locations/l/publishers/google/models/gemini", "gemini"),
            ("arn:aws:bedrock:us-east-1:1:inference-profile/us.anthropic.x", "us.anthropic.x"),
            ("arn:aws:bedrock:us-east-1::foundation-model/anthropic.x", "anthropic.x"),
        ] {
            assert_eq!((without_path(path), is_path(path)), (model, true));
        }
        for own in [
            "arn:aws:bedrock:us-east-1:1:application-inference-profile/x",
            "projects/p/locations/l/endpoints/1",
            "projects/models/locations/l/models/1",
            "projects/p/publishers/google/models",
            "accounts/me/models/x",
            "tunedmodels/x",
            "bedrock/arn:aws:bedrock:us-east-1:1:custom-model/x/y",
        ] {
            assert_eq!((without_path(own), is_path(own)), (own, true));
        }
        assert!(!is_path("supermodels/x") && !is_path("gpt-4o"));
    }

    #[test]
    fn vendors_and_suffixes_go() {
        assert_eq!(without_vendor("openai/gpt-4o", |vendor| vendor == "openai"), "gpt-4o");
        assert_eq!(without_vendor("meta/llama", |vendor| vendor == "openai"), "meta/llama");
        assert_eq!(without_suffix("a/b:nitro"), "a/b");
        assert_eq!(without_suffix("a/b:free"), "a/b:free");
    }

    #[test]
    fn some_forms_belong_to_one_platform() {
        for (name, expected) in [
            ("us.anthropic.claude-x", Some("aws")),
            ("global.amazon.nova-2-lite-v1:0", Some("aws")),
            ("arn:aws-us-gov:bedrock:us-gov-west-1:1:inference-profile/x", Some("aws")),
            ("arn:aws:sagemaker:us-east-1:1:endpoint/x", None),
            ("publishers/anthropic/models/claude-x", Some("google")),
            ("us.gemini-1.5-pro", None),
            ("us.model", None),
            ("anthropic.claude-x", None),
        ] {
            assert_eq!(platform(name), expected, "{name}");
        }
    }

    #[test]
    fn fine_tunes_are_told_apart() {
        for name in ["ft:gpt-4o", "openai/ft:gpt-4o:me::x", "gpt-4o.ft-1", "davinci:ft-me-1"] {
            assert!(is_fine_tune(name), "{name}");
        }
        assert!(!is_fine_tune("gpt-4o") && !is_fine_tune("ft:/gpt-4o"));
        assert_eq!(fine_tune_base("ft:gpt-4o:me::x"), Some("ft:gpt-4o"));
        assert_eq!(fine_tune_base("ft:gpt-4o"), None);
        assert_eq!(fine_tune_base("gpt-4o:free:me"), None);
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
