//! The fields of a record, as files name them.

use std::collections::HashMap;
use std::fmt;
use std::sync::LazyLock;

/// A field of a record.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Field {
    /// One of [`PLAIN`].
    Plain(&'static str),
    /// `tags.KEY`
    Tag(String),
    /// `price_context.KEY`
    PriceContext(String),
    /// `other_meters.KEY`
    Meter(String),
}

/// Every plain field, and other names under which it is found, the likeliest first.
const PLAIN: &[(&str, &[&str])] = &[
    ("record_id", &[]),
    ("event_time", &["timestamp", "time", "created_at", "request_time", "date"]),
    ("user_id", &["user"]),
    ("feature", &["section"]),
    ("function_name", &["function"]),
    ("session_id", &["session", "conversation_id"]),
    ("job_id", &["job"]),
    ("trace_id", &[]),
    ("span_id", &[]),
    ("provider", &["gen_ai.provider.name"]),
    ("model", &["model_name", "gen_ai.request.model"]),
    ("response_model", &["gen_ai.response.model"]),
    ("response_id", &["gen_ai.response.id"]),
    ("operation", &["gen_ai.operation.name"]),
    ("api_url", &[]),
    ("input_tokens", &["prompt_tokens", "tokens_in"]),
    ("output_tokens", &["completion_tokens", "tokens_out"]),
    ("cache_read_tokens", &["cached_tokens", "cache_read_input_tokens"]),
    ("cache_write_tokens", &["cache_creation_input_tokens"]),
    ("cache_write_1h_tokens", &[]),
    ("output_reasoning_tokens", &["reasoning_tokens"]),
    ("input_audio_tokens", &[]),
    ("output_audio_tokens", &[]),
    ("cache_audio_read_tokens", &[]),
    ("input_image_tokens", &[]),
    ("output_image_tokens", &[]),
    ("web_searches", &[]),
    ("token_convention", &[]),
    ("raw_usage", &[]),
    ("latency_ms", &["duration_ms", "response_time_ms"]),
    ("latency_seconds", &["duration_seconds", "response_time"]),
    ("time_to_first_token_ms", &["ttft_ms"]),
    ("time_to_first_token_seconds", &[]),
    ("status", &[]),
    ("error_message", &["error"]),
    ("cached_response", &["cached", "cache_hit"]),
    ("request_metadata", &[]),
    ("response_metadata", &[]),
    ("reported_cost", &["cost", "cost_usd", "total_cost"]),
];

impl Field {
    /// Reads a field's own name, `usage.` in front or not.
    pub(super) fn parse(name: &str) -> Option<Self> {
        let name = name.strip_prefix("usage.").unwrap_or(name);
        match name.split_once('.') {
            Some((_, "")) => None,
            Some(("tags", key)) => Some(Field::Tag(key.to_owned())),
            Some(("price_context", key)) => Some(Field::PriceContext(key.to_owned())),
            Some(("other_meters", key)) => Some(Field::Meter(key.to_owned())),
            _ => {
                PLAIN.iter().find(|(plain, _)| *plain == name).map(|(plain, _)| Field::Plain(plain))
            }
        }
    }

    /// The field that a column most likely has, and how far down the list of names
    /// it was found: 0 is the field's own.
    pub(super) fn guess(column: &str) -> Option<(Self, usize)> {
        let by_name = |name: &str| {
            let plain = NAMES.get(name).map(|(plain, rank)| (Field::Plain(plain), *rank));
            plain.or_else(|| Some((Field::parse(name)?, 0)))
        };
        // Most files spell names as they are listed, and this runs for every cell.
        by_name(column)
            .or_else(|| by_name(&column.trim().to_ascii_lowercase().replace([' ', '-'], "_")))
    }
}

/// Every name of a plain field, with the field and the name's rank.
static NAMES: LazyLock<HashMap<&str, (&str, usize)>> = LazyLock::new(|| {
    let names = |(plain, others): &(&'static str, &'static [&'static str])| {
        let plain = *plain;
        let all = std::iter::once(plain).chain(others.iter().copied());
        all.enumerate().map(move |(rank, name)| (name, (plain, rank)))
    };
    PLAIN.iter().flat_map(names).collect()
});

impl fmt::Display for Field {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Field::Plain(name) => out.write_str(name),
            Field::Tag(key) => write!(out, "tags.{key}"),
            Field::PriceContext(key) => write!(out, "price_context.{key}"),
            Field::Meter(key) => write!(out, "other_meters.{key}"),
        }
    }
}

/// Every field, for the help.
pub(super) fn help() -> String {
    let mut text = "Fields, and other column names that are understood:\n".to_owned();
    for (name, others) in PLAIN {
        let others =
            if others.is_empty() { String::new() } else { format!("  {}", others.join(", ")) };
        text += format!("  {name:<28}{others}").trim_end();
        text.push('\n');
    }
    text + "  tags.KEY, price_context.KEY, other_meters.KEY\n"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_recognised_by_their_usual_names() {
        let guess =
            |column: &str| Field::guess(column).map(|(field, rank)| (field.to_string(), rank));
        let found = |name: &str, rank| Some((name.to_owned(), rank));
        assert_eq!(guess("user_id"), found("user_id", 0));
        assert_eq!(guess(" User ID"), found("user_id", 0));
        assert_eq!(guess("usage.input_tokens"), found("input_tokens", 0));
        assert_eq!(guess("prompt_tokens"), found("input_tokens", 1));
        assert_eq!(guess("created_at"), found("event_time", 3));
        assert_eq!(guess("tags.team"), found("tags.team", 0));
        assert_eq!(
            guess("usage.other_meters.audio_seconds"),
            found("other_meters.audio_seconds", 0)
        );
        assert_eq!(guess("tags."), None);
        assert_eq!(guess("colour"), None);
    }

    #[test]
    fn no_name_means_two_fields() {
        let names = PLAIN
            .iter()
            .flat_map(|(name, others)| [*name].into_iter().chain(others.iter().copied()));
        let mut names: Vec<_> = names.collect();
        let count = names.len();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), count);
    }
}
