//! Budgets: terms in, budgets and how they stand out.

use chrono::{DateTime, Utc};

use super::answer::money;
use super::period::{to_range, zone};
use super::record::amount;
use super::{map, time};
use crate::api::pb;
use crate::api::pb::budget_amount::Amount as WireAmount;
use crate::api::status::Error;
use crate::clock::random_bytes;
use crate::domain::budget::reservation::Refusal;
use crate::domain::budget::status::Status;
use crate::domain::budget::{
    Amount, Budget, BudgetId, BudgetPeriod, Scope, State, Terms, Unit, period::Cycle,
    period::CycleError,
};
use crate::domain::ids::RecordId;
use crate::domain::money::Money;
use crate::domain::period::Zone;
use crate::domain::text::{LongName, Name, UserId};
use crate::domain::violation::Violations;

/// Limits of the tags of a scope.
const SCOPE_TAGS: map::MapLimits = map::MapLimits { pairs: 8, key: 64, value: 256 };
/// The most thresholds.
const THRESHOLDS_MAX: usize = 10;
/// Thresholds of a budget that names none.
const THRESHOLDS: [i32; 3] = [50, 80, 100];
/// The largest limit of tokens or requests.
const COUNT_MAX: i64 = 1_000_000_000_000_000_000;

/// Reads the terms of a budget, days being those of `own` where it names no zone.
pub(crate) fn terms(wire: pb::Budget, own: Zone, violations: &mut Violations) -> Option<Terms> {
    let display_name = violations.take("display_name", Name::new(&wire.display_name));
    let scope = scope(wire.scope.unwrap_or_default(), violations);
    let period = period(wire.period.as_ref(), own, violations);
    let limit = limit(wire.limit, violations);
    let hard = hard(wire.enforcement, violations);
    let threshold_percents = thresholds(wire.threshold_percents, violations);
    let active_from = wire
        .active_from_time
        .map(|from| violations.take("active_from_time", time::timestamp(from)));
    let active_to =
        wire.active_to_time.map(|to| violations.take("active_to_time", time::timestamp(to)));
    let (active_from, active_to) = (active_from.flatten(), active_to.flatten());
    if active_from.zip(active_to).is_some_and(|(from, to)| from >= to) {
        violations.add("active_to_time", "must be after active_from_time");
    }
    Some(Terms {
        display_name: display_name?,
        scope: scope?,
        period: period?,
        limit: limit?,
        hard,
        threshold_percents,
        active_from,
        active_to,
    })
}

fn scope(wire: pb::BudgetScope, violations: &mut Violations) -> Option<Scope> {
    let user = Some(wire.user_id.as_str()).filter(|user| !user.is_empty());
    let user = user.map(|user| violations.take("scope.user_id", UserId::new(user)));
    if user.is_some() && wire.each_user {
        violations.add("scope.each_user", "must not be set together with user_id");
    }
    let feature = violations.take("scope.feature", Name::new(&wire.feature));
    let provider = violations.take("scope.provider", Name::new(&wire.provider));
    let model = violations.take("scope.model", LongName::new(&wire.model));
    let job_id = violations.take("scope.job_id", LongName::new(&wire.job_id));
    let tags = map::text_map("scope.tags", wire.tags, SCOPE_TAGS, violations);
    Some(Scope {
        user: user.flatten(),
        each_user: wire.each_user,
        feature: feature?,
        provider: provider?,
        model: model?,
        job_id: job_id?,
        tags,
    })
}

