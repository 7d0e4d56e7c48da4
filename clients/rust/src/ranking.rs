//! Who and what costs most?

use crate::client::Client;
use crate::error::{AnswerError, Error};
use crate::log::{Coverage, LogQuery};
use crate::period::TimeRange;
use crate::totals::Totals;
use crate::{proto, wire};

/// What records are put together by.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum RankBy {
    /// The part of the product.
    Feature,
    /// The function inside the feature.
    Function,
    /// The provider as reported.
    Provider,
    /// The requested model as reported.
    Model,
    /// The user.
    User,
    /// How the call ended.
    Status,
    /// The background job.
    Job,
    /// The session.
    Session,
    /// The value of this label.
    Tag(String),
    /// The calendar day; all of them come, in order.
    Day,
}

impl RankBy {
    fn into_proto(self) -> (proto::Dimension, String) {
        let dimension = match self {
            Self::Feature => proto::Dimension::Feature,
            Self::Function => proto::Dimension::Function,
            Self::Provider => proto::Dimension::Provider,
            Self::Model => proto::Dimension::Model,
            Self::User => proto::Dimension::User,
            Self::Status => proto::Dimension::Status,
            Self::Job => proto::Dimension::Job,
            Self::Session => proto::Dimension::Session,
            Self::Day => proto::Dimension::Day,
            Self::Tag(key) => return (proto::Dimension::Tag, key),
        };
        (dimension, String::new())
    }
}

impl Client {
    /// Sums over the records of `query` by one dimension, the dearest of `top` keys first. Its
    /// search, its page and its size are left aside.
    ///
    /// # Errors
    ///
    /// Those of [`Error`].
    pub async fn rank_usage(
        &self,
        query: LogQuery,
        by: RankBy,
        top: i32,
    ) -> Result<Ranking, Error> {
        let (period, filter, _) = query.into_scope();
        let (dimension, tag_key) = by.into_proto();
        let dimensions = vec![dimension.into()];
        let request = proto::GetBreakdownRequest { period, filter, dimensions, tag_key, top };
        let call = |request| {
            let mut analytics = self.analytics.clone();
            async move { analytics.get_breakdown(request).await }
        };
        Ok(Ranking::from_proto(self.unary(request, call).await?)?)
    }
}

/// Sums by key. Rows and rest add up to the totals.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
#[non_exhaustive]
pub struct Ranking {
    /// The time that was looked at.
    pub range: TimeRange,
    /// The time zone of days.
    pub time_zone: String,
    /// Sums over all records.
    pub totals: Totals,
    /// The dearest first.
    pub rows: Vec<RankedRow>,
    /// Sums over the records in no row; `None`: there are none.
    pub rest: Option<Totals>,
    /// How many keys the rest has.
    pub rest_count: i64,
    /// How far the answer reaches.
    pub coverage: Coverage,
}

/// One key.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
#[non_exhaustive]
pub struct RankedRow {
    /// The key; empty: the records named none.
    pub key: String,
    /// A name for people, where the user directory knows one.
    pub display_name: String,
    /// Sums over its records.
    pub totals: Totals,
    /// 100 × cost / cost of all, to 4 decimals; empty when all cost 0.
    pub cost_percent: String,
}

impl Ranking {
    fn from_proto(answer: proto::GetBreakdownResponse) -> Result<Self, AnswerError> {
        Ok(Self {
            range: TimeRange::from_proto(answer.range)?,
            time_zone: answer.time_zone,
            totals: Totals::from_proto(answer.totals)?,
            rows: wire::all(answer.rows, RankedRow::from_proto)?,
            rest: answer.rest.map(|rest| Totals::from_proto(Some(rest))).transpose()?,
            rest_count: answer.rest_count,
            coverage: Coverage::from_proto(answer.coverage)?,
        })
    }
}

impl RankedRow {
    fn from_proto(row: proto::BreakdownRow) -> Result<Self, AnswerError> {
        Ok(Self {
            key: row.keys.into_iter().next().unwrap_or_default(),
            display_name: row.display_names.into_iter().next().unwrap_or_default(),
            totals: Totals::from_proto(row.totals)?,
            cost_percent: row.cost_percent,
        })
    }
}
