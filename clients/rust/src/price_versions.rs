//! Every version of a model's price there ever was.

use std::collections::BTreeMap;
use std::time::SystemTime;

use crate::client::Client;
use crate::error::{AnswerError, Error};
use crate::prices::{PriceOrigin, Rate};
use crate::{proto, wire};

impl Client {
    /// Every version of one model's price, newest first. `provider` may be empty.
    ///
    /// # Errors
    ///
    /// `PriceNotFound` when no model has this name; those of [`Error`] otherwise.
    pub async fn list_price_versions(
        &self,
        provider: impl Into<String>,
        model: impl Into<String>,
    ) -> Result<PriceVersions, Error> {
        let (provider, model) = (provider.into(), model.into());
        let request = proto::ListPriceVersionsRequest { provider, model };
        let call = |request| {
            let mut pricing = self.pricing.clone();
            async move { pricing.list_price_versions(request).await }
        };
        Ok(PriceVersions::try_from(self.unary(request, call).await?)?)
    }
}

/// The versions of one model's price.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
#[non_exhaustive]
pub struct PriceVersions {
    /// Key of the provider.
    pub provider: String,
    /// Key of the model.
    pub model: String,
    /// How the name was found, such as `model_key`.
    pub resolved_by: String,
    /// The versions, in the order in which they count: the first that holds at a
    /// time and has a price then is the price.
    pub versions: Vec<PriceVersion>,
}

impl TryFrom<proto::ListPriceVersionsResponse> for PriceVersions {
    type Error = AnswerError;

    fn try_from(answer: proto::ListPriceVersionsResponse) -> Result<Self, AnswerError> {
        Ok(Self {
            provider: answer.provider,
            model: answer.model,
            resolved_by: answer.resolved_by,
            versions: wire::all(answer.versions, PriceVersion::from_proto)?,
        })
    }
}

/// What one source says that a model costs, in a range of time.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
#[non_exhaustive]
pub struct PriceVersion {
    /// Who says so.
    pub origin: Option<PriceOrigin>,
    /// Where the figures come from, for people.
    pub source: String,
    /// First time at which it holds; `None`: since ever.
    #[serde(serialize_with = "wire::optional_rfc3339")]
    pub effective_from_time: Option<SystemTime>,
    /// First time after it; `None`: until another version takes over.
    #[serde(serialize_with = "wire::optional_rfc3339")]
    pub effective_to_time: Option<SystemTime>,
    /// Whether it is in force now.
    pub in_force: bool,
    /// Whether it says that the prices of its origin end.
    pub end: bool,
    /// Its price sets: for all calls first, then those for calls on certain terms.
    pub sets: Vec<PriceSet>,
}

impl PriceVersion {
    pub(crate) fn from_proto(version: proto::PriceVersion) -> Result<Self, AnswerError> {
        let time = wire::optional_time;
        Ok(Self {
            origin: PriceOrigin::from_proto(version.origin),
            source: version.source,
            effective_from_time: time("version.effective_from_time", version.effective_from_time)?,
            effective_to_time: time("version.effective_to_time", version.effective_to_time)?,
            in_force: version.in_force,
            end: version.end,
            sets: wire::all(version.sets, PriceSet::from_proto)?,
        })
    }
}

/// Rates that hold together.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
#[non_exhaustive]
pub struct PriceSet {
    /// The set's id, as in receipts; `None` where it was only checked.
    pub price_set_id: Option<i64>,
    /// The terms that a call must have; empty: for all calls. Of several sets, the
    /// last that holds counts.
    pub terms: BTreeMap<String, String>,
    /// First time at which it holds, within its version; `None`: since ever.
    #[serde(serialize_with = "wire::optional_rfc3339")]
    pub effective_from_time: Option<SystemTime>,
    /// First time after it; `None`: no end is known.
    #[serde(serialize_with = "wire::optional_rfc3339")]
    pub effective_to_time: Option<SystemTime>,
    /// Hours of the day at which it holds; `None`: all day, every day.
    pub window: Option<PriceWindow>,
    /// Whether calls cost nothing.
    pub free: bool,
    /// The rates, one for each meter and tier.
    pub rates: Vec<Rate>,
}

impl PriceSet {
    fn from_proto(set: proto::PriceSet) -> Result<Self, AnswerError> {
        let time = wire::optional_time;
        Ok(Self {
            price_set_id: wire::price_set_id(set.price_set_id),
            terms: set.terms,
            effective_from_time: time("set.effective_from_time", set.effective_from_time)?,
            effective_to_time: time("set.effective_to_time", set.effective_to_time)?,
            window: set.window.map(PriceWindow::from_proto),
            free: set.free,
            rates: wire::all(set.rates, Rate::from_proto)?,
        })
    }
}

/// Hours of some days of the week.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
#[non_exhaustive]
pub struct PriceWindow {
    /// First time of day, such as `16:30`.
    pub from_time_of_day: String,
    /// First time of day after; before the first where the window goes past midnight.
    pub to_time_of_day: String,
    /// IANA name of the zone in which times and days are read.
    pub time_zone: String,
    /// Days of the week on which it holds: `mon` to `sun`.
    pub days: Vec<String>,
}

impl PriceWindow {
    fn from_proto(window: proto::PriceWindow) -> Self {
        Self {
            from_time_of_day: window.from_time_of_day,
            to_time_of_day: window.to_time_of_day,
            time_zone: window.time_zone,
            days: window.days,
        }
    }
}
