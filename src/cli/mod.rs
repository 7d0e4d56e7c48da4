//! The `aiusage` command: one file for each subcommand, with its flags and its
//! `run`. Those that ask or record go over gRPC, like any other client.

mod alerts;
mod aliases;
mod budget;
mod cau;
mod cohorts;
mod connection;
mod cost;
mod database;
mod demo;
mod economics;
mod estimate;
mod explain;
mod export;
mod failure;
mod figures;
mod group;
mod import;
mod keys;
mod log;
mod migrate;
mod outlook;
pub mod output;
mod pages;
mod period;
mod policy;
mod prices;
mod record;
mod reprice;
mod serve;
mod shell;
mod spinner;
mod times;
mod top;
mod unpriced;
mod usage;
mod users;
mod verify;
mod webhooks;

use std::process::ExitCode;

use aiusage_client::Client;
use clap::{Args, Parser, Subcommand};

use self::connection::ConnectionArgs;
use self::output::{Color, Output};

/// The commands by what they are for. A test holds it complete.
const HELP: &str = "\
{about}

{usage-heading} {usage}

Run the service:
  serve       Start the service, with a Postgres of its own or on yours
  migrate     Bring a database's schema up to date
  verify      Compare the log with its summaries (exit code 1: they differ)
  keys        Make and end API keys

Record what AI calls used:
  record      Record one AI call
  import      Record the lines of a CSV or JSON lines file, each once
  demo        Fill the ledger with three months of a made-up application

Ask what they cost:
  cost        What one user cost, by feature, provider, model and day
  top         Who and what costs most: users, features, models, labels, days
  cau         Cost per active user
  cohorts     How spending is spread over users, by plan or first month
  economics   What users bring in against what they cost
  explain     How one record's cost came about, line by line
  estimate    What a planned call would cost, with each of several models
  simulate    What recorded usage would have cost with other models or terms
  forecast    What the current month will come to
  anomalies   Days that cost far more or less than they do
  suggestions Where the same usage would have cost less
  invoice     Compare a provider's cost export with the log
  job         What one background job cost
  session     What one session cost

Look at the calls:
  log         The recorded calls, newest first, with filters and search
  failures    The calls that failed, and the messages that come most often
  export      Write the calls to a CSV, JSON lines or Excel file

Keep within limits:
  budget      Limits for users and teams: keep them, ask, set aside, watch

Know the people behind user ids:
  users       Names, plans and revenue; erase a person, keep the sums

Look after prices:
  prices      The price list: look at it, bring one in, change a price
  aliases     Your own names for models
  unpriced    Names without a price, and what to do about them
  policy      Whether reported costs or the service's own count

Correct costs:
  reprice     Price records anew, with a trail
  repricings  What was priced anew: by whom, why and when

Hear of what matters:
  alerts      Budgets that run out, names without a price, dear hours
  webhooks    Where alerts are posted to

Options:
{options}

Exit codes: 0 done, 1 failed or refused, 2 wrong usage, 3 not allowed (budget check).
{after-help}";

const EXAMPLES: &str = "\
Examples:
  aiusage serve
  aiusage record --user ada --feature chat --provider openai --model gpt-4o \\
      --input-tokens 1200 --output-tokens 350
  aiusage cost ada --month 2026-11
  aiusage budget create team-a --cost 50 --every month --tag team=a
  aiusage budget check ada 25 || echo \"ada has to wait\"
  aiusage cau --days 7,30,90 --json
  aiusage prices show anthropic claude-sonnet-4-5
  aiusage prices sync prices.csv --dry-run
  aiusage estimate openai gpt-4o anthropic claude-haiku-4-5 --input-tokens 1200
  aiusage log --user ada --failed --days 7
  aiusage reprice --from 2026-11-01 --to 2026-12-01 --model gpt-4o --dry-run
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
    Prices(prices::PricesArgs),
    #[command(flatten)]
    Call(Call),
}

