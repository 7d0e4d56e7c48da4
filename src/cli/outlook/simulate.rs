//! `aiusage simulate`.

use aiusage_client::{Client, Simulate, Simulation, SimulationReport};
use clap::Args;

use super::note;
use super::scope::{FilterArgs, TimeArgs};
use crate::cli::failure::Usage;
use crate::cli::figures::{change, count, counted, dollars, range};
use crate::cli::output::{Column, Output};
use crate::cli::record::pair;
use crate::cli::spinner::Spinner;

/// What recorded usage would have cost with other models or on other terms
///
/// Every record is priced anew at its own time; nothing is changed. Models are given as
/// for `aiusage estimate`: the provider, then the model.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  aiusage simulate openai gpt-4o-mini anthropic claude-haiku-4-5 --model gpt-4o --days 30
  aiusage simulate --feature chat --prompt-caching 50
  aiusage simulate --feature reports --price-context processing=batch")]
pub(in crate::cli) struct SimulateArgs {
    /// The models to price with, each with its provider before it; without any, those that
    /// were used
    #[arg(value_names = ["PROVIDER", "MODEL"])]
    models: Vec<String>,

    /// As if so many percent of each input had been read from a prompt cache
    #[arg(long, value_name = "PERCENT", default_value_t = 0, hide_default_value = true)]
    prompt_caching: i32,

    /// A term of the price to assume, such as processing=batch
    #[arg(long, value_name = "KEY=VALUE", value_parser = pair)]
    price_context: Vec<(String, String)>,

    #[command(flatten)]
    filter: FilterArgs,

    #[command(flatten)]
    time: TimeArgs,
}

/// Asks and shows.
pub(in crate::cli) async fn run(
    args: SimulateArgs,
    client: &Client,
    output: &Output,
) -> anyhow::Result<()> {
    let simulate = args.simulate()?;
    let spinner = Spinner::new();
    spinner.say("pricing records anew".to_owned());
    let report = client.simulate_cost(simulate).await?;
    drop(spinner);
    if output.is_json() {
        output.json(&report);
    } else {
        output.text(&show(&report, output));
    }
    Ok(())
}

impl SimulateArgs {
    fn simulate(self) -> Result<Simulate, Usage> {
        let (pairs, rest) = self.models.as_chunks::<2>();
        if let [lonely] = rest {
            return Err(Usage(format!(
                "{lonely:?} stands alone: give each model as PROVIDER MODEL"
            )));
        }
        if pairs.is_empty() && self.prompt_caching == 0 && self.price_context.is_empty() {
            return Err(Usage(
                "say what to price with: PROVIDER MODEL, --prompt-caching or --price-context"
                    .to_owned(),
            ));
        }
        let scope = self.time.within(self.filter.scope())?;
        let simulate = Simulate::new(scope).prompt_caching_percent(self.prompt_caching);
        let named =
            |simulate: Simulate, [provider, model]: &[String; 2]| simulate.model(provider, model);
        let simulate = pairs.iter().fold(simulate, named);
        let terms = self.price_context.into_iter();
        Ok(terms.fold(simulate, |simulate, (key, value)| simulate.price_context(key, value)))
    }
}

fn show(report: &SimulationReport, output: &Output) -> String {
    let when = range(report.range, &report.time_zone);
    let records = counted(report.totals.request_count, "record");
    let recorded = dollars(report.totals.cost);
    let columns = [
        Column::Text("Model"),
        Column::Figure("Would cost"),
        Column::Figure("Did cost"),
        Column::Figure("Difference"),
        Column::Figure("%"),
        Column::Figure("Not compared"),
    ];
    let row = |one: &Simulation| {
        let model = match (one.asked_model.is_empty(), one.priced_model.is_empty()) {
            (true, _) => "as recorded".to_owned(),
            (false, true) => format!("{} (not in the price list)", one.asked_model),
            (false, false) => one.priced_model.clone(),
        };
        [
            model,
            dollars(one.cost),
            dollars(one.recorded_cost),
            change(-one.savings),
            one.savings_percent.map(|percent| (-percent).to_string()).unwrap_or_default(),
            count(one.unpriced_count),
        ]
    };
    let table = output.table(columns, report.simulations.iter().map(row).collect());
    format!("{when}: {records}, {recorded}\n\n{table}") + &note(&report.missing)
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;

    #[derive(Parser)]
    struct Command {
        #[command(flatten)]
        simulate: SimulateArgs,
    }

    fn simulate(words: &[&str]) -> Result<Simulate, String> {
        let args = Command::parse_from([&["simulate"], words].concat()).simulate;
        args.simulate().map_err(|error| error.to_string())
    }

    #[test]
    fn models_come_in_pairs_or_something_else_is_assumed() {
        let scope = aiusage_client::UsageScope::new().time_zone("").model("gpt-4o");
        let expected = Simulate::new(scope).model("openai", "gpt-4o-mini");
        assert_eq!(simulate(&["openai", "gpt-4o-mini", "--model", "gpt-4o"]), Ok(expected));
        assert!(simulate(&["--prompt-caching", "50"]).is_ok());
        assert!(simulate(&["gpt-4o-mini"]).unwrap_err().contains("stands alone"));
        assert!(simulate(&["--feature", "chat"]).unwrap_err().contains("say what to price with"));
    }
}
