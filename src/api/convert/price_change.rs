//! Changes of prices and names: requests in, versions out.

use chrono::{DateTime, Utc};

use super::price::{self, rate_rows};
use super::record::amount;
use super::{map, time};
use crate::api::auth::Caller;
use crate::api::pb;
use crate::domain::meter::Meter;
use crate::domain::text::{self, LongName, Name};
use crate::domain::violation::Violations;
use crate::pricing::change::{EndAlias, EndPrice, NewAlias, NewPrice, Wanted};
use crate::pricing::quote::Terms;
use crate::pricing::schedule::{Schedule, Window};
use crate::pricing::set::{Amount, PriceSet, Rate};
use crate::pricing::version::Version;
use crate::store::prices::StoredAlias;

const RATES_MAX: usize = 64;
const VARIANTS_MAX: usize = 32;
const SOURCE_MAX: usize = 1_024;

/// Reads a request for a new price.
pub(crate) fn new_price(
    request: pb::CreatePriceRequest,
    caller: &Caller,
    now: DateTime<Utc>,
) -> Result<NewPrice, Violations> {
    let mut violations = Violations::default();
    let wanted = wanted("provider", &request.provider, "model", &request.model, &mut violations);
    let public = public(request.scope, &mut violations);
    let from = or_now("effective_from_time", request.effective_from_time, now, &mut violations);
    let to = optional_time("effective_to_time", request.effective_to_time, &mut violations);
    if to.is_some_and(|to| to <= from) {
        violations.add("effective_to_time", "must be after effective_from_time");
    }
    if request.free != request.rates.is_empty() {
        violations.add("rates", format!("must have 1 to {RATES_MAX} rates, or none with free"));
    }
    let rates = rates("rates", request.rates, &mut violations);
    let variants = variants(request.variants, &mut violations);
    let source = violations.take("source", text::required(&request.source, SOURCE_MAX));
    violations.into_result()?;
    Ok(NewPrice {
        tenant: caller.tenant.id,
        public,
        wanted,
        from,
        to,
        free: request.free,
        rates,
        variants,
        source: source.unwrap_or_default().into(),
        accept_implausible: request.accept_implausible,
        created_by: caller.key.as_str().to_owned(),
    })
}

/// Reads a request to end a price.
pub(crate) fn end_price(
    request: pb::EndPriceRequest,
    caller: &Caller,
    now: DateTime<Utc>,
) -> Result<EndPrice, Violations> {
    let mut violations = Violations::default();
    let wanted = wanted("provider", &request.provider, "model", &request.model, &mut violations);
    let public = public(request.scope, &mut violations);
    let at = or_now("end_time", request.end_time, now, &mut violations);
    let source = violations.take("source", text::required(&request.source, SOURCE_MAX));
    violations.into_result()?;
    Ok(EndPrice {
        tenant: caller.tenant.id,
        public,
        wanted,
        at,
        source: source.unwrap_or_default().into(),
        created_by: caller.key.as_str().to_owned(),
    })
}

/// Reads a request for a new name.
pub(crate) fn new_alias(
    request: pb::CreateModelAliasRequest,
    caller: &Caller,
    now: DateTime<Utc>,
) -> Result<NewAlias, Violations> {
    let mut violations = Violations::default();
    let alias = violations.take("alias", text::required(&request.alias, LongName::MAX));
    let provider = violations.take("provider", Name::new(&request.provider));
    let target = wanted(
        "target_provider",
        &request.target_provider,
        "target_model",
        &request.target_model,
        &mut violations,
    );
    let from = optional_time("effective_from_time", request.effective_from_time, &mut violations);
    violations.into_result()?;
    let (alias, provider) = alias.zip(provider).expect("what could not be read was noted");
    Ok(NewAlias {
        tenant: caller.tenant.id,
        alias: alias.into(),
        provider: provider.as_str().to_owned(),
        target,
        from,
        now,
        created_by: caller.key.as_str().to_owned(),
    })
}