fn period(
    wire: Option<&pb::BudgetPeriod>,
    own: Zone,
    violations: &mut Violations,
) -> Option<BudgetPeriod> {
    use pb::BudgetCycle as Wire;
    let Some(wire) = wire else {
        violations.add("period", "is required, such as {\"cycle\": \"BUDGET_CYCLE_MONTH\"}");
        return None;
    };
    let zone = violations.take("period.time_zone", zone(&wire.time_zone, own));
    let word = match Wire::try_from(wire.cycle) {
        Ok(Wire::Day) => "day",
        Ok(Wire::Week) => "week",
        Ok(Wire::Month) => "month",
        Ok(Wire::Quarter) => "quarter",
        Ok(Wire::Lifetime) => "lifetime",
        Ok(Wire::RollingDays) => "rolling",
        Ok(Wire::Unspecified) | Err(_) => {
            violations.add("period.cycle", "is required, such as BUDGET_CYCLE_MONTH");
            return None;
        }
    };
    match BudgetPeriod::new(word, wire.anchor_day, wire.rolling_days, zone?) {
        Ok(period) => Some(period),
        Err(error) => {
            let field = match error {
                CycleError::Word => "period.cycle",
                CycleError::FirstDay | CycleError::AnchorDay | CycleError::AnchorDayUnused => {
                    "period.anchor_day"
                }
                CycleError::RollingDays | CycleError::RollingDaysUnused => "period.rolling_days",
            };
            violations.add(field, error.to_string());
            None
        }
    }
}

fn limit(wire: Option<pb::BudgetAmount>, violations: &mut Violations) -> Option<Amount> {
    let count = |field: &str, unit, count: i64, violations: &mut Violations| {
        if !(0..=COUNT_MAX).contains(&count) {
            violations.add(field, format!("must be 0 to {COUNT_MAX}"));
            return None;
        }
        Some(Amount::count(unit, count.into()))
    };
    match wire.and_then(|wire| wire.amount) {
        Some(WireAmount::Cost(cost)) => {
            violations.take("limit.cost", amount(&cost)).map(Amount::cost)
        }
        Some(WireAmount::Tokens(tokens)) => count("limit.tokens", Unit::Tokens, tokens, violations),
        Some(WireAmount::Requests(requests)) => {
            count("limit.requests", Unit::Requests, requests, violations)
        }
        None => {
            violations.add("limit", "is required, such as {\"cost\": {\"amount\": \"50\"}}");
            None
        }
    }
}

fn hard(wire: i32, violations: &mut Violations) -> bool {
    use pb::BudgetEnforcement as Wire;
    match Wire::try_from(wire) {
        Ok(Wire::Unspecified | Wire::Hard) => true,
        Ok(Wire::Soft) => false,
        Err(_) => {
            violations
                .add("enforcement", "must be BUDGET_ENFORCEMENT_HARD or BUDGET_ENFORCEMENT_SOFT");
            true
        }
    }
}

/// Ascending, each once.
fn thresholds(mut given: Vec<i32>, violations: &mut Violations) -> Vec<i32> {
    if given.is_empty() {
        return THRESHOLDS.to_vec();
    }
    if given.len() > THRESHOLDS_MAX {
        let count = given.len();
        violations.add(
            "threshold_percents",
            format!("must have at most {THRESHOLDS_MAX} items, has {count}"),
        );
    }
    if let Some(at) = given.iter().position(|percent| !(1..=1_000).contains(percent)) {
        violations.add(format!("threshold_percents[{at}]"), "must be 1 to 1000");
    }
    given.sort_unstable();
    given.dedup();
    given
}

/// A budget that is to be made.
#[derive(Debug)]
pub(crate) struct New {
    pub(crate) id: BudgetId,
    pub(crate) terms: Terms,
    pub(crate) replaces: Option<BudgetId>,
}

/// Reads a budget that is to be made; without a name it gets one.
pub(crate) fn new(wire: pb::Budget, own: Zone, now: DateTime<Utc>) -> Result<New, Violations> {
    let mut violations = Violations::default();
    let id = match wire.budget_id.as_str() {
        "" => BudgetId::new(&RecordId::make(now, random_bytes()).to_string()),
        text => BudgetId::new(text),
    };
    let id = violations.take("budget_id", id);
    let replaces = Some(wire.replaces_budget_id.as_str()).filter(|id| !id.is_empty());
    let replaces = replaces.and_then(|id| violations.take("replaces_budget_id", BudgetId::new(id)));
    if replaces.is_some() && wire.scope.as_ref().is_none_or(|scope| scope.user_id.is_empty()) {
        violations.add("replaces_budget_id", "needs scope.user_id: it stands in for one user");
    }
    let terms = terms(wire, own, &mut violations);
    violations.under("budget").into_result()?;
    let (id, terms) = id.zip(terms).expect("what could not be read was noted");
    Ok(New { id, terms, replaces })
}

