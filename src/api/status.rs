//! The one table from what went wrong to what the caller is told.

use std::collections::HashMap;
use std::time::Duration;

use axum::response::Response;
use tonic::metadata::MetadataMap;
use tonic::{Code, Status};
use tonic_types::{ErrorDetails, StatusExt};

use super::pb::ErrorReason;
use crate::budget::reserver;
use crate::domain::alert::{AlertId, WebhookId};
use crate::domain::budget::BudgetId;
use crate::domain::budget::reservation::ReservationId;
use crate::domain::ids::{RecordId, RepricingId};
use crate::domain::violation::Violations;
use crate::pricing::change::Refusal;
use crate::upkeep::keeper::ChangeError;
use crate::{ingest, store};

/// `ErrorInfo.domain` of every error.
const DOMAIN: &str = "aiusage.v1";
/// When to try again after a full queue.
const RETRY_SOON: Duration = Duration::from_millis(100);
/// When to try again after a database that did not answer.
const RETRY_LATER: Duration = Duration::from_millis(1_000);

/// Why a call failed.
#[derive(Debug, thiserror::Error)]
pub(super) enum Error {
    #[error("{0}")]
    InvalidFields(#[from] Violations),
    #[error("record_id {record_id} was used before for other content")]
    RecordIdReused { record_id: RecordId, differing_fields: Vec<String> },
    #[error("record_id {record_id} is too old")]
    RecordTooOld { record_id: RecordId },
    #[error("the request is no message of its type")]
    Undecodable,
    #[error("API key missing or invalid")]
    ApiKeyInvalid,
    #[error("no price for {provider}/{model}")]
    PriceNotFound { provider: String, model: String },
    #[error("page token invalid")]
    PageTokenInvalid,
    #[error(transparent)]
    Refused(#[from] Refused),
    #[error(transparent)]
    Alert(#[from] AlertError),
    #[error(transparent)]
    Budget(#[from] BudgetError),
    #[error(transparent)]
    Access(#[from] AccessError),
    #[error("a fault of the service")]
    Fault,
    #[error(transparent)]
    Ingest(#[from] ingest::Error),
    #[error(transparent)]
    Store(#[from] store::Error),
}

impl From<Refusal> for Error {
    fn from(refusal: Refusal) -> Self {
        let invalid = |field: &str, problem: String| {
            let mut violations = Violations::default();
            violations.add(field, problem);
            Error::InvalidFields(violations)
        };
        match refusal {
            Refusal::NoModel { provider, model } => Error::PriceNotFound { provider, model },
            Refusal::NoAlias(alias) => Refused::AliasNotFound { alias }.into(),
            Refusal::NothingToEnd => invalid("model", refusal.to_string()),
            Refusal::TooMany { what, max } => Refused::LimitReached { what, max }.into(),
            Refusal::Implausible(problems) => {
                Refused::PriceImplausible { problems: problems.join("; ") }.into()
            }
            Refusal::Inconsistent(error) => invalid("rates", error.problem.to_string()),
        }
    }
}

impl From<ChangeError> for Error {
    fn from(error: ChangeError) -> Self {
        match error {
            ChangeError::Refused(refusal) => refusal.into(),
            ChangeError::Store(error) => error.into(),
            ChangeError::Load => Error::Fault,
            ChangeError::ShuttingDown => ingest::Error::ShuttingDown.into(),
        }
    }
}

/// Why prices or costs are not shown or changed as asked.
#[derive(Debug, thiserror::Error)]
pub(super) enum Refused {
    #[error("not an operator's key")]
    OperatorOnly,
    #[error("no record {record_id}")]
    RecordNotFound { record_id: RecordId },
    #[error("no repricing {repricing_id}")]
    RepricingNotFound { repricing_id: RepricingId },
    #[error("repricing_id {repricing_id} was used before")]
    RepricingIdReused { repricing_id: RepricingId },
    #[error("{max} {what} are the limit")]
    LimitReached { what: &'static str, max: usize },
    #[error("{max} {what} are the limit of this server")]
    ServerFull { what: &'static str, max: usize },
    #[error("nobody read the file")]
    ExportStalled,
    #[error("no alias {alias}")]
    AliasNotFound { alias: String },
    #[error("{0}")]
    PriceListInvalid(String),
    #[error("implausible: {problems}")]
    PriceImplausible { problems: String },
}

/// Why alerts are not shown, watched or sent as asked.
#[derive(Debug, thiserror::Error)]
pub(super) enum AlertError {
    #[error("no alert {alert_id}")]
    NoAlert { alert_id: AlertId },
    #[error("no webhook {webhook_id}")]
    NoWebhook { webhook_id: WebhookId },
}

/// Why budgets are not shown, changed or reserved as asked.
#[derive(Debug, thiserror::Error)]
pub(super) enum BudgetError {
    #[error("budget {0} exists")]
    Exists(BudgetId),
    #[error("no budget {0}")]
    NotFound(BudgetId),
    #[error("budget {id} was changed")]
    EtagMismatch { id: BudgetId, etag: String },
    #[error("budget {id} is replaced by {by}")]
    InUse { id: BudgetId, by: String },
    #[error("reservation_id {0} was used before")]
    ReservationIdReused(ReservationId),
    #[error("no reservation {0}")]
    ReservationNotFound(ReservationId),
    #[error("reservation {id} has ended")]
    ReservationEnded { id: ReservationId, state: &'static str },
}

/// Why users and keys are not shown or changed as asked.
#[derive(Debug, thiserror::Error)]
pub(super) enum AccessError {
    #[error("no user {user_id}")]
    NoUser { user_id: String },
    #[error("no key {key_id}")]
    NoKey { key_id: String },
    #[error("key {key_id} is the last one")]
    LastKey { key_id: String },
    #[error("only the figures of {user_id}")]
    OwnFiguresOnly { user_id: String },
}

impl From<reserver::Error> for Error {
    fn from(error: reserver::Error) -> Self {
        match error {
            reserver::Error::QueueFull => ingest::Error::QueueFull.into(),
            reserver::Error::ShuttingDown => ingest::Error::ShuttingDown.into(),
            reserver::Error::StoreUnavailable => ingest::Error::StoreUnavailable.into(),
            reserver::Error::Fault => Error::Fault,
        }
    }
}

/// What the caller is told.
struct Told {
    code: Code,
    reason: ErrorReason,
    message: String,
    metadata: HashMap<String, String>,
    retry_after: Option<Duration>,
}

impl Told {
    fn new(code: Code, reason: ErrorReason, message: impl Into<String>) -> Self {
        Self { code, reason, message: message.into(), metadata: HashMap::new(), retry_after: None }
    }

    fn with<const N: usize>(mut self, pairs: [(&str, &str); N]) -> Self {
        self.metadata = pairs.map(|(key, value)| (key.to_owned(), value.to_owned())).into();
        self
    }

    fn retry(mut self, after: Duration) -> Self {
        self.retry_after = Some(after);
        self
    }
}

impl From<Error> for Status {
    fn from(error: Error) -> Self {
        if let Error::Store(cause) = &error {
            log_store(cause);
        }
        let told = told(&error);
        let mut details =
            ErrorDetails::with_error_info(reason_name(told.reason), DOMAIN, told.metadata);
        if let Error::InvalidFields(violations) = &error {
            for violation in violations.as_slice() {
                details.add_bad_request_violation(&violation.field, &violation.description);
            }
        }
        let mut metadata = MetadataMap::new();
        if let Some(after) = told.retry_after {
            details.set_retry_info(Some(after));
            metadata.insert(
                "grpc-retry-pushback-ms",
                after.as_millis().to_string().parse().expect("digits are ASCII"),
            );
        }
        Status::with_error_details_and_metadata(told.code, told.message, details, metadata)
    }
}

fn told(error: &Error) -> Told {
    match error {
        Error::InvalidFields(violations) => {
            Told::new(Code::InvalidArgument, ErrorReason::InvalidFields, brief(violations))
        }
        Error::RecordIdReused { record_id, differing_fields } => {
            let fields = differing_fields.join(",");
            let message = format!(
                "record_id {record_id} was used before for a record that differs in {fields}; \
                 nothing was changed. Use a new id for a new call."
            );
            Told::new(Code::AlreadyExists, ErrorReason::RecordIdReused, message)
                .with([("record_id", &record_id.to_string()), ("differing_fields", &fields)])
        }
        Error::RecordTooOld { record_id } => {
            let message = explain_too_old(*record_id);
            Told::new(Code::FailedPrecondition, ErrorReason::RecordTooOld, message)
                .with([("record_id", &record_id.to_string())])
        }
        Error::Undecodable => Told::new(
            Code::InvalidArgument,
            ErrorReason::InvalidFields,
            "the request is no message of its type, or nested too deep; reflection shows the type",
        ),
        Error::ApiKeyInvalid => Told::new(
            Code::Unauthenticated,
            ErrorReason::ApiKeyInvalid,
            "send a valid API key as header \"authorization: Bearer <key>\"; the server names its key file at start",
        ),
        Error::PriceNotFound { provider, model } => {
            let message = format!("no model {model:?} of provider {provider:?} in the price list");
            Told::new(Code::NotFound, ErrorReason::PriceNotFound, message)
                .with([("provider", provider), ("model", model)])
        }
        Error::PageTokenInvalid => Told::new(
            Code::InvalidArgument,
            ErrorReason::PageTokenInvalid,
            "page_token is not one of this query; begin again without one",
        ),
        Error::Refused(refused) => told_refused(refused),
        Error::Alert(error) => told_alert(error),
        Error::Budget(error) => told_budget(error),
        Error::Access(error) => told_access(error),
        Error::Ingest(error) => told_ingest(*error),
        Error::Store(error) if error.is_transient() => store_unavailable(),
        Error::Store(_) | Error::Fault => internal(),
    }
}

/// What a caller is told whose record has an id of a time that is not kept.
pub(super) fn explain_too_old(record_id: RecordId) -> String {
    format!(
        "record_id {record_id} was made on {}, and the log of that time is not kept: nobody could tell \
         whether this is a retry. A call that was not recorded yet needs a new id; its event_time may stay.",
        record_id.time().date_naive()
    )
}

fn told_refused(refused: &Refused) -> Told {
    match refused {
        Refused::OperatorOnly => Told::new(
            Code::PermissionDenied,
            ErrorReason::OperatorOnly,
            "the public price list is changed with a key of the operator's tenant; prices with PRICE_SCOPE_TENANT need any key of yours",
        ),
        Refused::RecordNotFound { record_id } => {
            let message = format!("there is no record {record_id}");
            Told::new(Code::NotFound, ErrorReason::RecordNotFound, message)
                .with([("record_id", &record_id.to_string())])
        }
        Refused::RepricingNotFound { repricing_id } => {
            let message = format!("there is no repricing {repricing_id}");
            Told::new(Code::NotFound, ErrorReason::RepricingNotFound, message)
                .with([("repricing_id", &repricing_id.to_string())])
        }
        Refused::RepricingIdReused { repricing_id } => {
            let message = format!(
                "repricing_id {repricing_id} was used before for another range, provider or model; use a new id"
            );
            Told::new(Code::AlreadyExists, ErrorReason::RepricingIdReused, message)
                .with([("repricing_id", &repricing_id.to_string())])
        }
        Refused::LimitReached { what, max } => limit_reached("tenant", what, *max),
        Refused::ServerFull { what, max } => limit_reached("server", what, *max),
        Refused::ExportStalled => Told::new(
            Code::Aborted,
            ErrorReason::ExportStalled,
            "nothing of the file was read for a minute, and another export needed its place; ask for it again",
        ),
        Refused::AliasNotFound { alias } => {
            let message = format!(
                "the name {alias:?} is not given to any model; ListModelAliases shows those that are"
            );
            Told::new(Code::NotFound, ErrorReason::AliasNotFound, message).with([("alias", alias)])
        }
        Refused::PriceListInvalid(problem) => {
            Told::new(Code::InvalidArgument, ErrorReason::PriceListInvalid, problem)
        }
        Refused::PriceImplausible { problems } => {
            let message = format!(
                "this looks like a mistake: {problems}. Set accept_implausible if it is right."
            );
            Told::new(Code::FailedPrecondition, ErrorReason::PriceImplausible, message)
                .with([("problems", problems)])
        }
    }
}

fn limit_reached(whose: &str, what: &str, max: usize) -> Told {
    let message = format!("this {whose} has {max} {what}, as many as there may be");
    Told::new(Code::ResourceExhausted, ErrorReason::LimitReached, message)
        .with([("what", what), ("max", &max.to_string())])
}

fn told_alert(error: &AlertError) -> Told {
    match error {
        AlertError::NoAlert { alert_id } => {
            let message = format!("there is no alert {alert_id}");
            Told::new(Code::NotFound, ErrorReason::AlertNotFound, message)
                .with([("alert_id", &alert_id.to_string())])
        }
        AlertError::NoWebhook { webhook_id } => {
            let message = format!("there is no webhook {webhook_id}");
            Told::new(Code::NotFound, ErrorReason::WebhookNotFound, message)
                .with([("webhook_id", &webhook_id.to_string())])
        }
    }
}

fn told_budget(error: &BudgetError) -> Told {
    match error {
        BudgetError::Exists(id) => {
            let message = format!("there is a budget {id} already; UpdateBudget changes it");
            Told::new(Code::AlreadyExists, ErrorReason::BudgetExists, message)
                .with([("budget_id", id.as_str())])
        }
        BudgetError::NotFound(id) => {
            let message = format!("there is no budget {id}; ListBudgets shows all");
            Told::new(Code::NotFound, ErrorReason::BudgetNotFound, message)
                .with([("budget_id", id.as_str())])
        }
        BudgetError::EtagMismatch { id, etag } => {
            let message = format!(
                "budget {id} was changed since you read it; read it again, its etag is {etag}"
            );
            Told::new(Code::Aborted, ErrorReason::EtagMismatch, message)
                .with([("budget_id", id.as_str()), ("etag", etag)])
        }
        BudgetError::InUse { id, by } => {
            let message = format!("budget {by} stands in for budget {id}; delete {by} first");
            Told::new(Code::FailedPrecondition, ErrorReason::BudgetInUse, message)
                .with([("budget_id", id.as_str()), ("replaced_by", by)])
        }
        BudgetError::ReservationIdReused(id) => {
            let message = format!(
                "reservation_id {id} was used before for another call, amount or lease; use a new id"
            );
            Told::new(Code::AlreadyExists, ErrorReason::ReservationIdReused, message)
                .with([("reservation_id", &id.to_string())])
        }
        BudgetError::ReservationNotFound(id) => {
            let message = format!("there is no reservation {id}");
            Told::new(Code::NotFound, ErrorReason::ReservationNotFound, message)
                .with([("reservation_id", &id.to_string())])
        }
        BudgetError::ReservationEnded { id, state } => {
            let message = format!("reservation {id} is {state}; make a new one");
            Told::new(Code::FailedPrecondition, ErrorReason::ReservationEnded, message)
                .with([("reservation_id", &id.to_string()), ("state", state)])
        }
    }
}

fn told_access(error: &AccessError) -> Told {
    match error {
        AccessError::NoUser { user_id } => {
            let message = format!("nothing is known of user {user_id:?}");
            Told::new(Code::NotFound, ErrorReason::UserNotFound, message)
                .with([("user_id", user_id)])
        }
        AccessError::NoKey { key_id } => {
            let message = format!("there is no key {key_id:?}; ListKeys shows all");
            Told::new(Code::NotFound, ErrorReason::KeyNotFound, message).with([("key_id", key_id)])
        }
        AccessError::LastKey { key_id } => {
            let message = format!(
                "key {key_id} is the last one that sees all; make another one first, or revoke it with `aiusage keys revoke` on the server"
            );
            Told::new(Code::FailedPrecondition, ErrorReason::LastKey, message)
                .with([("key_id", key_id)])
        }
        AccessError::OwnFiguresOnly { user_id } => {
            let message = format!(
                "this call is bound to user {user_id:?}: it sees that user's figures alone and changes nothing"
            );
            Told::new(Code::PermissionDenied, ErrorReason::OwnFiguresOnly, message)
                .with([("user_id", user_id)])
        }
    }
}

fn told_ingest(error: ingest::Error) -> Told {
    match error {
        ingest::Error::QueueFull => Told::new(
            Code::Unavailable,
            ErrorReason::WriterFull,
            "more records arrive than Postgres takes; nothing was stored, try again with the same record_id",
        )
        .retry(RETRY_SOON),
        ingest::Error::ShuttingDown => {
            Told::new(Code::Unavailable, ErrorReason::ShuttingDown, "this server is stopping; try again").retry(RETRY_LATER)
        }
        ingest::Error::StoreUnavailable => store_unavailable(),
        ingest::Error::Fault => internal(),
    }
}

fn store_unavailable() -> Told {
    Told::new(
        Code::Unavailable,
        ErrorReason::StoreUnavailable,
        "Postgres did not answer in time; try again (a record with the same record_id counts once)",
    )
    .retry(RETRY_LATER)
}

fn internal() -> Told {
    Told::new(
        Code::Internal,
        ErrorReason::Internal,
        "a fault of the service; its log has the cause",
    )
}

/// The message has the first violations; the details have all.
fn brief(violations: &Violations) -> String {
    const SHOWN_MAX: usize = 3;
    let shown: Vec<String> = violations
        .as_slice()
        .iter()
        .take(SHOWN_MAX)
        .map(|violation| format!("{}: {}", violation.field, violation.description))
        .collect();
    match violations.as_slice().len() {
        count if count > SHOWN_MAX => {
            format!("{}; and {} more", shown.join("; "), count - SHOWN_MAX)
        }
        _ => shown.join("; "),
    }
}

/// The library answers INTERNAL to what it cannot decode, although it is the caller
/// who sent it.
pub(super) fn blame_the_caller(status: Status) -> Status {
    let is_decoding = status.message().starts_with("failed to decode Protobuf message");
    if status.code() == Code::Internal && is_decoding { Error::Undecodable.into() } else { status }
}

/// The same for an answer that is nothing but its status.
pub(super) fn blame_the_caller_of(response: Response) -> Response {
    match Status::from_header_map(response.headers()) {
        Some(status) if status.code() == Code::Internal => blame_the_caller(status).into_http(),
        _ => response,
    }
}

/// The name of a reason on the wire.
pub(super) fn reason_name(reason: ErrorReason) -> &'static str {
    reason.as_str_name().trim_start_matches("ERROR_REASON_")
}

fn log_store(error: &store::Error) {
    if error.is_transient() {
        tracing::warn!(%error, "a question could not be answered");
    } else {
        tracing::error!(%error, "a question could not be answered");
    }
}
