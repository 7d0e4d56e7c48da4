//! `aiusage prices`.

mod convert;
mod list;
mod show;

use aiusage_client::Rate;
use clap::{Args, Subcommand};

use super::connection::ConnectionArgs;
use super::figures::{count, dollars};
use super::output::Output;

/// The price list, and the price of one model
#[derive(Debug, Args)]
pub(super) struct PricesArgs {
    #[command(subcommand)]
    command: PricesCommand,
}

#[derive(Debug, Subcommand)]
enum PricesCommand {
    List(list::ListArgs),
    Show(show::ShowArgs),
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
        PricesCommand::Convert(args) => convert::run(&args, output),
    }
}

/// `$2.5 / 1M`, in the units of the price list.
fn price(rate: &Rate) -> String {
    let per = match rate.per {
        1 => "each".to_owned(),
        1_000_000 => "1M".to_owned(),
        per => count(per),
    };
    format!("{} / {per}", dollars(rate.price))
}
