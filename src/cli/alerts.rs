//! `aiusage alerts`.

use aiusage_client::{Alert, AlertKind, AlertQuery, Client, Uuid};
use clap::{Args, Subcommand, ValueEnum};

use super::figures::time;
use super::output::{Column, Output};
use super::pages;

/// What somebody should know: budgets that run out, names without a price, dear hours
#[derive(Debug, Args)]
pub(super) struct AlertsArgs {
    #[command(subcommand)]
    command: AlertsCommand,
}

#[derive(Debug, Subcommand)]
enum AlertsCommand {
    List(ListArgs),
    /// Say that somebody has seen alerts
    Ack(AckArgs),
    /// Show what is open, then alerts as they come, until Ctrl-C
    Watch,
}

/// List alerts, newest first
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  aiusage alerts list --open
  aiusage alerts list --budget team-a --kind exhausted")]
struct ListArgs {
    /// Only those that nobody has acknowledged
    #[arg(long)]
    open: bool,

    /// Only of this budget
    #[arg(long, value_name = "BUDGET", default_value = "", hide_default_value = true)]
    budget: String,

    /// Only of this kind
    #[arg(long, value_enum)]
    kind: Option<Kind>,
}

#[derive(Debug, Args)]
struct AckArgs {
    /// The alerts
    #[arg(required = true, value_name = "ALERT")]
    alerts: Vec<Uuid>,
}

/// Kinds of alert
#[derive(Debug, Clone, Copy, ValueEnum)]
pub(super) enum Kind {
    /// A budget has reached one of its thresholds
    Threshold,
    /// A budget has reached its limit
    Exhausted,
    /// A budget has refused a reservation
    Refused,
    /// Records came in under a name that has no price
    UnpricedUsage,
    /// An hour cost far more than any of the days before
    Anomaly,
    /// The budget of everything for a day has reached its limit
    DailyBudget,
}

impl Kind {
    const ALL: [(Kind, AlertKind); 6] = [
        (Kind::Threshold, AlertKind::Threshold),
        (Kind::Exhausted, AlertKind::Exhausted),
        (Kind::Refused, AlertKind::Refused),
        (Kind::UnpricedUsage, AlertKind::UnpricedUsage),
        (Kind::Anomaly, AlertKind::Anomaly),
        (Kind::DailyBudget, AlertKind::DailyBudget),
    ];
}

impl From<Kind> for AlertKind {
    fn from(kind: Kind) -> Self {
        match kind {
            Kind::Threshold => AlertKind::Threshold,
            Kind::Exhausted => AlertKind::Exhausted,
            Kind::Refused => AlertKind::Refused,
            Kind::UnpricedUsage => AlertKind::UnpricedUsage,
            Kind::Anomaly => AlertKind::Anomaly,
            Kind::DailyBudget => AlertKind::DailyBudget,
        }
    }
}

/// The word that `--kind` takes.
pub(super) fn word(kind: AlertKind) -> String {
    let known = Kind::ALL.into_iter().find(|(_, theirs)| *theirs == kind);
    let value = known.and_then(|(ours, _)| ours.to_possible_value());
    value.map_or_else(|| "other".to_owned(), |value| value.get_name().to_owned())
}

/// Runs the subcommand.
pub(super) async fn run(args: AlertsArgs, client: &Client, output: &Output) -> anyhow::Result<()> {
    match args.command {
        AlertsCommand::List(args) => list(args, client, output).await,
        AlertsCommand::Ack(args) => acknowledge(args, client, output).await,
        AlertsCommand::Watch => watch(client, output).await,
    }
}

async fn list(args: ListArgs, client: &Client, output: &Output) -> anyhow::Result<()> {
    let query = AlertQuery::new().unacknowledged_only(args.open).budget_id(args.budget);
    let query = query.page_size(pages::PAGE_SIZE);
    let query = match args.kind {
        Some(kind) => query.kind(kind.into()),
        None => query,
    };
    let page = async |token| {
        let page = client.list_alerts(query.clone().page_token(token)).await?;
        Ok((page.alerts, page.next_page_token))
    };
    let alerts = pages::all(page).await?;
    if output.is_json() {
        output.json(&serde_json::json!({ "alerts": alerts }));
    } else {
        output.text(&show(&alerts, output));
    }
    Ok(())
}

