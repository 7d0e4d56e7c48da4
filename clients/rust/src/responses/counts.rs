//! Makes a usage of counts, and sees to it that the service will take it.
//!
//! Providers now and then tell counts that cannot all be true, such as more cached tokens
//! than input. The service refuses such a record, and a record without one of its parts is
//! worth more than none: the part is left out, and its tokens cost what their whole costs.

use std::collections::BTreeMap;

use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive;
use serde_json::{Map, Value};

use crate::proto::TokenConvention;
use crate::usage::Usage;
use crate::{metadata, proto};

/// By meter; `None` where it was not told.
pub(crate) type Told<'a> = Vec<(&'a str, Option<Decimal>)>;

/// Each part with the wholes that it is inside of, the least telling part first.
const WHOLES: [(&str, &[&str]); 15] = [
    ("cache_video_read_tokens", &["cache_read_tokens", "input_video_tokens", "input_tokens"]),
    ("cache_image_read_tokens", &["cache_read_tokens", "input_image_tokens", "input_tokens"]),
    ("cache_audio_read_tokens", &["cache_read_tokens", "input_audio_tokens", "input_tokens"]),
    ("input_video_tokens", &["input_tokens"]),
    ("input_image_tokens", &["input_tokens"]),
    ("input_audio_tokens", &["input_tokens"]),
    ("input_tool_tokens", &["input_tokens"]),
    ("output_video_tokens", &["output_tokens"]),
    ("output_image_tokens", &["output_tokens"]),
    ("output_audio_tokens", &["output_tokens"]),
    ("output_citation_tokens", &["output_tokens"]),
    ("output_reasoning_tokens", &["output_tokens"]),
    ("cache_write_1h_tokens", &["cache_write_tokens", "input_tokens"]),
    ("cache_write_tokens", &["input_tokens"]),
    ("cache_read_tokens", &["input_tokens"]),
];

/// A usage that the service takes.
#[derive(Debug, Default)]
pub(crate) struct FittedUsage {
    /// `None` where nothing was told.
    pub(crate) usage: Option<Usage>,
    /// Meters that could not be true together with the others.
    pub(crate) left_out: Vec<&'static str>,
}

type Counts<'a> = BTreeMap<&'a str, Decimal>;

/// The usage of what was told, as far as it fits together.
pub(crate) fn fitted_usage(
    told: Told<'_>,
    convention: TokenConvention,
    raw: Option<Map<String, Value>>,
) -> FittedUsage {
    let mut counts: Counts<'_> =
        told.into_iter().filter_map(|(meter, count)| Some((meter, count?))).collect();
    if counts.is_empty() && raw.is_none() {
        return FittedUsage::default();
    }
    let mut left_out = Vec::new();
    while let Some(part) = misfit(&counts, convention) {
        counts.remove(part);
        left_out.push(part);
    }
    let mut usage = proto::Usage { raw_usage: raw.map(metadata::to_struct), ..Default::default() };
    usage.set_token_convention(convention);
    for (meter, count) in counts {
        set(&mut usage, meter, count);
    }
    FittedUsage { usage: Some(usage.into()), left_out }
}

fn set(usage: &mut proto::Usage, meter: &str, count: Decimal) {
    let field = match meter {
        "input_tokens" => &mut usage.input_tokens,
        "output_tokens" => &mut usage.output_tokens,
        "cache_read_tokens" => &mut usage.cache_read_tokens,
        "cache_write_tokens" => &mut usage.cache_write_tokens,
        "cache_write_1h_tokens" => &mut usage.cache_write_1h_tokens,
        "output_reasoning_tokens" => &mut usage.output_reasoning_tokens,
        "input_audio_tokens" => &mut usage.input_audio_tokens,
        "output_audio_tokens" => &mut usage.output_audio_tokens,
        "cache_audio_read_tokens" => &mut usage.cache_audio_read_tokens,
        "input_image_tokens" => &mut usage.input_image_tokens,
        "output_image_tokens" => &mut usage.output_image_tokens,
        "web_searches" => &mut usage.web_searches,
        other => {
            usage.other_meters.insert(other.to_owned(), count.normalize().to_string());
            return;
        }
    };
    *field = count.to_i64();
}

/// The part to leave out next, if the service would refuse the counts.
fn misfit(counts: &Counts<'_>, convention: TokenConvention) -> Option<&'static str> {
    let is_told = |part: &str| counts.get(part).is_some_and(|count| !count.is_zero());
    let alone = |wholes: &[&str]| wholes.iter().any(|whole| !counts.contains_key(whole));
    if let Some((part, _)) = WHOLES.iter().find(|(part, wholes)| is_told(part) && alone(wholes)) {
        return Some(part);
    }
    // What is left of each count without its parts, which come first in the table.
    let mut rest = inclusive(counts, convention);
    for (part, wholes) in WHOLES {
        let inside = rest.get(part).copied().unwrap_or_default();
        for whole in wholes {
            if let Some(left) = rest.get_mut(whole) {
                *left -= inside;
            }
        }
    }
    let overfull = |wholes: &[&str]| {
        wholes.iter().any(|whole| rest.get(whole).is_some_and(Decimal::is_sign_negative))
    };
    WHOLES.iter().find(|(part, wholes)| is_told(part) && overfull(wholes)).map(|(part, _)| *part)
}

/// The totals with what the provider counts beside them.
fn inclusive<'a>(counts: &Counts<'a>, convention: TokenConvention) -> Counts<'a> {
    let beside: &[(&str, &[&str])] = match convention {
        TokenConvention::Exclusive => {
            &[("input_tokens", &["cache_read_tokens", "cache_write_tokens"])]
        }
        TokenConvention::ReasoningExclusive => &[
            ("input_tokens", &["input_tool_tokens"]),
            ("output_tokens", &["output_reasoning_tokens", "output_citation_tokens"]),
        ],
        TokenConvention::Inclusive | TokenConvention::Unspecified => &[],
    };
    let mut totals = counts.clone();
    for (total, parts) in beside {
        if let Some(total) = totals.get_mut(total) {
            *total += parts.iter().filter_map(|part| counts.get(part)).sum::<Decimal>();
        }
    }
    totals
}
