//! Calls that are about to be made: who and what, and what they are expected to use.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};

use super::{map, usage};
use crate::api::pb;
use crate::api::status::Error;
use crate::domain::budget::reservation::{Expected, PlannedCall};
use crate::domain::meter::Meter;
use crate::domain::money::Money;
use crate::domain::quantities::Quantities;
use crate::domain::text::{LongName, Name, Url, UserId};
use crate::domain::usage::Call;
use crate::domain::violation::Violations;
use crate::pricing::View;

/// A planned call as it was read.
#[derive(Debug)]
pub(crate) struct Planned {
    pub(crate) call: PlannedCall,
    quantities: Option<Quantities>,
    price_context: BTreeMap<Box<str>, Box<str>>,
}

/// Reads a planned call; `None` where something was noted.
pub(crate) fn read(wire: pb::PlannedCall, violations: &mut Violations) -> Option<Planned> {
    let user = violations.take("user_id", UserId::new(&wire.user_id));
    let feature = violations.take("feature", Name::new(&wire.feature));
    let provider = violations.take("provider", Name::new(&wire.provider));
    let model = violations.take("model", LongName::new(&wire.model));
    let job_id = violations.take("job_id", LongName::new(&wire.job_id));
    let tags = map::text_map("tags", wire.tags, map::TAGS, violations);
    let price_context =
        map::text_map("price_context", wire.price_context, map::PRICE_CONTEXT, violations);
    let quantities = wire.expected_usage.map(|expected| {
        let mut own = Violations::default();
        let (quantities, _) = usage::read(expected, &mut own);
        for violation in own.as_slice() {
            let field = violation.field.replacen("usage.", "expected_usage.", 1);
            violations.add(field, violation.description.clone());
        }
        quantities
    });
    let call = PlannedCall {
        user: user?,
        feature: feature?,
        provider: provider?,
        model: model?,
        job_id: job_id?,
        tags,
    };
    Some(Planned { call, quantities: quantities.flatten(), price_context })
}

impl Planned {
    /// Whether it says what the call will use.
    pub(crate) fn is_measured(&self) -> bool {
        self.quantities.is_some()
    }

    /// What the call is expected to use: its cost is `given`, or that of a record of now.
    pub(crate) fn expected(
        &self,
        given: Option<Money>,
        prices: View<'_>,
        now: DateTime<Utc>,
    ) -> Result<Expected, Error> {
        let cost = match (given, &self.quantities) {
            (Some(cost), _) => cost,
            (None, Some(quantities)) => self.cost(quantities, prices, now)?,
            (None, None) => Money::ZERO,
        };
        Ok(Expected { cost, tokens: self.quantities.as_ref().map_or(0, tokens) })
    }

    fn cost(
        &self,
        quantities: &Quantities,
        prices: View<'_>,
        now: DateTime<Utc>,
    ) -> Result<Money, Error> {
        let call = Call {
            event_time: now,
            provider: self.call.provider.clone(),
            model: self.call.model.clone(),
            response_model: LongName::new("").expect("may be empty"),
            api_url: Url::new("").expect("may be empty"),
            price_context: self.price_context.clone(),
            quantities: quantities.clone(),
            cached_response: false,
            answered: false,
        };
        let pricing = prices.price(&call);
        let cost = pricing.cost.filter(|_| pricing.status.is_whole());
        cost.map(|cost| cost.total).ok_or_else(|| Error::PriceNotFound {
            provider: self.call.provider.to_string(),
            model: self.call.model.to_string(),
        })
    }
}

/// Input and output tokens together, as budgets count them.
fn tokens(quantities: &Quantities) -> i64 {
    let count = |meter| quantities.get(meter).and_then(|count| i64::try_from(count).ok());
    let totals = [Meter::INPUT_TOKENS, Meter::OUTPUT_TOKENS];
    totals.into_iter().filter_map(count).sum()
}
