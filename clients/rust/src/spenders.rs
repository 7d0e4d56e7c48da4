//! How is spending spread over users, and what do they bring in?

use rust_decimal::Decimal;

use crate::client::Client;
use crate::error::{AnswerError, Error};
use crate::period::TimeRange;
use crate::{Period, proto, wire};

impl Client {
    /// How spending is spread over users, and over groups of users.
    ///
    /// # Errors
    ///
    /// Those of [`Error`].
    pub async fn get_cohorts(&self, query: CohortQuery) -> Result<Cohorts, Error> {
        let call = |request| {
            let mut analytics = self.analytics.clone();
            async move { analytics.get_cohorts(request).await }
        };
        let request = proto::GetCohortsRequest {
            period: period(query.period, query.time_zone),
            cohort_by: query.by.into(),
        };
        Ok(Cohorts::from_proto(self.unary(request, call).await?)?)
    }

    /// What users bring in against what they cost.
    ///
    /// # Errors
    ///
    /// Those of [`Error`].
    pub async fn get_unit_economics(&self, query: EconomicsQuery) -> Result<Economics, Error> {
        let call = |request| {
            let mut analytics = self.analytics.clone();
            async move { analytics.get_unit_economics(request).await }
        };
        let request = proto::GetUnitEconomicsRequest {
            period: period(query.period, query.time_zone),
            top: query.top,
        };
        Ok(Economics::from_proto(self.unary(request, call).await?)?)
    }
}

/// The period of a question; without one, the last 30 days.
fn period(period: Option<Period>, time_zone: String) -> Option<proto::Period> {
    use proto::period::Period as Wire;
    let period = match period {
        None | Some(Period::CurrentMonth) => None,
        Some(Period::Month(month)) => Some(Wire::Month(month)),
        Some(Period::Days(days)) => Some(Wire::Days(days)),
        Some(Period::Range(range)) => Some(Wire::Range(range.into_proto())),
    };
    Some(proto::Period { period, time_zone })
}

/// Asks for cohorts, by default of the last 30 days.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CohortQuery {
    by: proto::CohortBy,
    period: Option<Period>,
    time_zone: String,
}

impl CohortQuery {
    /// Users together by their plan in the directory.
    #[must_use]
    pub fn by_plan() -> Self {
        Self { by: proto::CohortBy::Plan, period: None, time_zone: String::new() }
    }

    /// Users together by the calendar month of their first record.
    #[must_use]
    pub fn by_first_month() -> Self {
        Self { by: proto::CohortBy::FirstMonth, ..Self::by_plan() }
    }

    /// What time to look at: [`Period::CurrentMonth`] is the last 30 days here.
    #[must_use]
    pub fn period(mut self, period: impl Into<Period>) -> Self {
        self.period = Some(period.into());
        self
    }

    /// IANA name of the time zone of months and days; by default the tenant's.
    #[must_use]
    pub fn time_zone(mut self, time_zone: impl Into<String>) -> Self {
        self.time_zone = time_zone.into();
        self
    }
}

/// How spending is spread. The cohorts add up to the total.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
#[non_exhaustive]
pub struct Cohorts {
    /// The time that was looked at.
    pub range: TimeRange,
    /// The time zone of days.
    pub time_zone: String,
    /// All active users.
    pub total: Cohort,
    /// By plan the dearest first, by month in order of time.
    pub cohorts: Vec<Cohort>,
}

impl Cohorts {
    fn from_proto(answer: proto::GetCohortsResponse) -> Result<Self, AnswerError> {
        let total = answer.total.ok_or_else(|| AnswerError::missing("total"))?;
        Ok(Self {
            range: TimeRange::from_proto(answer.range)?,
            time_zone: answer.time_zone,
            total: Cohort::from_proto(total)?,
            cohorts: wire::all(answer.cohorts, Cohort::from_proto)?,
        })
    }
}

/// A group of users who were active. Amounts are US dollars.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
#[non_exhaustive]
pub struct Cohort {
    /// The plan or the month; empty: no plan is known, or all users.
    pub key: String,
    /// How many they are.
    pub active_user_count: i64,
    /// What they cost.
    #[serde(with = "rust_decimal::serde::str")]
    pub cost: Decimal,
    /// Cost / users, rounded half to even to 18 decimals.
    #[serde(with = "rust_decimal::serde::str")]
    pub cost_per_active_user: Decimal,
    /// Half of the users cost at most this. `None` without users, as those that follow.
    #[serde(with = "rust_decimal::serde::str_option")]
    pub p50: Option<Decimal>,
    /// 90 of 100 users cost at most this.
    #[serde(with = "rust_decimal::serde::str_option")]
    pub p90: Option<Decimal>,
    /// 99 of 100 users cost at most this.
    #[serde(with = "rust_decimal::serde::str_option")]
    pub p99: Option<Decimal>,
    /// The dearest user's cost.
    #[serde(with = "rust_decimal::serde::str_option")]
    pub max: Option<Decimal>,
}

