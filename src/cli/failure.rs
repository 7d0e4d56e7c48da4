//! What went wrong and what to do about it, as the last line of a command.

use std::io::Write;
use std::process::ExitCode;

use aiusage_client::{Code, ConfigError, Error, ErrorReason, Source};

use super::connection::ConnectionArgs;

/// Flags or input that make no sense together.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub(super) struct Usage(pub(super) String);

/// Tells a failure on standard error, and its exit code.
pub(super) fn report(error: &anyhow::Error, connection: &ConnectionArgs) -> ExitCode {
    let mut text = format!("error: {error:#}\n");
    if let Some(advice) = advice(error, connection) {
        text += &format!("{advice}\n");
    }
    // Nobody is left to tell when standard error is closed.
    let _closed = std::io::stderr().write_all(text.as_bytes());
    ExitCode::from(if error.is::<Usage>() { 2 } else { 1 })
}

/// What to do about an error of the client.
fn advice(error: &anyhow::Error, connection: &ConnectionArgs) -> Option<String> {
    if let Some(ConfigError::NoKey { .. }) = error.downcast_ref() {
        return Some(
            "`aiusage serve` writes a key for this machine at its first start; `aiusage keys create` \
             makes another one. Set AIUSAGE_API_KEY, or add --api-key."
                .to_owned(),
        );
    }
    let error: &Error = error.downcast_ref()?;
    match error.code()? {
        _ if matches!(error, Error::Unreachable { .. }) => Some(
            "Is the service running? Start it with `make run` or `aiusage serve`, or name another \
             address with --address or AIUSAGE_ADDRESS."
                .to_owned(),
        ),
        Code::Unauthenticated => Some(format!(
            "The key came from {}. Make another one with `aiusage keys create`, or set AIUSAGE_API_KEY.",
            key_source(connection)
        )),
        _ if error.reason().is_some_and(|reason| by_reason(reason).is_some()) => {
            error.reason().and_then(by_reason).map(str::to_owned)
        }
        Code::Unavailable => {
            Some("The service is busy or stopping. Try again in a moment.".to_owned())
        }
        _ => None,
    }
}

/// What to do about what the service said.
fn by_reason(reason: ErrorReason) -> Option<&'static str> {
    match reason {
        ErrorReason::PriceNotFound => Some(
            "`aiusage prices list --model TEXT` finds the models of the list. A name of your own \
             for one is added with `aiusage aliases add`.",
        ),
        ErrorReason::OperatorOnly => Some(
            "Everybody's prices are changed with the operator's keys alone: those that `aiusage \
             serve` and `aiusage keys create` make. Without --public a price is your tenant's own.",
        ),
        ErrorReason::PriceImplausible => Some(
            "Check the figures, and how many units they are for. To take them all the same, add \
             --accept-implausible.",
        ),
        ErrorReason::PriceListInvalid => {
            Some("Nothing was changed. If the format was told wrongly, name it with --format.")
        }
        ErrorReason::RecordNotFound => {
            Some("The id is the one in the record's receipt. Is the key one of the same tenant?")
        }
        ErrorReason::RepricingNotFound => Some("`aiusage repricings` lists those there are."),
        ErrorReason::AlertNotFound => Some("`aiusage alerts list` lists those there are."),
        ErrorReason::WebhookNotFound => Some("`aiusage webhooks list` lists those there are."),
        ErrorReason::BudgetNotFound => Some("`aiusage budget list` lists those there are."),
        ErrorReason::BudgetExists => {
            Some("Change it with `aiusage budget update`, or take another name.")
        }
        ErrorReason::EtagMismatch => {
            Some("Somebody changed it just now. Look at it and try again: aiusage budget get")
        }
        ErrorReason::BudgetInUse => Some("Delete the budgets that stand in for it first."),
        ErrorReason::ReservationNotFound => Some(
            "The id is the one that `aiusage budget reserve` said. Those that ended more than 30 \
             days ago are forgotten.",
        ),
        ErrorReason::ReservationEnded => Some("Make a new one with `aiusage budget reserve`."),
        ErrorReason::AliasNotFound => Some(
            "`aiusage aliases list` lists those there are. One that was added for a provider is \
             ended with --for-provider.",
        ),
        ErrorReason::UserNotFound => Some("`aiusage users list` lists those there are."),
        ErrorReason::OwnFiguresOnly => {
            Some("Ask with a key that is not bound to a user: AIUSAGE_API_KEY.")
        }
        _ => None,
    }
}

/// Where the key came from, in the words of this command.
fn key_source(connection: &ConnectionArgs) -> String {
    match connection.api_key_source() {
        Some(Source::Builder) => "--api-key".to_owned(),
        Some(source) => source.to_string(),
        None => "nowhere".to_owned(),
    }
}
