//! `aiusage webhooks`.

use aiusage_client::{
    Client, DeliveryQuery, DeliveryState, NewWebhook, Uuid, Webhook, WebhookDelivery,
};
use clap::{Args, Subcommand};
use serde_json::json;

use super::alerts::{Kind, word};
use super::figures::{count, time};
use super::output::{Column, Output};
use super::pages;

/// Where alerts are posted to, signed as Standard Webhooks say
#[derive(Debug, Args)]
pub(super) struct WebhooksArgs {
    #[command(subcommand)]
    command: WebhooksCommand,
}

#[derive(Debug, Subcommand)]
enum WebhooksCommand {
    Create(CreateArgs),
    /// List the webhooks, oldest first
    List,
    /// Delete a webhook; what was not delivered to it is dropped
    Delete(OneArgs),
    Deliveries(DeliveriesArgs),
    Replay(ReplayArgs),
}

/// Make a webhook and show its secret, once
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  aiusage webhooks create https://example.com/alerts
  aiusage webhooks create https://example.com/alerts --kind exhausted --kind refused")]
struct CreateArgs {
    /// Where to post: https, and a public address unless the server allows others
    url: String,

    /// Only this kind of alert, and others that are named so [default: all]
    #[arg(long, value_enum)]
    kind: Vec<Kind>,

    /// Check everything, change nothing
    #[arg(long)]
    dry_run: bool,
}

#[derive(Debug, Args)]
struct OneArgs {
    /// The webhook
    webhook: Uuid,
}

/// List deliveries to a webhook, newest first
#[derive(Debug, Args)]
struct DeliveriesArgs {
    /// The webhook
    webhook: Uuid,

    /// Only those that were given up
    #[arg(long)]
    dead: bool,
}

/// Deliver again
#[derive(Debug, Args)]
struct ReplayArgs {
    /// The webhook
    webhook: Uuid,

    /// Only this alert, whatever became of it [default: all that were given up]
    #[arg(long)]
    alert: Option<Uuid>,
}

/// Runs the subcommand.
pub(super) async fn run(
    args: WebhooksArgs,
    client: &Client,
    output: &Output,
) -> anyhow::Result<()> {
    match args.command {
        WebhooksCommand::Create(args) => create(args, client, output).await,
        WebhooksCommand::List => list(client, output).await,
        WebhooksCommand::Delete(args) => delete(args, client, output).await,
        WebhooksCommand::Deliveries(args) => deliveries(args, client, output).await,
        WebhooksCommand::Replay(args) => replay(args, client, output).await,
    }
}

async fn create(args: CreateArgs, client: &Client, output: &Output) -> anyhow::Result<()> {
    let new = NewWebhook::new(args.url).validate_only(args.dry_run);
    let new = args.kind.into_iter().fold(new, |new, kind| new.kind(kind.into()));
    let (webhook, secret) = client.create_webhook(new).await?;
    if output.is_json() {
        output.json(&json!({ "webhook": webhook, "secret": secret }));
    } else if let Some(id) = webhook.webhook_id {
        output.text(&format!(
            "Webhook  {id}\nURL      {}\nSecret   {secret}\n\n\
             Keep the secret: it verifies what is posted, and is not shown again.\n",
            webhook.url
        ));
    } else {
        output.text(&format!("A dry run: {} would be posted to.\n", webhook.url));
    }
    Ok(())
}

async fn list(client: &Client, output: &Output) -> anyhow::Result<()> {
    let webhooks = client.list_webhooks().await?;
    if output.is_json() {
        output.json(&json!({ "webhooks": webhooks }));
    } else {
        output.text(&show(&webhooks, output));
    }
    Ok(())
}

fn show(webhooks: &[Webhook], output: &Output) -> String {
    if webhooks.is_empty() {
        return "No webhooks. Make one: aiusage webhooks create URL\n".to_owned();
    }
    let columns =
        [Column::Text("Webhook"), Column::Text("URL"), Column::Text("Kinds"), Column::Text("Made")];
    let kinds = |webhook: &Webhook| match webhook.kinds.as_slice() {
        [] => "all".to_owned(),
        kinds => kinds.iter().map(|kind| word(*kind)).collect::<Vec<_>>().join(", "),
    };
    let row = |webhook: &Webhook| {
        [
            webhook.webhook_id.map(|id| id.to_string()).unwrap_or_default(),
            webhook.url.clone(),
            kinds(webhook),
            webhook.create_time.map(time).unwrap_or_default(),
        ]
    };
    output.table(columns, webhooks.iter().map(row).collect())
}

async fn delete(args: OneArgs, client: &Client, output: &Output) -> anyhow::Result<()> {
    client.delete_webhook(args.webhook).await?;
    if output.is_json() {
        output.json(&json!({ "webhook_id": args.webhook }));
    } else {
        output.text(&format!("Webhook {} was deleted.\n", args.webhook));
    }
    Ok(())
}

async fn deliveries(args: DeliveriesArgs, client: &Client, output: &Output) -> anyhow::Result<()> {
    let query = DeliveryQuery::new(args.webhook).page_size(pages::PAGE_SIZE);
    let query = if args.dead { query.state(DeliveryState::Dead) } else { query };
    let page = async |token| {
        let page = client.list_webhook_deliveries(query.clone().page_token(token)).await?;
        Ok((page.deliveries, page.next_page_token))
    };
    let deliveries = pages::all(page).await?;
    if output.is_json() {
        output.json(&json!({ "deliveries": deliveries }));
    } else {
        output.text(&show_deliveries(&deliveries, output));
    }
    Ok(())
}

fn show_deliveries(deliveries: &[WebhookDelivery], output: &Output) -> String {
    if deliveries.is_empty() {
        return "No deliveries.\n".to_owned();
    }
    let columns = [
        Column::Text("Alert"),
        Column::Text("Raised"),
        Column::Text("State"),
        Column::Figure("Tries"),
        Column::Text("Next try"),
        Column::Text("What went wrong last"),
    ];
    let row = |one: &WebhookDelivery| {
        [
            one.alert_id.to_string(),
            time(one.create_time),
            state(one.state).to_owned(),
            count(one.attempt_count),
            one.next_attempt_time.map(time).unwrap_or_default(),
            one.last_error.clone(),
        ]
    };
    let table = output.table(columns, deliveries.iter().map(row).collect());
    let dead = deliveries.iter().any(|one| one.state == DeliveryState::Dead);
    let advice = if dead { "\nDeliver them again: aiusage webhooks replay WEBHOOK\n" } else { "" };
    format!("{table}{advice}")
}

fn state(state: DeliveryState) -> &'static str {
    match state {
        DeliveryState::Pending => "pending",
        DeliveryState::Delivered => "delivered",
        DeliveryState::Dead => "given up",
        _ => "other",
    }
}

async fn replay(args: ReplayArgs, client: &Client, output: &Output) -> anyhow::Result<()> {
    let replayed = client.replay_webhook(args.webhook, args.alert).await?;
    if output.is_json() {
        output.json(&json!({ "delivery_count": replayed }));
    } else {
        let deliveries = match replayed {
            1 => "1 delivery is".to_owned(),
            _ => format!("{} deliveries are", count(replayed)),
        };
        output.text(&format!("{deliveries} tried again.\n"));
    }
    Ok(())
}
