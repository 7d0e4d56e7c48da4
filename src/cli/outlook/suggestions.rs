//! `aiusage suggestions`.

use aiusage_client::{Client, Suggestion, SuggestionKind, Suggestions};
use clap::Args;

use super::scope::{FilterArgs, TimeArgs};
use super::{named, note};
use crate::cli::figures::{counted, dollars, range};
use crate::cli::output::Output;

/// Where the same usage would have cost less, by the same prices
#[derive(Debug, Args)]
pub(in crate::cli) struct SuggestionsArgs {
    #[command(flatten)]
    filter: FilterArgs,

    #[command(flatten)]
    time: TimeArgs,
}

/// Asks and shows.
pub(in crate::cli) async fn run(
    args: SuggestionsArgs,
    client: &Client,
    output: &Output,
) -> anyhow::Result<()> {
    let scope = args.time.within(args.filter.scope())?;
    let found = client.get_suggestions(scope).await?;
    if output.is_json() {
        output.json(&found);
    } else {
        output.text(&show(&found, output));
    }
    Ok(())
}

fn show(found: &Suggestions, output: &Output) -> String {
    let when = range(found.range, &found.time_zone);
    if found.suggestions.is_empty() {
        return format!("Nothing to suggest for {when}.\n") + &note(&found.missing);
    }
    let paragraphs: Vec<String> =
        found.suggestions.iter().map(|one| paragraph(one, output)).collect();
    format!("{when}\n\n{}", paragraphs.join("\n")) + &note(&found.missing)
}

fn paragraph(one: &Suggestion, output: &Output) -> String {
    let feature = named(&one.feature);
    let title = match one.kind {
        SuggestionKind::CheaperModel => {
            format!("{feature}: {} in place of {}", one.suggested_model, one.model)
        }
        SuggestionKind::PromptCaching => format!("{feature}: prompt caching with {}", one.model),
        SuggestionKind::Batch => format!("{feature}: the batch price of {}", one.model),
        SuggestionKind::Failures => format!("{feature}: calls that fail"),
        SuggestionKind::Unpriced => format!("A price for {}/{}", one.provider, one.model),
        _ => feature,
    };
    let records = counted(one.request_count, "record");
    let figures = match one.kind {
        SuggestionKind::Unpriced => records,
        _ => format!(
            "saves {}: {} in place of {} for {records}",
            dollars(one.savings),
            dollars(one.simulated_cost),
            dollars(one.cost),
        ),
    };
    format!("{}\n  {figures}\n  {}\n", output.strong(&title), one.explanation)
}