/// Reads a request to end a name.
pub(crate) fn end_alias(
    request: pb::EndModelAliasRequest,
    caller: &Caller,
    now: DateTime<Utc>,
) -> Result<EndAlias, Violations> {
    let mut violations = Violations::default();
    let alias = violations.take("alias", text::required(&request.alias, LongName::MAX));
    let provider = violations.take("provider", Name::new(&request.provider));
    let at = or_now("end_time", request.end_time, now, &mut violations);
    violations.into_result()?;
    let (alias, provider) = alias.zip(provider).expect("what could not be read was noted");
    Ok(EndAlias {
        tenant: caller.tenant.id,
        alias: alias.into(),
        provider: provider.as_str().to_owned(),
        at,
        created_by: caller.key.as_str().to_owned(),
    })
}

fn wanted(
    provider_field: &str,
    provider: &str,
    model_field: &str,
    model: &str,
    violations: &mut Violations,
) -> Wanted {
    let provider = violations.take(provider_field, text::required(provider, Name::MAX));
    let model = violations.take(model_field, text::required(model, LongName::MAX));
    Wanted {
        provider: provider.unwrap_or_default().into(),
        model: model.unwrap_or_default().into(),
    }
}

fn public(scope: i32, violations: &mut Violations) -> bool {
    match pb::PriceScope::try_from(scope) {
        Ok(scope) => scope == pb::PriceScope::Public,
        Err(_) => {
            violations.add("scope", "must be PRICE_SCOPE_TENANT or PRICE_SCOPE_PUBLIC");
            false
        }
    }
}

fn or_now(
    field: &str,
    given: Option<prost_types::Timestamp>,
    now: DateTime<Utc>,
    violations: &mut Violations,
) -> DateTime<Utc> {
    optional_time(field, given, violations).unwrap_or(now)
}

fn optional_time(
    field: &str,
    given: Option<prost_types::Timestamp>,
    violations: &mut Violations,
) -> Option<DateTime<Utc>> {
    given.and_then(|given| violations.take(field, time::timestamp(given)))
}

fn variants(wire: Vec<pb::PriceVariant>, violations: &mut Violations) -> Vec<(Terms, Vec<Rate>)> {
    if wire.len() > VARIANTS_MAX {
        let count = wire.len();
        violations.add("variants", format!("must have at most {VARIANTS_MAX} items, has {count}"));
        return Vec::new();
    }
    let mut variants = Vec::with_capacity(wire.len());
    for (index, variant) in wire.into_iter().enumerate() {
        let path = format!("variants[{index}]");
        let terms =
            map::text_map(&format!("{path}.terms"), variant.terms, map::PRICE_CONTEXT, violations);
        if terms.is_empty() {
            violations.add(format!("{path}.terms"), "must have at least one pair");
        }
        variants.push((terms, rates(&format!("{path}.rates"), variant.rates, violations)));
    }
    variants
}

/// Reads rates: one for each meter, with its tiers beside it.
fn rates(path: &str, wire: Vec<pb::Rate>, violations: &mut Violations) -> Vec<Rate> {
    if wire.len() > RATES_MAX {
        violations.add(path, format!("must have at most {RATES_MAX} rates, has {}", wire.len()));
        return Vec::new();
    }
    let mut rates: Vec<Rate> = Vec::new();
    let (mut bases, mut tiers) = (Vec::new(), Vec::new());
    for (index, rate) in wire.into_iter().enumerate() {
        let place = format!("{path}[{index}]");
        match rate.above_input_tokens {
            None => bases.push((place, rate)),
            Some(above) => tiers.push((place, above, rate)),
        }
    }
    for (place, wire) in bases {
        rates.extend(base_rate(&place, &wire, violations));
    }
    for (place, above, wire) in tiers {
        add_tier(&place, above, &wire, &mut rates, violations);
    }
    rates.iter_mut().for_each(|rate| rate.above.sort_by_key(|(above, _)| *above));
    rates
}

fn base_rate(place: &str, wire: &pb::Rate, violations: &mut Violations) -> Option<Rate> {
    let meter = meter(place, wire, violations);
    let base = rate_amount(place, wire, violations);
    let per = match u32::try_from(wire.per) {
        Ok(0) => meter.map(Meter::per),
        Ok(per) => Some(per),
        Err(_) => {
            violations.add(format!("{place}.per"), "must be 0 (the meter's own) to 4,294,967,295");
            None
        }
    };
    Some(Rate { meter: meter?, per: per?, base: base?, above: Vec::new(), min_quantity: None })
}

