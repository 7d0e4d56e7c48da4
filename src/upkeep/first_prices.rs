//! Sees to it that records without a cost get one once their price is known.

use std::time::Duration;

use tokio::time::Instant;

use super::repricer::Repricer;
use crate::clock::{Clock, random_bytes};
use crate::domain::ids::{RecordId, RepricingId};
use crate::domain::period::TimeRange;
use crate::domain::repricing::{Cursor, Repricing, Selection, State, Tally};
use crate::pricing::resolve::Names;
use crate::pricing::{Prices, View};
use crate::store::unpriced::UnpricedName;
use crate::store::{self, Pool};

/// How long after a change other servers may still price with what was before it.
const OTHERS_FOLLOW_WITHIN: Duration = Duration::from_secs(10);
/// Names that are looked at together.
const PAGE: i64 = 1_000;

/// Looks at the names under which records have no cost.
#[derive(Debug)]
pub struct FirstPrices {
    pool: Pool,
    clock: Clock,
    repricer: Repricer,
    /// When to look again; absent: nothing has changed.
    due: Option<Instant>,
    /// Whether to look once more after that.
    again: bool,
}

impl FirstPrices {
    /// Begins with a look, since the last server may have stopped before its own.
    #[must_use]
    pub fn new(pool: Pool, clock: Clock, repricer: Repricer) -> Self {
        Self { pool, clock, repricer, due: Some(Instant::now()), again: false }
    }

    /// Prices or names were changed: looks at once, and again when every server has
    /// them, for records that one of these stored meanwhile.
    pub(super) fn prices_changed(&mut self) {
        self.due = Some(Instant::now());
        self.again = true;
    }

    /// Looks, if it is time to.
    pub(super) async fn look(&mut self, prices: &Prices) {
        if self.due.is_none_or(|due| due > Instant::now()) {
            return;
        }
        match self.ask_for_prices(prices).await {
            Ok(()) => {
                self.due = self.again.then(|| Instant::now() + OTHERS_FOLLOW_WITHIN);
                self.again = false;
            }
            Err(error) => tracing::warn!(%error, "could not look at records without a cost"),
        }
    }

    async fn ask_for_prices(&self, prices: &Prices) -> Result<(), store::Error> {
        let mut last = None;
        loop {
            let names = store::unpriced::after(&self.pool, last.as_ref(), PAGE).await?;
            let asked = self.requests(prices, &names);
            if !asked.is_empty() {
                store::unpriced::ask_for_prices(&self.pool, &asked).await?;
                self.repricer.wake();
            }
            last = names.into_iter().next_back();
            if last.is_none() {
                return Ok(());
            }
        }
    }

    /// One request for each provider and model of `names` that may have a price now.
    fn requests(&self, prices: &Prices, names: &[UnpricedName]) -> Vec<Repricing> {
        let book = prices.current();
        let mut asked: Vec<Repricing> = Vec::new();
        for name in names.iter().filter(|name| has_price(book.of(name.tenant), name)) {
            let request = self.request(name, book.change());
            let same = asked.last_mut().filter(|other| other.selection.is_of(&request.selection));
            match same {
                Some(other) => other.widen(&request),
                None => asked.push(request),
            }
        }
        asked
    }

    fn request(&self, name: &UnpricedName, price_change: i64) -> Repricing {
        let now = self.clock.now();
        let end = name.last + chrono::Duration::microseconds(1);
        let range = TimeRange { start: name.first, end };
        Repricing {
            id: RepricingId(RecordId::make(now, random_bytes()).as_uuid()),
            selection: Selection {
                tenant: name.tenant,
                range,
                provider: name.provider.clone(),
                model: name.model.clone(),
                unpriced_only: true,
            },
            reason: "a price became known".to_owned(),
            created_by: String::new(),
            price_change,
            create_time: now,
            update_time: now,
            state: State::Running,
            cursor: Cursor::before(range),
            tally: Tally::default(),
        }
    }
}

/// Whether some record of the name may have a price now.
fn has_price(prices: View<'_>, name: &UnpricedName) -> bool {
    let names = Names {
        provider: &name.provider,
        model: &name.model,
        response_model: &name.response_model,
        api_url: &name.api_url,
    };
    // A tenant's name may mean a model at one of the times only.
    [name.first, name.last].into_iter().any(|at| {
        let found = prices.resolve(names, at);
        found.is_ok_and(|found| prices.has_price_between(found.model, name.first, name.last))
    })
}
