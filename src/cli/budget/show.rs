//! `aiusage budget get` and `aiusage budget list`.

use std::fmt::Write;

use aiusage_client::{Budget, BudgetEnforcement, BudgetState, Client};
use clap::Args;

use super::words::{amount, every, scope};
use crate::cli::figures::{holds, time};
use crate::cli::output::{Column, Output};

/// One budget
#[derive(Debug, Args)]
pub(super) struct GetArgs {
    /// The budget
    budget: String,
}

/// Every budget, in the order of their names
#[derive(Debug, Args)]
pub(super) struct ListArgs {
    /// Only budgets whose scope names this user
    #[arg(long, value_name = "ID")]
    user: Option<String>,
}

/// Asks and shows one.
pub(super) async fn get(args: GetArgs, client: &Client, output: &Output) -> anyhow::Result<()> {
    tell("", &client.budget(args.budget).await?, output);
    Ok(())
}

/// Asks and shows all.
pub(super) async fn list(args: ListArgs, client: &Client, output: &Output) -> anyhow::Result<()> {
    let budgets = client.budgets(args.user.as_deref()).await?;
    if output.is_json() {
        output.json(&serde_json::json!({ "budgets": budgets }));
    } else {
        output.text(&listed(&budgets, output));
    }
    Ok(())
}

/// Says a budget in full, after what became of it.
pub(super) fn tell(before: &str, budget: &Budget, output: &Output) {
    if output.is_json() {
        output.json(budget);
    } else {
        output.text(&format!("{before}{}", details(budget, output)));
    }
}

fn listed(budgets: &[Budget], output: &Output) -> String {
    if budgets.is_empty() {
        return "There are no budgets. Make one: aiusage budget create NAME --cost DOLLARS\n"
            .to_owned();
    }
    let columns = [
        Column::Text("Budget"),
        Column::Figure("Limit"),
        Column::Text("Period"),
        Column::Text("Of"),
        Column::Text("At the limit"),
        Column::Text(""),
    ];
    let row = |budget: &Budget| {
        [
            budget.budget_id.clone(),
            amount(budget.limit),
            every(&budget.period),
            scope(&budget.scope),
            at_the_limit(budget).to_owned(),
            if is_counting(budget) { "counting" } else { "" }.to_owned(),
        ]
    };
    output.table(columns, budgets.iter().map(row).collect())
}

fn details(budget: &Budget, output: &Output) -> String {
    let name = output.strong(&budget.budget_id);
    let called = match budget.display_name.as_str() {
        "" => String::new(),
        name => format!(", {name}"),
    };
    let percents: Vec<_> =
        budget.threshold_percents.iter().map(|percent| format!("{percent} %")).collect();
    let mut text = format!(
        "{name}{called}\n\nLimit     {}\nPeriod    {}\nOf        {}\nThen      {}\nAlerts    at {}\n",
        amount(budget.limit),
        every(&budget.period),
        scope(&budget.scope),
        at_the_limit(budget),
        percents.join(", "),
    );
    let mut line = |title, what: &str| {
        writeln!(text, "{title:<9} {what}").expect("text takes all");
    };
    if budget.active_from_time.is_some() || budget.active_to_time.is_some() {
        line("Counts", &holds(budget.active_from_time, budget.active_to_time));
    }
    if !budget.replaces_budget_id.is_empty() {
        line("Instead", &format!("of {}", budget.replaces_budget_id));
    }
    if is_counting(budget) {
        line("State", "counting what was recorded before; nothing is refused yet");
    }
    if let Some((made, changed)) = budget.create_time.zip(budget.update_time) {
        line("Made", &time(made));
        line("Changed", &time(changed));
    }
    text
}

fn at_the_limit(budget: &Budget) -> &'static str {
    match budget.enforcement {
        BudgetEnforcement::Soft => "alerts only",
        _ => "calls are refused",
    }
}

fn is_counting(budget: &Budget) -> bool {
    budget.state == Some(BudgetState::Counting)
}