async fn acknowledge(args: AckArgs, client: &Client, output: &Output) -> anyhow::Result<()> {
    let mut alerts = Vec::with_capacity(args.alerts.len());
    for id in args.alerts {
        alerts.push(client.acknowledge_alert(id).await?);
    }
    if output.is_json() {
        output.json(&serde_json::json!({ "alerts": alerts }));
    } else {
        output.text(&alerts.iter().map(line).collect::<String>());
    }
    Ok(())
}

/// Each alert is a line: of JSON where that is asked for, so that programs can read them
/// one by one.
async fn watch(client: &Client, output: &Output) -> anyhow::Result<()> {
    let mut watch = client.watch_alerts();
    loop {
        let alert = watch.next().await?;
        if output.is_json() {
            let json = serde_json::to_string(&alert).expect("an alert has text keys only");
            output.text(&format!("{json}\n"));
        } else {
            output.text(&line(&alert));
        }
        // Nobody may be reading any more.
        if output.is_closed() {
            return Ok(());
        }
    }
}

/// `2026-11-22T12:00:00Z  exhausted  All of budget … (seen)`.
fn line(alert: &Alert) -> String {
    let seen = if alert.acknowledge_time.is_some() { " (seen)" } else { "" };
    format!("{}  {}  {}{seen}\n", time(alert.create_time), word(alert.kind), alert.message)
}

fn show(alerts: &[Alert], output: &Output) -> String {
    if alerts.is_empty() {
        return "No alerts.\n".to_owned();
    }
    let columns = [
        Column::Text("Alert"),
        Column::Text("Raised"),
        Column::Text("Kind"),
        Column::Text("Seen"),
        Column::Text("What"),
    ];
    let row = |alert: &Alert| {
        [
            alert.alert_id.to_string(),
            time(alert.create_time),
            word(alert.kind),
            alert.acknowledge_time.map(time).unwrap_or_default(),
            alert.message.clone(),
        ]
    };
    let table = output.table(columns, alerts.iter().map(row).collect());
    let open = alerts.iter().any(|alert| alert.acknowledge_time.is_none());
    let advice = if open { "\nSay that you have seen one: aiusage alerts ack ALERT\n" } else { "" };
    format!("{table}{advice}")
}

#[cfg(test)]
mod tests {
    use aiusage_client::{AlertPage, proto};

    use super::*;
    use crate::cli::output::Color;

    #[test]
    fn an_alert_is_shown_with_what_to_do_about_it() {
        let time = Some(prost_types::Timestamp { seconds: 1_793_491_200, nanos: 0 });
        let alert = proto::Alert {
            alert_id: "0199a5b4-7c00-7abc-8def-0123456789ab".to_owned(),
            kind: proto::AlertKind::UnpricedUsage.into(),
            message: "Calls of a/b have no price.".to_owned(),
            create_time: time,
            ..Default::default()
        };
        let shown = |alert: proto::Alert| {
            let page = proto::ListAlertsResponse { alerts: vec![alert], ..Default::default() };
            let page = AlertPage::try_from(page).unwrap();
            (show(&page.alerts, &Output::new(false, Color::Never)), line(&page.alerts[0]))
        };
        let (table, text) = shown(alert.clone());
        assert!(table.contains("unpriced-usage") && table.contains("alerts ack ALERT"), "{table}");
        assert_eq!(text, "2026-11-01T00:00:00Z  unpriced-usage  Calls of a/b have no price.\n");
        let (table, text) = shown(proto::Alert { acknowledge_time: time, ..alert });
        assert!(!table.contains("alerts ack") && text.ends_with("(seen)\n"), "{table}{text}");
    }

    #[test]
    fn every_kind_has_a_word() {
        let mut words: Vec<String> = Kind::ALL.iter().map(|(_, kind)| word(*kind)).collect();
        words.dedup();
        assert_eq!(words.len(), Kind::value_variants().len());
    }
}
