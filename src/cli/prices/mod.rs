//! `aiusage prices`.

mod convert;
mod create;
mod end;
mod history;
mod list;
mod rates;
mod show;
mod source;
mod sync;

use aiusage_client::{PriceOrigin, Rate};
use clap::{Args, Subcommand};

use super::connection::ConnectionArgs;
use super::figures::{dollars, per, tier};
use super::output::Output;

/// The price list: look at prices, bring lists in, and change prices
#[derive(Debug, Args)]
pub(super) struct PricesArgs {
    #[command(subcommand)]
    command: PricesCommand,
}

#[derive(Debug, Subcommand)]
enum PricesCommand {
    List(list::ListArgs),
    Show(show::ShowArgs),
    History(history::HistoryArgs),
    Sync(sync::SyncArgs),
    Create(create::CreateArgs),
    End(end::EndArgs),
    Convert(convert::ConvertArgs),
}

/// Runs the subcommand.
pub(super) async fn run(
    args: PricesArgs,
    connection: &ConnectionArgs,
    output: &Output,
) -> anyhow::Result<()> {
    match args.command {
        PricesCommand::List(args) => list::run(args, &connection.client()?, output).await,
        PricesCommand::Show(args) => show::run(args, &connection.client()?, output).await,
        PricesCommand::History(args) => history::run(args, &connection.client()?, output).await,
        PricesCommand::Sync(args) => sync::run(args, connection, output).await,
        PricesCommand::Create(args) => create::run(args, &connection.client()?, output).await,
        PricesCommand::End(args) => end::run(args, &connection.client()?, output).await,
        PricesCommand::Convert(args) => convert::run(&args, output),
    }
}

/// `$2.5 / 1M`, in the units of the price list.
fn price(rate: &Rate) -> String {
    format!("{} {}", dollars(rate.price), per(rate.per))
}

/// What a price list calls an origin.
fn origin_name(origin: PriceOrigin) -> &'static str {
    match origin {
        PriceOrigin::Catalogue => "price list",
        PriceOrigin::Correction => "correction",
        PriceOrigin::Operator => "operator",
        PriceOrigin::Tenant => "your own",
        _ => "unknown origin",
    }
}