/// Writes a budget that would be made.
pub(crate) fn proposed(new: &New) -> pb::Budget {
    pb::Budget {
        budget_id: new.id.to_string(),
        replaces_budget_id: new.replaces.as_ref().map(ToString::to_string).unwrap_or_default(),
        ..from_terms(&new.terms)
    }
}

/// Writes the etag of a budget's number and version: a later budget of the same name has
/// another number.
pub(crate) fn etag((no, version): &(i32, i64)) -> String {
    format!("{no}-{version}")
}

/// Checks a filter by user; none is none.
pub(crate) fn user_filter(user: &str) -> Result<(), Violations> {
    let mut violations = Violations::default();
    if !user.is_empty() {
        violations.take("user_id", UserId::new(user));
    }
    violations.into_result()
}

/// Checks the name after which a page begins; none is none.
pub(crate) fn after(name: &str) -> Result<(), Error> {
    match name.is_empty() || BudgetId::new(name).is_ok() {
        true => Ok(()),
        false => Err(Error::PageTokenInvalid),
    }
}

/// Reads the terms that come of `known` with the fields of `asked` that `mask` names.
pub(crate) fn masked(
    known: &Terms,
    asked: pb::Budget,
    mask: &[String],
    own: Zone,
) -> Result<Terms, Violations> {
    let mut violations = Violations::default();
    if mask.is_empty() {
        violations.add("update_mask", "must name the fields to change, such as \"limit\"");
    }
    let mut wire = from_terms(known);
    for path in mask {
        match path.as_str() {
            "display_name" => wire.display_name.clone_from(&asked.display_name),
            "scope" => wire.scope.clone_from(&asked.scope),
            "period" => wire.period.clone_from(&asked.period),
            "limit" => wire.limit.clone_from(&asked.limit),
            "enforcement" => wire.enforcement = asked.enforcement,
            "threshold_percents" => wire.threshold_percents.clone_from(&asked.threshold_percents),
            "active_from_time" => wire.active_from_time = asked.active_from_time,
            "active_to_time" => wire.active_to_time = asked.active_to_time,
            _ => violations.add(
                "update_mask",
                format!(
                    "{path:?} cannot be changed; display_name, scope, period, limit, enforcement, \
                     threshold_percents, active_from_time and active_to_time can"
                ),
            ),
        }
    }
    let mut own_violations = Violations::default();
    let terms = terms(wire, own, &mut own_violations);
    violations.extend_under("budget", own_violations);
    violations.into_result()?;
    Ok(terms.expect("what could not be read was noted"))
}

/// Reads a budget's id.
pub(crate) fn id(text: &str) -> Result<BudgetId, Violations> {
    let mut violations = Violations::default();
    let id = violations.take("budget_id", BudgetId::new(text));
    violations.into_result()?;
    Ok(id.expect("what could not be read was noted"))
}

/// Writes an amount.
pub(crate) fn to_amount(amount: Amount) -> pb::BudgetAmount {
    let count = || i64::try_from(amount.parts()).unwrap_or(i64::MAX);
    let wire = match amount.unit {
        Unit::Cost => WireAmount::Cost(money(Money::from_attos(amount.parts()))),
        Unit::Tokens => WireAmount::Tokens(count()),
        Unit::Requests => WireAmount::Requests(count()),
    };
    pb::BudgetAmount { amount: Some(wire) }
}

