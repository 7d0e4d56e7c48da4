//! `aiusage aliases`.

use aiusage_client::{AliasEnd, Client, ModelAlias, NewAlias, PageQuery};
use chrono_tz::Tz;
use clap::{Args, Subcommand};

use super::figures::time;
use super::output::{Column, Output};
use super::{pages, times};

/// Your own names for models: deployments, inference profiles, fine-tunes
///
/// Records that carry such a name are priced as the model that it means. Those that
/// were stored without a cost before are priced in the background, at their own time.
#[derive(Debug, Args)]
pub(super) struct AliasesArgs {
    #[command(subcommand)]
    command: AliasesCommand,
}

#[derive(Debug, Subcommand)]
enum AliasesCommand {
    /// List the names, newest first, ended ones included
    List,
    Add(AddArgs),
    End(EndArgs),
}

/// Give a model a further name
#[derive(Debug, Args)]
struct AddArgs {
    /// The name, as records carry it
    alias: String,

    /// The provider whose model is meant
    provider: String,

    /// The model that is meant
    model: String,

    /// Only for records that carry this provider with the name
    #[arg(long, value_name = "PROVIDER", default_value = "", hide_default_value = true)]
    for_provider: String,

    /// First time at which it holds [default: since ever]
    #[arg(long, value_name = "TIME")]
    from: Option<String>,

    /// Check everything, change nothing
    #[arg(long)]
    dry_run: bool,
}

/// End a name
#[derive(Debug, Args)]
struct EndArgs {
    /// The name
    alias: String,

    /// The provider that it was given for
    #[arg(long, value_name = "PROVIDER", default_value = "", hide_default_value = true)]
    for_provider: String,

    /// First time at which it does not hold any more [default: now]
    #[arg(long, value_name = "TIME")]
    at: Option<String>,

    /// Check everything, change nothing
    #[arg(long)]
    dry_run: bool,
}

/// Runs the subcommand.
pub(super) async fn run(args: AliasesArgs, client: &Client, output: &Output) -> anyhow::Result<()> {
    match args.command {
        AliasesCommand::List => list(client, output).await,
        AliasesCommand::Add(args) => add(args, client, output).await,
        AliasesCommand::End(args) => end(args, client, output).await,
    }
}

async fn list(client: &Client, output: &Output) -> anyhow::Result<()> {
    let query = PageQuery::new().page_size(pages::PAGE_SIZE);
    let page = async |token| {
        let page = client.list_model_aliases(query.clone().page_token(token)).await?;
        Ok((page.aliases, page.next_page_token))
    };
    let aliases = pages::all(page).await?;
    if output.is_json() {
        output.json(&serde_json::json!({ "aliases": aliases }));
    } else {
        output.text(&show(&aliases, output));
    }
    Ok(())
}

async fn add(args: AddArgs, client: &Client, output: &Output) -> anyhow::Result<()> {
    let mut alias = NewAlias::new(args.alias, args.provider, args.model);
    if let Some(from) = times::flag("from", args.from.as_deref(), Tz::UTC)? {
        alias = alias.effective_from_time(from);
    }
    let alias = alias.for_provider(args.for_provider).validate_only(args.dry_run);
    changed(&client.create_model_alias(alias).await?, args.dry_run, output);
    Ok(())
}

async fn end(args: EndArgs, client: &Client, output: &Output) -> anyhow::Result<()> {
    let mut end = AliasEnd::new(args.alias);
    if let Some(at) = times::flag("at", args.at.as_deref(), Tz::UTC)? {
        end = end.end_time(at);
    }
    let end = end.for_provider(args.for_provider).validate_only(args.dry_run);
    changed(&client.end_model_alias(end).await?, args.dry_run, output);
    Ok(())
}

fn changed(alias: &ModelAlias, dry_run: bool, output: &Output) {
    if output.is_json() {
        return output.json(alias);
    }
    let dry_run = if dry_run { "A dry run, nothing was changed: " } else { "" };
    let name = output.strong(&alias.alias);
    let [_, provider, means, from] = cells(alias);
    output.text(&format!("{dry_run}{name} ({provider}): {means}, {from}\n"));
}

fn show(aliases: &[ModelAlias], output: &Output) -> String {
    if aliases.is_empty() {
        return "There are no names of your own. Add one: aiusage aliases add ALIAS PROVIDER MODEL\n"
            .to_owned();
    }
    let columns =
        [Column::Text("Name"), Column::Text("Of"), Column::Text("Means"), Column::Text("Holds")];
    output.table(columns, aliases.iter().map(cells).collect())
}

fn cells(alias: &ModelAlias) -> [String; 4] {
    let provider = if alias.provider.is_empty() { "any provider" } else { &alias.provider };
    let means = match alias.is_end() {
        true => "nothing any more".to_owned(),
        false => format!("{} {}", alias.target_provider, alias.target_model),
    };
    let from = alias.effective_from_time.map(|from| format!("from {}", time(from)));
    let from = from.unwrap_or_else(|| "since ever".to_owned());
    [alias.alias.clone(), provider.to_owned(), means, from]
}
