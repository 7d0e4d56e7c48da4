//! A month of calls, and a price that turns out to have been wrong for most of it.

use std::sync::Arc;
use std::time::SystemTime;

use aiusage_client::proto::{
    CreatePriceRequest, Money, PriceScope, Rate, RepriceUsageRequest, TimeRange,
};
use chrono::{DateTime, Duration, SubsecRound, Utc};

use crate::calls::{Call, DAYS, Price, Source};
use crate::dice::Dice;

/// Since so many days the prices are other ones than was thought.
const PRICES_DAYS: u64 = 20;
/// The last so many days are priced anew.
const RANGE_DAYS: u64 = 15;
/// A day's calls lie within so long, so that writers meet on the same hours.
const BUSY: std::ops::Range<u64> = 0..5_400;
const FEATURES: [&str; 3] = ["chat", "search", "support"];

struct Model {
    key: &'static str,
    first: Price,
    corrected: Price,
    scope: PriceScope,
}

/// The last one keeps its price.
const MODELS: [Model; 3] = [
    Model {
        key: "gpt-4o",
        first: Price { input: 250, output: 1_000 },
        corrected: Price { input: 175, output: 900 },
        scope: PriceScope::Tenant,
    },
    Model {
        key: "gpt-4.1",
        first: Price { input: 200, output: 800 },
        corrected: Price { input: 235, output: 710 },
        scope: PriceScope::Public,
    },
    Model {
        key: "gpt-4o-mini",
        first: Price { input: 15, output: 60 },
        corrected: Price { input: 15, output: 60 },
        scope: PriceScope::Tenant,
    },
];

/// The month before `now`.
#[derive(Clone, Copy)]
pub(crate) struct Era {
    now: DateTime<Utc>,
}

impl Era {
    pub(crate) fn before(now: DateTime<Utc>) -> Self {
        Self { now: now.trunc_subsecs(0) }
    }

    fn days_ago(self, days: u64) -> DateTime<Utc> {
        self.now - Duration::days(days.cast_signed())
    }

    /// Calls of the whole month, three of four in the range that is priced anew.
    pub(crate) fn past(self) -> Source {
        Arc::new(move |dice| {
            let days = if dice.one_in(4) { DAYS } else { RANGE_DAYS };
            let day = dice.within(0..days);
            self.call(dice, Some(day))
        })
    }

    /// Calls of now and of the same hours. None is of the days whose prices are
    /// corrected and that are not priced anew: there it counts when it was recorded.
    pub(crate) fn live(self) -> Source {
        Arc::new(move |dice| {
            let day = match dice.within(0..4) {
                0 => None,
                1 => Some(dice.within(PRICES_DAYS + 1..DAYS)),
                _ => Some(dice.within(0..RANGE_DAYS)),
            };
            self.call(dice, day)
        })
    }

    fn call(self, dice: &mut Dice, day: Option<u64>) -> Call {
        let which = usize::try_from(dice.within(0..3)).expect("it is one of three");
        let model = &MODELS[which];
        let mut call = Call::make(dice, model.key, model.first);
        let feature = usize::try_from(dice.within(0..3)).expect("it is one of three");
        call.feature = FEATURES[feature];
        call.time = day.map(|day| {
            let into = Duration::seconds(dice.count(BUSY));
            self.days_ago(day) - into
        });
        if self.is_in_range(&call) { call.corrected(model.corrected) } else { call }
    }

    /// Whether a call is in the range that is priced anew.
    pub(crate) fn is_in_range(self, call: &Call) -> bool {
        call.time.is_none_or(|time| time >= self.days_ago(RANGE_DAYS))
    }

    /// The prices as they have been for a while.
    pub(crate) fn corrections(self) -> impl Iterator<Item = CreatePriceRequest> {
        let since = self.days_ago(PRICES_DAYS);
        MODELS[..2].iter().map(move |model| CreatePriceRequest {
            provider: "openai".to_owned(),
            model: model.key.to_owned(),
            scope: model.scope.into(),
            effective_from_time: Some(SystemTime::from(since).into()),
            rates: vec![
                rate("input_tokens", model.corrected.input),
                rate("output_tokens", model.corrected.output),
            ],
            source: "the contract".to_owned(),
            ..Default::default()
        })
    }

    /// Asks for the range to be priced anew, the calls that come in meanwhile too.
    pub(crate) fn request(self, repricing_id: String) -> RepriceUsageRequest {
        let time = |time: DateTime<Utc>| Some(SystemTime::from(time).into());
        RepriceUsageRequest {
            range: Some(TimeRange {
                start_time: time(self.days_ago(RANGE_DAYS)),
                end_time: time(self.now + Duration::days(1)),
            }),
            reason: "prices were wrong".to_owned(),
            repricing_id,
            ..Default::default()
        }
    }
}

fn rate(meter: &str, cents: i64) -> Rate {
    let amount = rust_decimal::Decimal::new(cents, 2).to_string();
    let price = Some(Money { amount, currency_code: "USD".to_owned() });
    Rate { meter: meter.to_owned(), price, ..Default::default() }
}