/// The commands that call the service, and do nothing without it.
#[derive(Debug, Subcommand)]
enum Call {
    Record(Box<record::RecordArgs>),
    Import(import::ImportArgs),
    Demo(demo::DemoArgs),
    Cost(cost::CostArgs),
    Budget(budget::BudgetArgs),
    Cau(cau::CauArgs),
    Top(Box<top::TopArgs>),
    Cohorts(cohorts::CohortsArgs),
    Economics(economics::EconomicsArgs),
    Users(users::UsersArgs),
    Explain(explain::ExplainArgs),
    Estimate(estimate::EstimateArgs),
    Simulate(outlook::simulate::SimulateArgs),
    Forecast(outlook::forecast::ForecastArgs),
    Anomalies(outlook::anomalies::AnomaliesArgs),
    Suggestions(outlook::suggestions::SuggestionsArgs),
    Invoice(outlook::invoice::InvoiceArgs),
    Job(group::JobArgs),
    Session(group::SessionArgs),
    Export(Box<export::ExportArgs>),
    Log(Box<log::LogArgs>),
    Failures(Box<log::FailuresArgs>),
    Aliases(aliases::AliasesArgs),
    Unpriced(unpriced::UnpricedArgs),
    Policy(policy::PolicyArgs),
    Reprice(reprice::RepriceArgs),
    Repricings(reprice::RepricingsArgs),
    Alerts(alerts::AlertsArgs),
    Webhooks(webhooks::WebhooksArgs),
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
        Command::Prices(args) => prices::run(args, connection, output).await.map(done),
        Command::Call(call) => Box::pin(run_call(call, &connection.client()?, output)).await,
    }
}

async fn run_call(call: Call, client: &Client, output: &Output) -> anyhow::Result<ExitCode> {
    match call {
        Call::Import(args) => return import::run(args, client, output).await,
        Call::Budget(args) => return budget::run(args, client, output).await,
        Call::Record(args) => record::run(*args, client, output).await,
        Call::Demo(args) => demo::run(args, client, output).await,
        Call::Cost(args) => cost::run(args, client, output).await,
        Call::Cau(args) => cau::run(args, client, output).await,
        Call::Top(args) => top::run(*args, client, output).await,
        Call::Cohorts(args) => cohorts::run(args, client, output).await,
        Call::Economics(args) => economics::run(args, client, output).await,
        Call::Users(args) => users::run(args, client, output).await,
        Call::Explain(args) => explain::run(args, client, output).await,
        Call::Estimate(args) => estimate::run(args, client, output).await,
        Call::Simulate(args) => outlook::simulate::run(args, client, output).await,
        Call::Forecast(args) => outlook::forecast::run(args, client, output).await,
        Call::Anomalies(args) => outlook::anomalies::run(args, client, output).await,
        Call::Suggestions(args) => outlook::suggestions::run(args, client, output).await,
        Call::Invoice(args) => outlook::invoice::run(args, client, output).await,
        Call::Job(args) => group::run_job(args, client, output).await,
        Call::Session(args) => group::run_session(args, client, output).await,
        Call::Export(args) => export::run(*args, client, output).await,
        Call::Log(args) => log::run(*args, client, output).await,
        Call::Failures(args) => log::run_failures(*args, client, output).await,
        Call::Aliases(args) => aliases::run(args, client, output).await,
        Call::Unpriced(args) => unpriced::run(args, client, output).await,
        Call::Policy(args) => policy::run(args, client, output).await,
        Call::Reprice(args) => reprice::run(args, client, output).await,
        Call::Repricings(args) => reprice::run_list(args, client, output).await,
        Call::Alerts(args) => alerts::run(args, client, output).await,
        Call::Webhooks(args) => webhooks::run(args, client, output).await,
    }
    .map(|()| ExitCode::SUCCESS)
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

    /// The examples at the end of a help text, each as one line.
    fn examples(command: &clap::Command) -> Vec<String> {
        let help = command.get_after_help().map(ToString::to_string).unwrap_or_default();
        let joined = help.replace("\\\n", "");
        let own = joined.lines().filter_map(|line| line.strip_prefix("  aiusage "));
        let own = own.map(|line| line.split("||").next().unwrap_or_default().to_owned());
        own.chain(command.get_subcommands().flat_map(examples)).collect()
    }

    /// The words that a shell makes of a line with single quotes.
    fn words(line: &str) -> Vec<String> {
        let outside = |text: &str| text.split_whitespace().map(str::to_owned).collect::<Vec<_>>();
        let parts = line.split('\'').enumerate();
        parts
            .flat_map(|(n, part)| if n % 2 == 1 { vec![part.to_owned()] } else { outside(part) })
            .collect()
    }

    #[test]
    fn the_examples_are_right() {
        let examples = examples(&Cli::command());
        for example in &examples {
            let words = std::iter::once("aiusage".to_owned()).chain(words(example));
            let parsed = Cli::try_parse_from(words);
            assert!(
                parsed.is_ok(),
                "{example}: {}",
                parsed.err().map_or_else(String::new, |e| e.to_string())
            );
        }
        assert_eq!(examples.len(), 47);
    }
}
