//! `aiusage estimate`.

use aiusage_client::{Client, CostEstimate, CostStatus, Estimate};
use chrono_tz::Tz;
use clap::Args;

use super::failure::Usage;
use super::figures::{dollars, dollars_at_least};
use super::output::{Column, Output};
use super::record::{pair, unpriced};
use super::times;
use super::usage::UsageArgs;

/// What a planned call would cost, with one model or each of several
///
/// Models are given as for `aiusage prices show`: the provider, then the model; ""
/// finds the provider from the model. The cheapest comes first. Nothing is stored.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  aiusage estimate openai gpt-4o --input-tokens 1200 --output-tokens 350
  aiusage estimate openai gpt-4o anthropic claude-haiku-4-5 openrouter openai/gpt-4o \\
      --input-tokens 100000 --cache-read-tokens 90000 --output-tokens 2000")]
pub(super) struct EstimateArgs {
    /// The models to compare, each with its provider before it
    #[arg(required = true, num_args = 2.., value_names = ["PROVIDER", "MODEL"])]
    models: Vec<String>,

    #[command(flatten)]
    usage: UsageArgs,

    /// A term that the price depends on, such as service_tier=flex
    #[arg(long, value_name = "KEY=VALUE", value_parser = pair)]
    price_context: Vec<(String, String)>,

    /// When the call will be made; UTC unless it says otherwise [default: now]
    #[arg(long, value_name = "TIME")]
    at: Option<String>,
}

/// Asks and shows.
pub(super) async fn run(
    args: EstimateArgs,
    client: &Client,
    output: &Output,
) -> anyhow::Result<()> {
    let estimates = client.estimate_cost(args.estimate()?).await?;
    if output.is_json() {
        output.json(&serde_json::json!({ "estimates": estimates }));
    } else {
        output.text(&show(&estimates, output));
    }
    Ok(())
}

impl EstimateArgs {
    fn estimate(self) -> Result<Estimate, Usage> {
        let (pairs, rest) = self.models.as_chunks::<2>();
        if let [lonely] = rest {
            return Err(Usage(format!(
                "{lonely:?} stands alone: give each model as PROVIDER MODEL, or as \"\" MODEL to \
                 find the provider from the model"
            )));
        }
        let named =
            |estimate: Estimate, [provider, model]: &[String; 2]| estimate.model(provider, model);
        let mut estimate = pairs.iter().fold(Estimate::new(), named);
        for (key, value) in self.price_context {
            estimate = estimate.price_context(key, value);
        }
        if let Some(at) = times::flag("at", self.at.as_deref(), Tz::UTC)? {
            estimate = estimate.event_time(at);
        }
        Ok(estimate.usage(self.usage.usage()))
    }
}

fn show(estimates: &[CostEstimate], output: &Output) -> String {
    let columns = [
        Column::Text("Provider"),
        Column::Text("Model"),
        Column::Figure("Cost"),
        Column::Text("Of which"),
    ];
    output.table(columns, estimates.iter().map(row).collect())
}

fn row(estimate: &CostEstimate) -> [String; 4] {
    let [provider, model] = match estimate.model.is_empty() {
        true => [&estimate.asked_provider, &estimate.asked_model],
        false => [&estimate.provider, &estimate.model],
    };
    let is_lower_bound = estimate.cost_status == CostStatus::Partial;
    let cost = estimate.cost.map(|cost| dollars_at_least(cost, is_lower_bound));
    let parts = match (estimate.cost, estimate.cost_status) {
        (None, status) => unpriced(status).to_owned(),
        (Some(_), CostStatus::Free) => "free".to_owned(),
        (Some(_), _) => parts(estimate),
    };
    [provider.clone(), model.clone(), cost.unwrap_or_else(|| "unknown".to_owned()), parts]
}

/// `input_tokens $0.003, output_tokens $0.0035`.
fn parts(estimate: &CostEstimate) -> String {
    let part = |line: &aiusage_client::CostLine| format!("{} {}", line.meter, dollars(line.cost));
    let parts: Vec<_> = estimate.lines.iter().map(part).collect();
    parts.join(", ")
}

#[cfg(test)]
mod tests {
    use aiusage_client::proto;
    use clap::Parser;

    use super::*;
    use crate::cli::output::Color;

    #[derive(Parser)]
    struct Command {
        #[command(flatten)]
        estimate: EstimateArgs,
    }

    fn estimate(words: &[&str]) -> Result<Estimate, Usage> {
        Command::parse_from([&["estimate"], words].concat()).estimate.estimate()
    }

    #[test]
    fn models_come_in_pairs() {
        let asked = estimate(&["openrouter", "openai/gpt-4o", "", "m:1", "--input-tokens", "5"]);
        let expected = Estimate::new().model("openrouter", "openai/gpt-4o").model("", "m:1");
        let usage = aiusage_client::Usage::new().input_tokens(5);
        assert_eq!(asked.unwrap(), expected.usage(usage));
        let error = estimate(&["openai", "gpt-4o", "gpt-4o-mini"]).unwrap_err();
        assert!(error.to_string().starts_with("\"gpt-4o-mini\" stands alone"), "{error}");
    }

    #[test]
    fn what_has_no_price_is_not_free() {
        let choice = |model: &str| {
            Some(proto::ModelChoice { provider: "openai".to_owned(), model: model.to_owned() })
        };
        let money = |amount: &str| {
            Some(proto::Money { amount: amount.to_owned(), currency_code: String::new() })
        };
        let line = proto::CostLine {
            meter: "input_tokens".to_owned(),
            reported_quantity: "1200".to_owned(),
            quantity: "1200".to_owned(),
            price: money("2.5"),
            per: 1_000_000,
            cost: money("0.003"),
            ..Default::default()
        };
        let priced = proto::CostEstimate {
            choice: choice("gpt-4o-2024-08-06"),
            provider: "openai".to_owned(),
            model: "gpt-4o".to_owned(),
            cost: money("0.003"),
            cost_status: proto::CostStatus::Partial.into(),
            lines: vec![line],
            ..Default::default()
        };
        let unknown = proto::CostEstimate {
            choice: choice("gpt-99"),
            cost_status: proto::CostStatus::UnknownModel.into(),
            ..Default::default()
        };
        let estimates = [priced, unknown].map(|e| CostEstimate::try_from(e).unwrap());
        let expected = "\
Provider  Model              Cost  Of which
openai    gpt-4o  at least $0.003  input_tokens $0.003
openai    gpt-99          unknown  the price list does not know the model
";
        assert_eq!(show(&estimates, &Output::new(false, Color::Never)), expected);
    }
}
