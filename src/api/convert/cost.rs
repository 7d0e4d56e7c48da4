//! Costs explained and estimated: requests in, lines out.

use chrono::{DateTime, Utc};

use super::answer::{cost_status, money};
use super::map::words;
use super::{map, price, time, usage};
use crate::api::pb;
use crate::domain::cost::CostStatus;
use crate::domain::ids::RecordId;
use crate::domain::money::Money;
use crate::domain::text::{LongName, Name, Url};
use crate::domain::usage::Call;
use crate::domain::violation::Violations;
use crate::pricing::View;
use crate::pricing::cost::{Explanation, Line};
use crate::query::explain::Explained;
use crate::store::record::StoredRevision;
use crate::store::unpriced::UnpricedName;

const CHOICES_MAX: usize = 32;

/// Reads a record's id.
pub(crate) fn record_id(text: &str) -> Result<RecordId, Violations> {
    let mut violations = Violations::default();
    let id = violations.take("record_id", RecordId::parse(text));
    violations.into_result()?;
    Ok(id.expect("what could not be read was noted"))
}

/// Writes a record's cost with everything that it came from.
pub(crate) fn explained(
    id: RecordId,
    explained: &Explained,
    prices: View<'_>,
) -> pb::ExplainCostResponse {
    let record = &explained.record;
    let current = record.current();
    let explanation = explained.explanation.as_ref();
    let model = explanation.and_then(|found| prices.public().model(found.pricing.model?));
    let own_cost = explained.own_cost();
    let difference = record.reported_cost.zip(own_cost);
    let difference = difference.and_then(|(reported, own)| reported.checked_sub(own));
    let call = &record.call;
    pb::ExplainCostResponse {
        record_id: id.to_string(),
        user_id: record.user.clone(),
        event_time: Some(time::to_timestamp(call.event_time)),
        record_time: Some(time::to_timestamp(record.record_time)),
        provider: call.provider.as_str().to_owned(),
        model: call.model.as_str().to_owned(),
        response_model: call.response_model.as_str().to_owned(),
        priced_provider: model.map(|(provider, _)| provider.key.to_string()).unwrap_or_default(),
        priced_model: model.map(|(_, model)| model.key.to_string()).unwrap_or_default(),
        resolved_by: current.resolved_by.map(|by| by.as_str().to_owned()).unwrap_or_default(),
        cost: current.total.map(money),
        cost_status: cost_status(current.status).into(),
        lines: explanation.map(|found| lines(&found.lines)).unwrap_or_default(),
        sources: explanation.map(|found| sources(&found.lines, prices)).unwrap_or_default(),
        recorded_cost: record.recorded.total.map(money),
        recorded_cost_status: cost_status(record.recorded.status).into(),
        revisions: record.revisions.iter().map(revision).collect(),
        reported_cost: record.reported_cost.map(money),
        reported_difference: difference.map(money),
        own_cost: own_cost.map(money),
        unpriced_meters: explanation
            .map(|found| found.unpriced.iter().map(ToString::to_string).collect())
            .unwrap_or_default(),
        price_context: words(&call.price_context),
    }
}

fn lines(lines: &[Line]) -> Vec<pb::CostLine> {
    let wire = |line: &Line| pb::CostLine {
        meter: line.meter.key().to_owned(),
        reported_quantity: line.reported.to_string(),
        quantity: line.quantity.to_string(),
        price: Some(pb::Money { amount: line.rate.to_string(), currency_code: "USD".to_owned() }),
        per: line.per.into(),
        above_input_tokens: line.above_input_tokens.and_then(|above| i64::try_from(above).ok()),
        price_set_id: line.price_set.0,
        cost: Some(money(line.cost)),
        rounded: line.rounded,
    };
    lines.iter().map(wire).collect()
}

/// The price sets of `lines`, each once.
fn sources(lines: &[Line], prices: View<'_>) -> Vec<pb::CostSource> {
    let mut ids: Vec<_> = lines.iter().map(|line| line.price_set).collect();
    ids.sort_unstable();
    ids.dedup();
    let known = ids.into_iter().filter_map(|id| prices.set(id));
    let wire = |known: crate::pricing::book::KnownSet<'_>| {
        let later = [known.version.from, known.set.schedule.from].into_iter().flatten().max();
        let sooner = [known.version.to, known.set.schedule.to].into_iter().flatten().min();
        pb::CostSource {
            price_set_id: known.set.id.0,
            origin: known.version.origin.as_str().to_owned(),
            source: price::source(known.version),
            terms: known.variant.map(|variant| words(&variant.terms)).unwrap_or_default(),
            effective_from_time: later.map(time::to_timestamp),
            effective_to_time: sooner.map(time::to_timestamp),
        }
    };
    known.map(wire).collect()
}

