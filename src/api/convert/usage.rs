//! `Usage`: the quantities of one call, and how they came.

use std::collections::HashMap;

use rust_decimal::Decimal;

use super::map::shortened;
use super::metadata;
use crate::api::pb;
use crate::domain::meter::Meter;
use crate::domain::quantities::{self, Quantities, TokenConvention};
use crate::domain::usage::Report;
use crate::domain::violation::Violations;

/// The most meters beyond the named fields.
const OTHER_METERS_MAX: usize = 32;

/// Checks what a call used; paths of violations begin with `usage.`.
pub(crate) fn read(
    mut usage: pb::Usage,
    violations: &mut Violations,
) -> (Option<Quantities>, Report) {
    let mut own = Violations::default();
    let report = report(&mut usage, &mut own);
    let mut reported: Vec<(Meter, Decimal)> = named(&usage).collect();
    reported.extend(other_meters(usage.other_meters, &mut own));
    let quantities = match Quantities::new(reported, report.token_convention) {
        Ok(quantities) => Some(quantities),
        Err(others) => {
            violations.extend_under("usage", others);
            None
        }
    };
    violations.extend_under("usage", own);
    (quantities, report)
}

fn report(usage: &mut pb::Usage, violations: &mut Violations) -> Report {
    Report {
        token_convention: convention(usage.token_convention, violations),
        raw_usage: metadata::optional("raw_usage", usage.raw_usage.take(), violations),
    }
}

fn convention(wire: i32, violations: &mut Violations) -> TokenConvention {
    use pb::TokenConvention as Wire;
    match Wire::try_from(wire) {
        Ok(Wire::Unspecified | Wire::Inclusive) => TokenConvention::Inclusive,
        Ok(Wire::Exclusive) => TokenConvention::Exclusive,
        Ok(Wire::ReasoningExclusive) => TokenConvention::ReasoningExclusive,
        Err(_) => {
            let names = [Wire::Inclusive, Wire::Exclusive, Wire::ReasoningExclusive];
            let names = names.map(|name| name.as_str_name()).join(", ");
            violations.add("token_convention", format!("must be one of {names}"));
            TokenConvention::Inclusive
        }
    }
}

fn named(usage: &pb::Usage) -> impl Iterator<Item = (Meter, Decimal)> {
    [
        (Meter::INPUT_TOKENS, usage.input_tokens),
        (Meter::OUTPUT_TOKENS, usage.output_tokens),
        (Meter::CACHE_READ_TOKENS, usage.cache_read_tokens),
        (Meter::CACHE_WRITE_TOKENS, usage.cache_write_tokens),
        (Meter::CACHE_WRITE_1H_TOKENS, usage.cache_write_1h_tokens),
        (Meter::OUTPUT_REASONING_TOKENS, usage.output_reasoning_tokens),
        (Meter::INPUT_AUDIO_TOKENS, usage.input_audio_tokens),
        (Meter::OUTPUT_AUDIO_TOKENS, usage.output_audio_tokens),
        (Meter::CACHE_AUDIO_READ_TOKENS, usage.cache_audio_read_tokens),
        (Meter::INPUT_IMAGE_TOKENS, usage.input_image_tokens),
        (Meter::OUTPUT_IMAGE_TOKENS, usage.output_image_tokens),
        (Meter::WEB_SEARCHES, usage.web_searches),
    ]
    .into_iter()
    .filter_map(|(meter, count)| Some((meter, count?.into())))
}

fn other_meters(
    map: HashMap<String, String>,
    violations: &mut Violations,
) -> Vec<(Meter, Decimal)> {
    if map.len() > OTHER_METERS_MAX {
        violations.add(
            "other_meters",
            format!("must have at most {OTHER_METERS_MAX} meters, has {}", map.len()),
        );
        return Vec::new();
    }
    let mut pairs: Vec<_> = map.into_iter().collect();
    pairs.sort_unstable();
    pairs
        .into_iter()
        .filter_map(|(key, quantity)| other_meter(&key, &quantity, violations))
        .collect()
}

fn other_meter(key: &str, quantity: &str, violations: &mut Violations) -> Option<(Meter, Decimal)> {
    let path = format!("other_meters[{:?}]", shortened(key));
    let meter = Meter::by_key(key);
    if meter.is_none() {
        violations.add(&path, "is not a meter of the registry; see catalogue/meters.toml");
    }
    let quantity = violations.take(&path, quantities::parse(quantity));
    Some((meter?, quantity?))
}

/// Writes what a call used: every part within its total.
pub(crate) fn write(quantities: &Quantities) -> pb::Usage {
    let mut usage = pb::Usage {
        token_convention: pb::TokenConvention::Inclusive.into(),
        ..pb::Usage::default()
    };
    for (meter, quantity) in quantities.iter() {
        match field(&mut usage, meter).zip(i64::try_from(quantity).ok()) {
            Some((field, count)) => *field = Some(count),
            None => {
                usage.other_meters.insert(meter.key().to_owned(), quantity.to_string());
            }
        }
    }
    usage
}

/// The field that a meter has of its own.
fn field(usage: &mut pb::Usage, meter: Meter) -> Option<&mut Option<i64>> {
    Some(match meter {
        Meter::INPUT_TOKENS => &mut usage.input_tokens,
        Meter::OUTPUT_TOKENS => &mut usage.output_tokens,
        Meter::CACHE_READ_TOKENS => &mut usage.cache_read_tokens,
        Meter::CACHE_WRITE_TOKENS => &mut usage.cache_write_tokens,
        Meter::CACHE_WRITE_1H_TOKENS => &mut usage.cache_write_1h_tokens,
        Meter::OUTPUT_REASONING_TOKENS => &mut usage.output_reasoning_tokens,
        Meter::INPUT_AUDIO_TOKENS => &mut usage.input_audio_tokens,
        Meter::OUTPUT_AUDIO_TOKENS => &mut usage.output_audio_tokens,
        Meter::CACHE_AUDIO_READ_TOKENS => &mut usage.cache_audio_read_tokens,
        Meter::INPUT_IMAGE_TOKENS => &mut usage.input_image_tokens,
        Meter::OUTPUT_IMAGE_TOKENS => &mut usage.output_image_tokens,
        Meter::WEB_SEARCHES => &mut usage.web_searches,
        _ => return None,
    })
}
