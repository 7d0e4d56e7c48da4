//! `aiusage budget`: limits, how they stand, and what is set aside under them.

mod bar;
mod change;
mod check;
mod create;
mod delete;
mod planned;
mod reserve;
mod show;
mod standing;
mod status;
mod terms;
mod watch;
mod words;

use std::process::ExitCode;

use aiusage_client::Client;
use clap::{Args, Subcommand};

use super::output::Output;

/// Limits for users and teams: keep them, ask, set aside, watch
///
/// A budget counts the records that its scope matches. `check` asks whether a call
/// fits; to be sure when many calls run at once, `reserve` before the call and name
/// the reservation in the record.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  aiusage budget create team-a --cost 50 --every month --tag team=a
  aiusage budget create pro-users --tokens 1000000 --every 30d --each-user --tag plan=pro
  aiusage budget check ada --provider openai --model gpt-4o --input-tokens 1200 --output-tokens 4096
  aiusage budget check ada 25 || echo \"ada has to wait\"
  aiusage budget reserve --user ada --amount 0.05 --lease 5m --tag team=a
  aiusage budget status --user ada
  aiusage budget update team-a --cost 80")]
pub(super) struct BudgetArgs {
    #[command(subcommand)]
    command: BudgetCommand,
}

#[derive(Debug, Subcommand)]
enum BudgetCommand {
    Check(Box<check::CheckArgs>),
    Create(Box<create::CreateArgs>),
    Get(show::GetArgs),
    List(show::ListArgs),
    Status(status::StatusArgs),
    Watch(watch::WatchArgs),
    Update(Box<change::UpdateArgs>),
    Delete(delete::DeleteArgs),
    Reserve(Box<reserve::ReserveArgs>),
    Extend(reserve::ExtendArgs),
    Cancel(reserve::CancelArgs),
}

/// Runs the subcommand.
pub(super) async fn run(
    args: BudgetArgs,
    client: &Client,
    output: &Output,
) -> anyhow::Result<ExitCode> {
    match args.command {
        BudgetCommand::Check(args) => return check::run(*args, client, output).await,
        BudgetCommand::Reserve(args) => return reserve::run(*args, client, output).await,
        BudgetCommand::Create(args) => create::run(*args, client, output).await,
        BudgetCommand::Get(args) => show::get(args, client, output).await,
        BudgetCommand::List(args) => show::list(args, client, output).await,
        BudgetCommand::Status(args) => status::run(args, client, output).await,
        BudgetCommand::Watch(args) => watch::run(args, client, output).await,
        BudgetCommand::Update(args) => change::run(*args, client, output).await,
        BudgetCommand::Delete(args) => delete::run(args, client, output).await,
        BudgetCommand::Extend(args) => reserve::extend(args, client, output).await,
        BudgetCommand::Cancel(args) => reserve::cancel(args, client, output).await,
    }
    .map(|()| ExitCode::SUCCESS)
}