fn add_tier(
    place: &str,
    above: i64,
    wire: &pb::Rate,
    rates: &mut [Rate],
    violations: &mut Violations,
) {
    let (Some(meter), Some(amount)) =
        (meter(place, wire, violations), rate_amount(place, wire, violations))
    else {
        return;
    };
    let Some(rate) = rates.iter_mut().find(|rate| rate.meter == meter) else {
        violations.add(place, format!("a tier of {meter} needs a rate without one beside it"));
        return;
    };
    if wire.per != 0 && wire.per != i64::from(rate.per) {
        violations.add(format!("{place}.per"), "must be that of the rate without a tier");
    }
    match u64::try_from(above) {
        Ok(above) => rate.above.push((above, amount)),
        Err(_) => {
            violations.add(format!("{place}.above_input_tokens"), "must be 0 or more");
        }
    }
}

fn meter(place: &str, wire: &pb::Rate, violations: &mut Violations) -> Option<Meter> {
    let meter = Meter::by_key(&wire.meter);
    if meter.is_none() {
        violations.add(
            format!("{place}.meter"),
            "is not a meter of the registry, such as input_tokens; see catalogue/meters.toml",
        );
    }
    meter
}

fn rate_amount(place: &str, wire: &pb::Rate, violations: &mut Violations) -> Option<Amount> {
    let path = format!("{place}.price");
    let Some(price) = &wire.price else {
        violations.add(path, "is required, such as {\"amount\": \"2.5\"}");
        return None;
    };
    let money = violations.take(&path, amount(price))?;
    violations.take(&path, Amount::parse(&money.to_string()))
}

/// Writes a version.
pub(crate) fn version(version: &Version, in_force: bool) -> pb::PriceVersion {
    let no_terms = Terms::new();
    let base = version.base.iter().map(|base| set(base, &no_terms));
    let variants = version.variants.iter().map(|variant| set(&variant.set, &variant.terms));
    pb::PriceVersion {
        origin: price::origin(version.origin).into(),
        source: price::source(version),
        effective_from_time: version.from.map(time::to_timestamp),
        effective_to_time: version.to.map(time::to_timestamp),
        in_force,
        end: version.is_end(),
        sets: base.chain(variants).collect(),
    }
}

fn set(set: &PriceSet, terms: &Terms) -> pb::PriceSet {
    let Schedule { from, to, window } = &set.schedule;
    pb::PriceSet {
        price_set_id: set.id.0,
        terms: terms.iter().map(|(term, word)| (term.to_string(), word.to_string())).collect(),
        effective_from_time: from.map(time::to_timestamp),
        effective_to_time: to.map(time::to_timestamp),
        window: window.as_ref().map(price_window),
        free: set.free,
        rates: set.rates.iter().flat_map(rate_rows).collect(),
    }
}

fn price_window(window: &Window) -> pb::PriceWindow {
    let text = |time: chrono::NaiveTime| time.format("%H:%M").to_string();
    pb::PriceWindow {
        from_time_of_day: text(window.from),
        to_time_of_day: text(window.to),
        time_zone: window.zone.name().to_owned(),
        days: window.days.words().map(str::to_owned).collect(),
    }
}

/// Writes a name that is to be, or was just given.
pub(crate) fn given_alias(alias: &NewAlias, provider: &str, model: &str) -> pb::ModelAlias {
    pb::ModelAlias {
        alias: alias.alias.clone(),
        provider: alias.provider.clone(),
        target_provider: provider.to_owned(),
        target_model: model.to_owned(),
        effective_from_time: alias.from.map(time::to_timestamp),
        record_time: Some(time::to_timestamp(alias.now)),
    }
}

/// Writes the end of a name.
pub(crate) fn ended_alias(alias: &EndAlias, now: DateTime<Utc>) -> pb::ModelAlias {
    pb::ModelAlias {
        alias: alias.alias.clone(),
        provider: alias.provider.clone(),
        effective_from_time: Some(time::to_timestamp(alias.at)),
        record_time: Some(time::to_timestamp(now)),
        ..Default::default()
    }
}

/// Writes a stored name.
pub(crate) fn stored_alias(alias: StoredAlias) -> pb::ModelAlias {
    pb::ModelAlias {
        alias: alias.alias,
        provider: alias.provider,
        target_provider: alias.target_provider.unwrap_or_default(),
        target_model: alias.target_model.unwrap_or_default(),
        effective_from_time: alias.from_time.map(time::to_timestamp),
        record_time: Some(time::to_timestamp(alias.record_time)),
    }
}