fn revision(revision: &StoredRevision) -> pb::CostRevision {
    pb::CostRevision {
        revision: revision.number,
        old_cost: revision.old_cost.map(money),
        old_cost_status: cost_status(revision.old_status).into(),
        cost: revision.cost.total.map(money),
        cost_status: cost_status(revision.cost.status).into(),
        price_set_id: revision.cost.price_set.map_or(0, |set| set.0),
        record_time: Some(time::to_timestamp(revision.record_time)),
        repricing_id: revision.repricing.to_string(),
        reason: revision.reason.clone(),
        created_by: revision.created_by.clone(),
    }
}

/// A call that is planned, with one of the models it could be made to.
#[derive(Debug)]
pub(crate) struct Choice {
    asked: pb::ModelChoice,
    call: Call,
}

/// Reads a request for an estimate.
pub(crate) fn choices(
    request: pb::EstimateCostRequest,
    now: DateTime<Utc>,
) -> Result<Vec<Choice>, Violations> {
    let mut violations = Violations::default();
    let count = request.models.len();
    if count == 0 || count > CHOICES_MAX {
        violations.add("models", format!("must have 1 to {CHOICES_MAX} items, has {count}"));
    }
    let (quantities, _) = usage::read(request.usage.unwrap_or_default(), &mut violations);
    let terms =
        map::text_map("price_context", request.price_context, map::PRICE_CONTEXT, &mut violations);
    let event_time = match request.event_time {
        Some(given) => violations.take("event_time", time::timestamp(given)),
        None => Some(now),
    };
    let mut names = Vec::with_capacity(count.min(CHOICES_MAX));
    for (index, asked) in request.models.into_iter().enumerate().take(CHOICES_MAX) {
        let path = format!("models[{index}]");
        let provider = violations.take(&format!("{path}.provider"), Name::new(&asked.provider));
        let model = violations.take(&format!("{path}.model"), LongName::new(&asked.model));
        if asked.model.trim().is_empty() {
            violations.add(format!("{path}.model"), "must not be empty");
        }
        names.extend(provider.zip(model).map(|(provider, model)| (asked, provider, model)));
    }
    violations.into_result()?;
    let read = quantities.zip(event_time).expect("what could not be read was noted");
    let choice = |(asked, provider, model)| Choice {
        asked,
        call: Call {
            event_time: read.1,
            provider,
            model,
            response_model: LongName::new("").expect("may be empty"),
            api_url: Url::new("").expect("may be empty"),
            price_context: terms.clone(),
            quantities: read.0.clone(),
            cached_response: false,
            answered: false,
        },
    };
    Ok(names.into_iter().map(choice).collect())
}

/// Prices each choice, the cheapest first.
pub(crate) fn estimates(choices: Vec<Choice>, prices: View<'_>) -> pb::EstimateCostResponse {
    let mut priced: Vec<(Choice, Explanation)> = choices
        .into_iter()
        .map(|choice| {
            let explanation = prices.explain(&choice.call);
            (choice, explanation)
        })
        .collect();
    // What is not known in full is not known to be cheap.
    priced.sort_by_key(|(_, explanation)| {
        let pricing = &explanation.pricing;
        let full = matches!(pricing.status, CostStatus::Priced | CostStatus::Free);
        (!full, pricing.cost.is_none(), pricing.cost.map_or(Money::default(), |cost| cost.total))
    });
    let wire = |(choice, explanation): (Choice, Explanation)| {
        let pricing = &explanation.pricing;
        let model = pricing.model.and_then(|id| prices.public().model(id));
        pb::CostEstimate {
            choice: Some(choice.asked),
            provider: model.map(|(provider, _)| provider.key.to_string()).unwrap_or_default(),
            model: model.map(|(_, model)| model.key.to_string()).unwrap_or_default(),
            resolved_by: pricing.resolved_by.unwrap_or_default().to_owned(),
            cost: pricing.cost.map(|cost| money(cost.total)),
            cost_status: cost_status(pricing.status).into(),
            lines: lines(&explanation.lines),
        }
    };
    pb::EstimateCostResponse { estimates: priced.into_iter().map(wire).collect() }
}

/// Writes a name under which records have no cost.
pub(crate) fn unpriced(name: UnpricedName) -> pb::UnpricedName {
    pb::UnpricedName {
        provider: name.provider,
        model: name.model,
        response_model: name.response_model,
        cost_status: cost_status(name.status).into(),
        request_count: name.request_count,
        first_event_time: Some(time::to_timestamp(name.first)),
        last_event_time: Some(time::to_timestamp(name.last)),
        api_url: name.api_url,
    }
}
