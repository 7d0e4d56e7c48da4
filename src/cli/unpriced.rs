//! `aiusage unpriced`.

use aiusage_client::{Client, CostStatus, UnpricedName, UnpricedQuery};
use clap::Args;

use super::figures::{count, counted, time};
use super::output::{Column, Output};
use super::record::unpriced;
use super::{pages, shell};

/// The names under which records have no cost, why, and what to do about it
///
/// Once a price or an alias is known, their records are priced in the background, at
/// their own time.
#[derive(Debug, Args)]
pub(super) struct UnpricedArgs {
    /// Only this provider, as records report it
    #[arg(long, default_value = "", hide_default_value = true)]
    provider: String,
}

/// Asks page by page and shows all.
pub(super) async fn run(
    args: UnpricedArgs,
    client: &Client,
    output: &Output,
) -> anyhow::Result<()> {
    let query = UnpricedQuery::new().provider(args.provider).page_size(pages::PAGE_SIZE);
    let page = async |token| {
        let page = client.list_unpriced(query.clone().page_token(token)).await?;
        Ok((page.names, page.next_page_token))
    };
    let names = pages::all(page).await?;
    if output.is_json() {
        output.json(&serde_json::json!({ "names": names }));
    } else {
        output.text(&show(&names, output));
    }
    Ok(())
}

fn show(names: &[UnpricedName], output: &Output) -> String {
    if names.is_empty() {
        return "Every record has a cost.\n".to_owned();
    }
    let columns = [
        Column::Text("Provider"),
        Column::Text("Model"),
        Column::Figure("Records"),
        Column::Text("First"),
        Column::Text("Last"),
        Column::Text("Why"),
    ];
    let row = |name: &UnpricedName| {
        [
            or_none(&name.provider),
            or_none(&models(name)),
            count(name.request_count),
            time(name.first_event_time),
            time(name.last_event_time),
            unpriced(name.cost_status).to_owned(),
        ]
    };
    let table = output.table(columns, names.iter().map(row).collect());
    let records = counted(names.iter().map(|name| name.request_count).sum(), "record");
    format!("{table}\n{records} without a cost. {}", advice(names))
}

fn or_none(text: &str) -> String {
    if text.is_empty() { "(none)".to_owned() } else { text.to_owned() }
}

/// The requested model, and the one that answered where that is another.
fn models(name: &UnpricedName) -> String {
    let UnpricedName { model, response_model, .. } = name;
    match (model.is_empty(), response_model.is_empty() || response_model == model) {
        (true, _) => response_model.clone(),
        (false, true) => model.clone(),
        (false, false) => format!("{model} ({response_model} answered)"),
    }
}

/// What helps, for the name that matters most.
fn advice(names: &[UnpricedName]) -> String {
    let known = |name: &&UnpricedName| name.cost_status == CostStatus::NoPrice;
    let (without_price, without_model): (Vec<_>, Vec<_>) = names.iter().partition(known);
    let mut text = "What helps:\n\n\
                    A newer price list:\n  aiusage prices sync FILE_OR_URL --dry-run\n"
        .to_owned();
    if let Some(name) = without_model.first() {
        text += &format!("A name of your own for a model of the list:\n  {}\n", alias(name));
        text += &format!("A price of your own:\n  {}\n", create(name, "--public "));
    } else if let Some(name) = without_price.first() {
        text += &format!("A price of your own:\n  {}\n", create(name, ""));
    }
    text + "Their records are then priced in the background, at their own time.\n"
}

/// The name that prices are found by.
fn name_of(name: &UnpricedName) -> &str {
    if name.response_model.is_empty() { &name.model } else { &name.response_model }
}

fn alias(name: &UnpricedName) -> String {
    let add = shell::command(["aiusage", "aliases", "add", name_of(name)]);
    let provider = &name.provider;
    let only = (!provider.is_empty()).then(|| shell::command(["--for-provider", provider]));
    format!("{add} PROVIDER MODEL {}", only.unwrap_or_default()).trim_end().to_owned()
}

/// A model that the list lacks can be added by a public price alone.
fn create(name: &UnpricedName, public: &str) -> String {
    let provider = if name.provider.is_empty() {
        "PROVIDER".to_owned()
    } else {
        shell::command([&name.provider])
    };
    let model = shell::command([name_of(name)]);
    let from = shell::command(["--from", &time(name.first_event_time)]);
    format!(
        "aiusage prices create {provider} {model} {public}{from} --source TEXT \
         --rate input_tokens=DOLLARS --rate output_tokens=DOLLARS"
    )
}

#[cfg(test)]
mod tests {
    use aiusage_client::{UnpricedPage, proto};

    use super::*;
    use crate::cli::output::Color;

    fn shown(names: &[(&str, &str, &str, proto::CostStatus)]) -> String {
        let time = Some(prost_types::Timestamp { seconds: 1_793_491_200, nanos: 0 });
        let name = |(provider, model, response_model, status): &(&str, &str, &str, _)| {
            proto::UnpricedName {
                provider: (*provider).to_owned(),
                model: (*model).to_owned(),
                response_model: (*response_model).to_owned(),
                cost_status: proto::CostStatus::into(*status),
                request_count: 1_200,
                first_event_time: time,
                last_event_time: time,
                ..Default::default()
            }
        };
        let names = names.iter().map(name).collect();
        let page = proto::ListUnpricedResponse { names, ..Default::default() };
        let page = UnpricedPage::try_from(page).unwrap();
        show(&page.names, &Output::new(false, Color::Never))
    }

    #[test]
    fn a_name_comes_with_what_to_do_about_it() {
        let text = shown(&[("azure", "it's mine", "", proto::CostStatus::UnknownModel)]);
        assert!(text.contains("1,200 records without a cost."), "{text}");
        let alias = r"aiusage aliases add 'it'\''s mine' PROVIDER MODEL --for-provider azure";
        assert!(text.contains(alias), "{text}");
        assert!(
            text.contains("aiusage prices create azure 'it'\\''s mine' --public --from"),
            "{text}"
        );
        assert!(text.contains("the price list does not know the model"), "{text}");
    }

    #[test]
    fn a_model_of_the_list_needs_only_a_price() {
        let text = shown(&[("openai", "gpt-4o", "gpt-4o-x", proto::CostStatus::NoPrice)]);
        assert!(text.contains("gpt-4o (gpt-4o-x answered)"), "{text}");
        assert!(!text.contains("aliases add"), "{text}");
        assert!(text.contains("create openai gpt-4o-x --from 2026-11-01T00:00:00Z"), "{text}");
    }

    #[test]
    fn nothing_is_also_an_answer() {
        assert_eq!(shown(&[]), "Every record has a cost.\n");
    }
}
