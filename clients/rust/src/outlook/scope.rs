//! Which records a question is about.

use crate::period::{Period, TimeRange};
use crate::proto;

/// Records of a time that meet every condition: by default all of the last 30 days.
///
/// ```
/// use aiusage_client::{Period, UsageScope};
///
/// let scope = UsageScope::new().period(Period::Days(90)).feature("chat").model("gpt-4o");
/// ```
#[derive(Debug, Clone, PartialEq, Default)]
pub struct UsageScope {
    period: Option<Period>,
    time_zone: String,
    filter: proto::UsageFilter,
}

impl UsageScope {
    /// All records of the last 30 days.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Records of this time. [`Period::CurrentMonth`] stands for what is asked where
    /// nothing is said: the last 30 days.
    #[must_use]
    pub fn period(mut self, period: Period) -> Self {
        self.period = Some(period);
        self
    }

    /// IANA name of the time zone of days and months; by default the tenant's.
    #[must_use]
    pub fn time_zone(mut self, time_zone: impl Into<String>) -> Self {
        self.time_zone = time_zone.into();
        self
    }

    /// Only this user's records; with others that are named, of any of them.
    #[must_use]
    pub fn user(mut self, user_id: impl Into<String>) -> Self {
        self.filter.user_ids.push(user_id.into());
        self
    }

    /// Only this feature's records; with others that are named, of any of them.
    #[must_use]
    pub fn feature(mut self, feature: impl Into<String>) -> Self {
        self.filter.features.push(feature.into());
        self
    }

    /// Only records that report this provider; with others that are named, any of them.
    #[must_use]
    pub fn provider(mut self, provider: impl Into<String>) -> Self {
        self.filter.providers.push(provider.into());
        self
    }

    /// Only records that report this model as the requested one; with others that are
    /// named, any of them.
    #[must_use]
    pub fn model(mut self, model: impl Into<String>) -> Self {
        self.filter.models.push(model.into());
        self
    }

    pub(super) fn into_forecast(self) -> proto::GetForecastRequest {
        proto::GetForecastRequest { filter: Some(self.filter), time_zone: self.time_zone }
    }

    pub(super) fn into_proto(self) -> (Option<proto::Period>, Option<proto::UsageFilter>) {
        let period = match self.period {
            None | Some(Period::CurrentMonth) => None,
            Some(Period::Month(month)) => Some(proto::period::Period::Month(month)),
            Some(Period::Days(days)) => Some(proto::period::Period::Days(days)),
            Some(Period::Range(range)) => {
                Some(proto::period::Period::Range(TimeRange::into_proto(range)))
            }
        };
        (Some(proto::Period { period, time_zone: self.time_zone }), Some(self.filter))
    }
}
