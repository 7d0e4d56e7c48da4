//! `aiusage budget reserve`, `extend` and `cancel`.

use std::process::ExitCode;
use std::time::Duration;

use aiusage_client::{
    BudgetRefusal, Client, Decimal, Error, Reservation, ReservationState, Reserve, Uuid,
};
use clap::Args;
use serde_json::json;

use super::check::NOT_ALLOWED;
use super::planned::PlannedArgs;
use super::words::amount;
use crate::cli::failure::Usage;
use crate::cli::figures::{counted, dollars, range, time};
use crate::cli::output::Output;
use crate::cli::times;

/// Set an amount aside for a call, in every budget that applies or in none
///
/// Give --amount, or what the call is expected to use. Then record the call with
/// `aiusage record --reservation ID`. Exits with 0 when it is admitted and with 3 when
/// it is refused.
#[derive(Debug, Args)]
pub(super) struct ReserveArgs {
    /// Who causes the call, in your own ids
    #[arg(long, value_name = "ID")]
    user: String,

    /// The cost to set aside, in dollars [default: that of the expected usage]
    #[arg(long, value_name = "DOLLARS", value_parser = Decimal::from_str_exact)]
    amount: Option<Decimal>,

    /// How long to hold it, such as 30s, 10m or 2h; then it is given back by itself
    /// [default: 10m]
    #[arg(long, value_name = "TIME", value_parser = times::duration)]
    lease: Option<Duration>,

    /// A UUIDv7 of your own, so that repeating this command reserves once
    #[arg(long, value_name = "UUID")]
    reservation_id: Option<Uuid>,

    #[command(flatten)]
    call: PlannedArgs,
}

/// Hold a reservation for longer
#[derive(Debug, Args)]
pub(super) struct ExtendArgs {
    /// The reservation
    reservation: Uuid,

    /// How long from now on, such as 30s, 10m or 2h
    #[arg(long, value_name = "TIME", default_value = "10m", value_parser = times::duration)]
    lease: Duration,
}

/// Give back what a reservation holds: the call is not made
#[derive(Debug, Args)]
pub(super) struct CancelArgs {
    /// The reservation
    reservation: Uuid,
}

/// Reserves, and says whether it was admitted.
pub(super) async fn run(
    args: ReserveArgs,
    client: &Client,
    output: &Output,
) -> anyhow::Result<ExitCode> {
    if args.amount.is_none() && !args.call.is_measured() {
        let why = "how much? Give --amount, or what the call is expected to use, such as \
                   --input-tokens and --output-tokens";
        return Err(Usage(why.to_owned()).into());
    }
    let mut reserve = args.call.reserve(Reserve::new(&args.user));
    if let Some(amount) = args.amount {
        reserve = reserve.amount(amount);
    }
    if let Some(lease) = args.lease {
        reserve = reserve.lease(lease);
    }
    if let Some(id) = args.reservation_id {
        reserve = reserve.reservation_id(id);
    }
    match client.reserve(reserve).await {
        Ok(held) => {
            admitted(held.reservation(), output);
            Ok(ExitCode::SUCCESS)
        }
        Err(Error::BudgetExceeded(refusal)) => {
            refused(&refusal, output);
            Ok(ExitCode::from(NOT_ALLOWED))
        }
        Err(error) => Err(error.into()),
    }
}

/// Extends and shows.
pub(super) async fn extend(
    args: ExtendArgs,
    client: &Client,
    output: &Output,
) -> anyhow::Result<()> {
    let reservation = client.extend_reservation(args.reservation, args.lease).await?;
    if output.is_json() {
        output.json(&reservation);
    } else {
        output.text(&format!("Held until {}\n", time(reservation.expire_time)));
    }
    Ok(())
}

/// Cancels and shows.
pub(super) async fn cancel(
    args: CancelArgs,
    client: &Client,
    output: &Output,
) -> anyhow::Result<()> {
    let reservation = client.cancel_reservation(args.reservation).await?;
    if output.is_json() {
        output.json(&reservation);
    } else {
        output.text(&format!("{}\n", ended(&reservation)));
    }
    Ok(())
}

fn admitted(reservation: &Reservation, output: &Output) {
    if output.is_json() {
        return output.json(&json!({ "admitted": true, "reservation": reservation }));
    }
    let tokens = match reservation.tokens {
        0 => String::new(),
        tokens => format!(" and {}", counted(tokens, "token")),
    };
    let budgets = match reservation.budget_ids.as_slice() {
        [] => "no budget applies".to_owned(),
        budgets => format!("in {}", budgets.join(", ")),
    };
    output.text(&format!(
        "{}, {}{tokens} set aside {budgets}\nid {}\nuntil {}\n",
        output.strong("Admitted"),
        dollars(reservation.amount),
        reservation.reservation_id,
        time(reservation.expire_time),
    ));
}

fn refused(refusal: &BudgetRefusal, output: &Output) {
    if output.is_json() {
        return output.json(&json!({ "admitted": false, "refusal": refusal }));
    }
    let of_user = match refusal.user_id.as_str() {
        "" => String::new(),
        user => format!(" of {user}"),
    };
    output.text(&format!(
        "{}, {}{of_user} has no room for this call\n\nPeriod     {}\nLimit      {}\nUsed       \
         {}\nReserved   {}\nAsked for  {}\n",
        output.strong("Refused"),
        refusal.budget_id,
        range(refusal.period, "UTC"),
        amount(refusal.limit),
        amount(refusal.used),
        amount(refusal.reserved),
        amount(refusal.requested),
    ));
}

/// How a reservation ended, which may have been before.
fn ended(reservation: &Reservation) -> String {
    let when = reservation.end_time.map(|end| format!(" at {}", time(end))).unwrap_or_default();
    match (reservation.state, reservation.record_id) {
        (ReservationState::Cancelled, _) => format!("Cancelled{when}"),
        (ReservationState::Settled, Some(record)) => {
            format!("Nothing to give back: record {record} settled it{when}")
        }
        (ReservationState::Expired, _) => {
            format!("Nothing to give back: its lease ended{when}")
        }
        (ReservationState::Refused, _) => "Nothing to give back: it was refused".to_owned(),
        _ => format!("Nothing to give back: it ended{when}"),
    }
}
