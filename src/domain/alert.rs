//! Alerts: what somebody should know, once.

pub mod delivery;
pub mod raise;

use chrono::{DateTime, Utc};
use uuid::Uuid;

use super::budget::Amount;
use super::period::TimeRange;
pub use delivery::{Delivery, DeliveryState, Webhook, WebhookId};

/// Names an alert: a UUIDv7, by which alerts stand in the order in which they came.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct AlertId(pub Uuid);

impl std::fmt::Display for AlertId {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.fmt(out)
    }
}

/// What kind of thing an alert is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// A budget has reached one of its thresholds other than 100 %.
    Threshold,
    /// A budget has reached its limit.
    Exhausted,
    /// A hard budget has refused a reservation.
    Refused,
    /// Records came in under a name that has no price.
    UnpricedUsage,
    /// The last hour cost far more than any of the days before.
    Anomaly,
    /// The budget of a whole tenant for a day has reached its limit.
    DailyBudget,
}

impl Kind {
    /// All of them, in the order of the wire.
    pub const ALL: [Kind; 6] = [
        Kind::Threshold,
        Kind::Exhausted,
        Kind::Refused,
        Kind::UnpricedUsage,
        Kind::Anomaly,
        Kind::DailyBudget,
    ];

    /// The word it is stored and delivered as.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Kind::Threshold => "threshold",
            Kind::Exhausted => "exhausted",
            Kind::Refused => "refused",
            Kind::UnpricedUsage => "unpriced_usage",
            Kind::Anomaly => "anomaly",
            Kind::DailyBudget => "daily_budget",
        }
    }

    /// Reads the word it is stored as.
    #[must_use]
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == word)
    }
}

/// What an alert says. It never changes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Matter {
    /// What kind of thing it is.
    pub kind: Kind,
    /// One sentence for a person.
    pub message: String,
    /// The budget, for kinds about one; else empty.
    pub budget_id: String,
    /// The user, for a budget of one user or of each user; else empty.
    pub user_id: String,
    /// The percentage that was reached; 0 where there is none.
    pub threshold_percent: i32,
    /// The period of the budget, or the hour.
    pub period: Option<TimeRange>,
    /// What was used.
    pub used: Option<Amount>,
    /// What it is compared with.
    pub limit: Option<Amount>,
    /// The provider as reported, where that is what it is about.
    pub provider: String,
    /// The model as reported, where that is what it is about.
    pub model: String,
}

/// An alert that is to be raised, unless it was before.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewAlert {
    /// Its id, if it is raised.
    pub id: AlertId,
    /// What makes it the same one: of one kind and subject there is one alert.
    pub subject: String,
    /// The budget.
    pub budget_no: Option<i32>,
    /// Told once for all periods that overlap, because days roll on.
    pub rolling: bool,
    /// What it says.
    pub matter: Matter,
}

/// An alert that was raised.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Alert {
    /// Its id.
    pub id: AlertId,
    /// What it says.
    pub matter: Matter,
    /// When it was raised.
    pub create_time: DateTime<Utc>,
    /// Who has seen it, and when.
    pub acknowledged: Option<Acknowledged>,
    /// Number of its last change among those of its tenant.
    pub change_no: i64,
}

/// Somebody has seen an alert.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Acknowledged {
    /// When.
    pub time: DateTime<Utc>,
    /// Id of the API key.
    pub by: String,
}
