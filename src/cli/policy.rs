//! `aiusage policy`.

use aiusage_client::{Client, CostPolicy};
use clap::{Args, ValueEnum};
use serde_json::json;

use super::output::Output;

/// Which cost of a record counts, where it reports one; with an argument, change it
///
/// A change holds for records that are stored or priced anew from then on.
#[derive(Debug, Args)]
pub(super) struct PolicyArgs {
    /// The policy from now on
    #[arg(value_enum)]
    policy: Option<Policy>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Policy {
    /// The service's own figure, from the price list
    Priced,
    /// The reported cost where there is one, else the service's own figure
    Reported,
}

impl From<Policy> for CostPolicy {
    fn from(policy: Policy) -> Self {
        match policy {
            Policy::Priced => CostPolicy::Priced,
            Policy::Reported => CostPolicy::Reported,
        }
    }
}

/// Asks or changes, and shows what holds now.
pub(super) async fn run(args: PolicyArgs, client: &Client, output: &Output) -> anyhow::Result<()> {
    let policy = match args.policy {
        Some(policy) => client.set_cost_policy(policy.into()).await?,
        None => client.get_cost_policy().await?,
    };
    if output.is_json() {
        output.json(&json!({ "policy": policy }));
    } else {
        output.text(&show(policy, output));
    }
    Ok(())
}

fn show(policy: CostPolicy, output: &Output) -> String {
    let (name, meaning) = match policy {
        CostPolicy::Priced => ("priced", "the service's own figure counts, from the price list"),
        CostPolicy::Reported => {
            ("reported", "the reported cost counts where a record has one, else the service's own")
        }
        _ => ("unknown", "this command is older than the service"),
    };
    format!("{}: {meaning}\n", output.strong(name))
}