/// Writes a budget; `replaces` is the name of the one that it stands in for.
pub(crate) fn budget(budget: &Budget, replaces: Option<&BudgetId>) -> pb::Budget {
    use pb::{BudgetEnforcement as Enforcement, BudgetState as WireState};
    let enforcement = if budget.terms.hard { Enforcement::Hard } else { Enforcement::Soft };
    let state = match budget.state {
        State::Counting => WireState::Counting,
        State::Active => WireState::Active,
    };
    pb::Budget {
        state: state.into(),
        budget_id: budget.id.to_string(),
        replaces_budget_id: replaces.map(ToString::to_string).unwrap_or_default(),
        etag: etag(&(budget.no, budget.version)),
        create_time: Some(time::to_timestamp(budget.create_time)),
        update_time: Some(time::to_timestamp(budget.update_time)),
        enforcement: enforcement.into(),
        ..from_terms(&budget.terms)
    }
}

/// Writes terms alone.
pub(crate) fn from_terms(terms: &Terms) -> pb::Budget {
    use pb::BudgetEnforcement as Enforcement;
    let scope = &terms.scope;
    let tags = scope.tags.iter().map(|(key, value)| (key.to_string(), value.to_string()));
    let enforcement = if terms.hard { Enforcement::Hard } else { Enforcement::Soft };
    pb::Budget {
        display_name: terms.display_name.to_string(),
        scope: Some(pb::BudgetScope {
            user_id: scope.user.as_ref().map(ToString::to_string).unwrap_or_default(),
            each_user: scope.each_user,
            feature: scope.feature.to_string(),
            provider: scope.provider.to_string(),
            model: scope.model.to_string(),
            job_id: scope.job_id.to_string(),
            tags: tags.collect(),
        }),
        period: Some(to_period(&terms.period)),
        limit: Some(to_amount(terms.limit)),
        enforcement: enforcement.into(),
        threshold_percents: terms.threshold_percents.clone(),
        active_from_time: terms.active_from.map(time::to_timestamp),
        active_to_time: terms.active_to.map(time::to_timestamp),
        ..pb::Budget::default()
    }
}

fn to_period(period: &BudgetPeriod) -> pb::BudgetPeriod {
    use pb::BudgetCycle as Wire;
    let cycle = match period.cycle {
        Cycle::Day => Wire::Day,
        Cycle::Week { .. } => Wire::Week,
        Cycle::Month { .. } => Wire::Month,
        Cycle::Quarter { .. } => Wire::Quarter,
        Cycle::Lifetime => Wire::Lifetime,
        Cycle::Rolling { .. } => Wire::RollingDays,
    };
    pb::BudgetPeriod {
        cycle: cycle.into(),
        anchor_day: period.stored_anchor_day().into(),
        rolling_days: period.rolling_days().into(),
        time_zone: period.zone.name().to_owned(),
    }
}

/// Writes how a budget stands; `user_id` is the user's where each has the limit alone.
pub(crate) fn status(
    status: &Status,
    replaces: Option<&BudgetId>,
    user_id: String,
) -> pb::BudgetStatus {
    let standing = status.sums.standing;
    pb::BudgetStatus {
        budget: Some(budget(&status.budget, replaces)),
        user_id,
        period: Some(to_range(status.window)),
        used: Some(to_amount(standing.used)),
        reserved: Some(to_amount(standing.reserved)),
        remaining: Some(to_amount(status.remaining)),
        percent_used: status.percent_used.map(|percent| percent.to_string()).unwrap_or_default(),
        burn_rate_per_day: status.burn_rate.to_string(),
        exhaustion_time: status.exhaustion_time.map(time::to_timestamp),
        allowed: status.allowed,
        unpriced_count: status.sums.unpriced_count,
        partial_count: status.sums.partial_count,
    }
}

/// Writes why a reservation was refused.
pub(crate) fn refusal(refusal: &Refusal) -> pb::BudgetRefusal {
    pb::BudgetRefusal {
        budget_id: refusal.budget.to_string(),
        user_id: refusal.user.as_ref().map(ToString::to_string).unwrap_or_default(),
        limit: Some(to_amount(refusal.limit)),
        used: Some(to_amount(refusal.used)),
        reserved: Some(to_amount(refusal.reserved)),
        requested: Some(to_amount(refusal.requested)),
        period: Some(to_range(refusal.period)),
    }
}
