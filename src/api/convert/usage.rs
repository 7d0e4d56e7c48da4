//! `Usage`: the quantities of one call.

use std::collections::HashMap;

use rust_decimal::Decimal;

use super::map::shortened;
use crate::api::pb;
use crate::domain::meter::Meter;
use crate::domain::quantities::{self, Quantities, TokenConvention};
use crate::domain::violation::Violations;

/// The most meters beyond the named fields.
const OTHER_METERS_MAX: usize = 32;

/// Checks the quantities of a call; paths of violations begin with `usage.`.
pub(crate) fn quantities(usage: pb::Usage, violations: &mut Violations) -> Option<Quantities> {
    let mut own = Violations::default();
    let convention = convention(usage.token_convention, &mut own);
    let mut reported: Vec<(Meter, Decimal)> = named(&usage).collect();
    reported.extend(other_meters(usage.other_meters, &mut own));
    let quantities = match Quantities::new(reported, convention) {
        Ok(quantities) => Some(quantities),
        Err(others) => {
            violations.extend_under("usage", others);
            None
        }
    };
    violations.extend_under("usage", own);
    quantities
}

fn convention(wire: i32, violations: &mut Violations) -> TokenConvention {
    match pb::TokenConvention::try_from(wire) {
        Ok(pb::TokenConvention::Exclusive) => TokenConvention::Exclusive,
        Ok(_) => TokenConvention::Inclusive,
        Err(_) => {
            violations.add(
                "token_convention",
                "must be TOKEN_CONVENTION_INCLUSIVE or TOKEN_CONVENTION_EXCLUSIVE",
            );
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
