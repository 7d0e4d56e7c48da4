#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]

mod alerts;
mod aliases;
mod batch;
mod budgets;
mod builder;
mod cau;
mod client;
mod cost;
mod cost_line;
mod credentials;
mod error;
mod estimate;
mod explain;
mod export;
mod groups;
mod log;
mod metadata;
mod new_price;
mod outlook;
mod page;
mod period;
mod policy;
mod price_versions;
mod prices;
mod ranking;
mod receipt;
mod record;
mod repricing;
mod responses;
mod retry;
mod sending;
mod spenders;
mod sync;
mod totals;
mod tracking;
mod unpriced;
mod usage;
mod users;
mod wire;

/// The generated messages and stubs, for what the typed layer leaves out. Answers
/// that came another way are read by `TryFrom`.
#[expect(clippy::allow_attributes_without_reason, reason = "written by tools/gen-rust")]
#[expect(rustdoc::invalid_html_tags, reason = "comments of the protos are not Markdown")]
pub mod proto {
    include!("generated/aiusage.v1.rs");
}

pub use alerts::{
    Alert, AlertKind, AlertPage, AlertQuery, AlertWatch, DeliveryPage, DeliveryQuery,
    DeliveryState, NewWebhook, Webhook, WebhookDelivery,
};
pub use aliases::{AliasEnd, AliasPage, ModelAlias, NewAlias};
pub use batch::{BatchSummary, ChunkReport, RecordBatch, RefusedRecord};
pub use budgets::{
    Budget, BudgetAmount, BudgetChange, BudgetCheck, BudgetCycle, BudgetEnforcement, BudgetPeriod,
    BudgetRefusal, BudgetScope, BudgetState, BudgetStatus, BudgetStatusQuery, BudgetVerdict, Held,
    NewBudget, Reservation, ReservationState, Reserve,
};
pub use builder::ClientBuilder;
pub use cau::{Cau, CauQuery};
pub use client::Client;
pub use cost::{Breakdown, CostBasis, UserCost, UserCostQuery};
pub use cost_line::CostLine;
pub use credentials::Source;
pub use error::{AnswerError, CallError, ConfigError, Error, Violation};
pub use estimate::{CostEstimate, Estimate};
pub use explain::{CostRevision, CostSource, Explanation};
pub use export::{Export, ExportFormat, ExportPart};
pub use groups::{GroupCost, Rest};
pub use log::{Coverage, FailureCause, FailurePage, LogEntry, LogPage, LogQuery};
pub use new_price::{CreatedPrice, EndedPrice, NewPrice, PriceEnd};
pub use outlook::{
    Anomalies, Anomaly, AnomalyQuery, Forecast, ForecastDay, GapCause, GapKind, Invoice,
    InvoiceComparison, InvoiceFormat, InvoiceRow, Simulate, Simulation, SimulationReport,
    Suggestion, SuggestionKind, Suggestions, UsageScope,
};
pub use page::PageQuery;
pub use period::{Period, TimeRange};
pub use policy::CostPolicy;
pub use price_versions::{PriceSet, PriceVersion, PriceVersions, PriceWindow};
pub use prices::{
    FoundPrice, ModelPrice, PriceListQuery, PriceOrigin, PricePage, PriceQuery, Rate,
};
pub use proto::{ErrorReason, TokenConvention};
pub use ranking::{RankBy, RankedRow, Ranking};
pub use receipt::{CostStatus, Receipt};
pub use record::Record;
pub use repricing::{
    CostChange, CostDifference, Reprice, Repricing, RepricingPage, RepricingReport, RepricingRun,
};
pub use responses::{ResponseFacts, ResponseStream, read_response};
pub use rust_decimal::Decimal;
pub use sending::{DropReason, RecordState, SenderStats};
pub use spenders::{Cohort, CohortQuery, Cohorts, Economics, EconomicsQuery, UnitEconomics};
pub use sync::{
    PriceDifference, PriceDifferenceKind, PriceListFormat, PriceSync, RateDifference, SyncEvent,
    SyncPrices, SyncProgress, SyncReport, SyncSummary,
};
pub use tonic::Code;
pub use totals::Totals;
pub use tracking::call::Call;
pub use tracking::context::{Context, InContext};
#[cfg(feature = "tower")]
pub use tracking::layer::{ContextLayer, ContextService};
pub use tracking::tracked::TrackedCall;
pub use tracking::tracker::{Tracker, TrackerBuilder};
pub use unpriced::{UnpricedName, UnpricedPage, UnpricedQuery};
pub use usage::Usage;
pub use users::{ErasedUser, User, UserPage, UserProfile, UserQuery};
pub use uuid::Uuid;
