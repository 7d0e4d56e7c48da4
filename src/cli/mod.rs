//! The `aiusage` command: one file for each subcommand, with its flags and its
//! `run`. Those that ask or record go over gRPC, like any other client.

mod budget;
mod cau;
mod connection;
mod cost;
mod database;
mod failure;
mod figures;
mod import;
mod keys;
mod migrate;
pub mod output;
mod period;
mod prices;
mod record;
mod serve;
mod times;
mod verify;

use std::process::ExitCode;

use clap::{Args, Parser, Subcommand};

use self::connection::ConnectionArgs;
use self::output::{Color, Output};

/// The commands by what they are for. A test holds it complete.
const HELP: &str = "\
{about}

{usage-heading} {usage}

Run the service:
  serve    Start the service, with a Postgres of its own or on yours
  migrate  Bring a database's schema up to date
  verify   Compare the log with its summaries (exit code 1: they differ)
  keys     Make an API key

Record what AI calls used:
  record   Record one AI call
  import   Record the lines of a CSV or JSON lines file, each once

Ask what they cost:
  cost     What one user cost, by feature, provider, model and day
  budget   Whether a user may make the next call (exit code 3: no)
  cau      Cost per active user
  prices   The price list, and the price of one model

Options:
{options}

Exit codes: 0 done, 1 failed, 2 wrong usage, 3 not allowed (budget only).
{after-help}";

const EXAMPLES: &str = "\
Examples:
  aiusage serve
  aiusage record --user ada --feature chat --provider openai --model gpt-4o \\
      --input-tokens 1200 --output-tokens 350
  aiusage cost ada --month 2026-11
  aiusage budget ada 25 || echo \"ada has to wait\"
  aiusage cau --days 7,30,90 --json
  aiusage prices show anthropic claude-sonnet-4-5
  aiusage import usage.csv --map user_id=email --set feature=chat

Where the service is and which key to use:
  AIUSAGE_ADDRESS           its address
  AIUSAGE_API_KEY           the API key
  AIUSAGE_CREDENTIALS_FILE  a JSON file with both; without it,
                            ~/.config/aiusage/credentials.json

`aiusage help COMMAND` tells more about one command.";

/// What did every AI request cost, who caused it, and may they make the next one?
#[derive(Parser)]
#[command(version, help_template = HELP, after_help = EXAMPLES, disable_help_subcommand = false)]
struct Cli {
    #[command(flatten)]
    connection: ConnectionArgs,

    #[command(flatten)]
    look: LookArgs,

    #[command(subcommand)]
    command: Command,
}

/// How answers look.
#[derive(Debug, Args)]
#[command(next_help_heading = "Output")]
struct LookArgs {
    /// Answer in JSON: exact decimals as strings, times as RFC 3339
    #[arg(long, global = true)]
    json: bool,

    /// Use colours
    #[arg(long, global = true, value_enum, default_value_t, value_name = "WHEN")]
    color: Color,
}

#[derive(Debug, Subcommand)]
enum Command {
    Serve(serve::ServeArgs),
    Migrate(migrate::MigrateArgs),
    Verify(verify::VerifyArgs),
    Keys(keys::KeysArgs),
    Record(Box<record::RecordArgs>),
    Import(import::ImportArgs),
    Cost(cost::CostArgs),
    Budget(budget::BudgetArgs),
    Cau(cau::CauArgs),
    Prices(prices::PricesArgs),
}

/// Runs the command that the process was started with.
#[must_use]
pub fn main() -> ExitCode {
    let Cli { connection, look, command } = Cli::parse();
    let output = Output::new(look.json, look.color);
    let outcome = match tokio::runtime::Runtime::new() {
        Ok(runtime) => runtime.block_on(run(command, &connection, &output)),
        Err(error) => Err(error.into()),
    };
    let outcome = outcome.and_then(|code| Ok(output.finish().map(|()| code)?));
    outcome.unwrap_or_else(|error| failure::report(&error, &connection))
}

async fn run(
    command: Command,
    connection: &ConnectionArgs,
    output: &Output,
) -> anyhow::Result<ExitCode> {
    let done = |()| ExitCode::SUCCESS;
    match command {
        Command::Serve(args) => Box::pin(serve::run(args, output)).await.map(done),
        Command::Migrate(args) => migrate::run(args, output).await.map(done),
        Command::Verify(args) => verify::run(args, output).await,
        Command::Keys(args) => keys::run(args, output).await.map(done),
        Command::Record(args) => record::run(*args, &connection.client()?, output).await.map(done),
        Command::Import(args) => Box::pin(import::run(args, &connection.client()?, output)).await,
        Command::Cost(args) => cost::run(args, &connection.client()?, output).await.map(done),
        Command::Budget(args) => budget::run(args, &connection.client()?, output).await,
        Command::Cau(args) => cau::run(args, &connection.client()?, output).await.map(done),
        Command::Prices(args) => prices::run(args, connection, output).await.map(done),
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_flags_are_consistent() {
        Cli::command().debug_assert();
    }

    #[test]
    fn the_help_names_every_command() {
        for command in Cli::command().get_subcommands() {
            let line = format!("\n  {} ", command.get_name());
            assert!(HELP.contains(&line), "{:?} is missing from the help", command.get_name());
        }
    }

    #[test]
    fn the_examples_are_right() {
        let joined = EXAMPLES.replace("\\\n", "");
        let examples = joined.lines().filter_map(|line| line.strip_prefix("  aiusage "));
        let mut count = 0;
        for example in examples {
            let words = example.split("||").next().unwrap_or_default().split_whitespace();
            let parsed = Cli::try_parse_from(std::iter::once("aiusage").chain(words));
            assert!(
                parsed.is_ok(),
                "{example}: {}",
                parsed.err().map_or_else(String::new, |e| e.to_string())
            );
            count += 1;
        }
        assert_eq!(count, 7);
    }
}