impl Cohort {
    fn from_proto(cohort: proto::Cohort) -> Result<Self, AnswerError> {
        Ok(Self {
            key: cohort.key,
            active_user_count: cohort.active_user_count,
            cost: wire::amount("cost", cohort.cost)?,
            cost_per_active_user: wire::amount(
                "cost_per_active_user",
                cohort.cost_per_active_user,
            )?,
            p50: wire::optional_amount("p50", cohort.p50)?,
            p90: wire::optional_amount("p90", cohort.p90)?,
            p99: wire::optional_amount("p99", cohort.p99)?,
            max: wire::optional_amount("max", cohort.max)?,
        })
    }
}

/// Asks for unit economics, by default of the last 30 days.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct EconomicsQuery {
    top: i32,
    period: Option<Period>,
    time_zone: String,
}

impl EconomicsQuery {
    /// The last 30 days, and 100 users.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// The most users: 1 to 1,000.
    #[must_use]
    pub fn top(mut self, top: i32) -> Self {
        self.top = top;
        self
    }

    /// What time to look at: [`Period::CurrentMonth`] is the last 30 days here.
    #[must_use]
    pub fn period(mut self, period: impl Into<Period>) -> Self {
        self.period = Some(period.into());
        self
    }

    /// IANA name of the time zone of months and days; by default the tenant's.
    #[must_use]
    pub fn time_zone(mut self, time_zone: impl Into<String>) -> Self {
        self.time_zone = time_zone.into();
        self
    }
}

/// What users bring in against what they cost.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
#[non_exhaustive]
pub struct Economics {
    /// The time that was looked at.
    pub range: TimeRange,
    /// The time zone of days and months.
    pub time_zone: String,
    /// All users of the directory and all who used something.
    pub total: UnitEconomics,
    /// By plan, the one with the least margin first.
    pub by_plan: Vec<UnitEconomics>,
    /// The users with the least margin first.
    pub users: Vec<UnitEconomics>,
}

impl Economics {
    fn from_proto(answer: proto::GetUnitEconomicsResponse) -> Result<Self, AnswerError> {
        let total = answer.total.ok_or_else(|| AnswerError::missing("total"))?;
        Ok(Self {
            range: TimeRange::from_proto(answer.range)?,
            time_zone: answer.time_zone,
            total: UnitEconomics::from_proto(total)?,
            by_plan: wire::all(answer.by_plan, UnitEconomics::from_proto)?,
            users: wire::all(answer.users, UnitEconomics::from_proto)?,
        })
    }
}

/// What came in and what AI calls cost, of one user, one plan, or all; in US dollars.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
#[non_exhaustive]
pub struct UnitEconomics {
    /// The user's id or the plan; empty: no plan is known, or all users.
    pub key: String,
    /// The user's name in the directory.
    pub display_name: String,
    /// How many users.
    pub user_count: i64,
    /// What came in.
    #[serde(with = "rust_decimal::serde::str")]
    pub revenue: Decimal,
    /// What their AI calls cost.
    #[serde(with = "rust_decimal::serde::str")]
    pub cost: Decimal,
    /// revenue - cost.
    #[serde(with = "rust_decimal::serde::str")]
    pub margin: Decimal,
    /// 100 * margin / revenue, to 4 decimals; `None` without revenue.
    #[serde(with = "rust_decimal::serde::str_option")]
    pub margin_percent: Option<Decimal>,
    /// What it cost to win those users of whom it is known.
    #[serde(with = "rust_decimal::serde::str_option")]
    pub acquisition_cost: Option<Decimal>,
    /// What those have brought in to date, less their AI calls.
    #[serde(with = "rust_decimal::serde::str_option")]
    pub lifetime_margin: Option<Decimal>,
    /// lifetime_margin / acquisition_cost, to 4 decimals.
    #[serde(with = "rust_decimal::serde::str_option")]
    pub ltv_to_cac: Option<Decimal>,
}

impl UnitEconomics {
    fn from_proto(one: proto::UnitEconomics) -> Result<Self, AnswerError> {
        Ok(Self {
            key: one.key,
            display_name: one.display_name,
            user_count: one.user_count,
            revenue: wire::amount("revenue", one.revenue)?,
            cost: wire::amount("cost", one.cost)?,
            margin: wire::amount("margin", one.margin)?,
            margin_percent: wire::optional_decimal("margin_percent", &one.margin_percent)?,
            acquisition_cost: wire::optional_amount("acquisition_cost", one.acquisition_cost)?,
            lifetime_margin: wire::optional_amount("lifetime_margin", one.lifetime_margin)?,
            ltv_to_cac: wire::optional_decimal("ltv_to_cac", &one.ltv_to_cac)?,
        })
    }
}
