//! `aiusage explain`.

use std::fmt::Write;

use aiusage_client::{
    Client, CostLine, CostRevision, CostSource, CostStatus, Decimal, Explanation, Uuid,
};
use clap::Args;

use super::figures::{change, count, dollars, dollars_at_least, holds, per, terms, tier, time};
use super::output::{Column, Output};
use super::record::unpriced;

/// How one record's cost came about, line by line, and every correction since
#[derive(Debug, Args)]
pub(super) struct ExplainArgs {
    /// The record's id, as in its receipt
    record_id: Uuid,
}

/// Asks and shows.
pub(super) async fn run(args: ExplainArgs, client: &Client, output: &Output) -> anyhow::Result<()> {
    let explanation = client.explain_cost(args.record_id).await?;
    if output.is_json() {
        output.json(&explanation);
    } else {
        output.text(&show(&explanation, output));
    }
    Ok(())
}

fn show(explanation: &Explanation, output: &Output) -> String {
    let mut text = head(explanation, output);
    if !explanation.lines.is_empty() {
        write!(text, "\n{}", lines(explanation, output)).expect("text takes all");
    }
    for source in &explanation.sources {
        text += &show_source(source);
    }
    if !explanation.revisions.is_empty() {
        write!(text, "\n{}", revisions(explanation, output)).expect("text takes all");
    }
    text
}

/// Who, when, which model, and the sums.
fn head(explanation: &Explanation, output: &Output) -> String {
    let cost = amount(explanation.cost, explanation.cost_status);
    let mut text = format!(
        "{}\n\nRecord    {}\nUser      {}\nCalled    {}\nStored    {}\nModel     {}\n",
        output.strong(&format!("Cost {cost}")),
        explanation.record_id,
        explanation.user_id,
        time(explanation.event_time),
        time(explanation.record_time),
        model(explanation),
    );
    for (title, said) in facts(explanation) {
        if let Some(said) = said {
            writeln!(text, "{title:<10}{said}").expect("text takes all");
        }
    }
    text
}

/// What is said only where there is something to say.
fn facts(explanation: &Explanation) -> [(&'static str, Option<String>); 5] {
    let context = &explanation.price_context;
    let recorded = amount(explanation.recorded_cost, explanation.recorded_cost_status);
    let meters = &explanation.unpriced_meters;
    let own = explanation.own_cost.filter(|own| Some(*own) != explanation.cost);
    let reported = explanation.reported_cost.map(|reported| {
        let difference = explanation.reported_difference;
        let difference =
            difference.map(|by| format!(" ({} on the service's own figure)", change(by)));
        format!("{}{}", dollars(reported), difference.unwrap_or_default())
    });
    [
        ("Terms", (!context.is_empty()).then(|| terms(context))),
        (
            "No price",
            (!meters.is_empty()).then(|| format!("{}: not part of the cost", meters.join(", "))),
        ),
        (
            "Recorded",
            (!explanation.revisions.is_empty()).then(|| format!("{recorded}, corrected since")),
        ),
        ("Own cost", own.map(dollars)),
        ("Reported", reported),
    ]
}

/// The model as reported, and what it was priced as.
fn model(explanation: &Explanation) -> String {
    let Explanation { provider, model, response_model, .. } = explanation;
    let mut text = format!("{provider} {model}").trim().to_owned();
    if !response_model.is_empty() && response_model != model {
        write!(text, ", {response_model} answered").expect("text takes all");
    }
    let Explanation { priced_provider, priced_model, resolved_by, .. } = explanation;
    match priced_model.as_str() {
        "" => format!("{text}: {}", unpriced(explanation.cost_status)),
        _ => format!("{text}: priced as {priced_provider} {priced_model}, found by {resolved_by}"),
    }
}

/// An amount, or why there is none.
fn amount(cost: Option<Decimal>, status: CostStatus) -> String {
    match (cost, status) {
        (None, status) => format!("unknown: {}", unpriced(status)),
        (Some(cost), CostStatus::Free) => format!("{}: it is free", dollars(cost)),
        (Some(cost), CostStatus::Reported) => format!("{}, as reported", dollars(cost)),
        (Some(cost), status) => dollars_at_least(cost, status == CostStatus::Partial),
    }
}

fn lines(explanation: &Explanation, output: &Output) -> String {
    let columns = [
        Column::Text("Meter"),
        Column::Figure("Billed"),
        Column::Text("Price"),
        Column::Figure("Cost"),
        Column::Text("From"),
    ];
    let row = |line: &CostLine| {
        [
            line.meter.clone(),
            billed(line),
            format!("x {} {}", dollars(line.price), per(line.per)),
            format!("= {}", dollars(line.cost)),
            origin(line, &explanation.sources),
        ]
    };
    let mut rows: Vec<_> = explanation.lines.iter().map(row).collect();
    if let Some(own) = explanation.own_cost {
        let total = format!("= {}", dollars(own));
        rows.push(["Sum".to_owned(), String::new(), String::new(), total, String::new()]);
    }
    output.table(columns, rows)
}

/// `60 of 60`: the rest is billed by its parts.
fn billed(line: &CostLine) -> String {
    let [billed, reported] = [line.quantity, line.reported_quantity].map(quantity);
    format!("{billed} of {reported}")
}

fn quantity(quantity: Decimal) -> String {
    let text = quantity.normalize().to_string();
    match text.split_once('.') {
        Some((whole, fraction)) => format!("{}.{fraction}", count(whole)),
        None => count(text),
    }
}

/// The price set of a line, with what made it count.
fn origin(line: &CostLine, sources: &[CostSource]) -> String {
    let Some(id) = line.price_set_id else { return String::new() };
    let source = sources.iter().find(|source| source.price_set_id == id);
    let variant = source.filter(|source| !source.terms.is_empty());
    let variant = variant.map(|source| format!("variant {}", terms(&source.terms)));
    let tier = Some(tier(line.above_input_tokens)).filter(|tier| !tier.is_empty());
    let rounded = line.rounded.then(|| "rounded to 18 decimals".to_owned());
    let notes: Vec<_> = [variant, tier, rounded].into_iter().flatten().collect();
    let notes = if notes.is_empty() { String::new() } else { format!(" ({})", notes.join("; ")) };
    format!("set {id}{notes}")
}

fn show_source(source: &CostSource) -> String {
    let holds = holds(source.effective_from_time, source.effective_to_time);
    format!("\nSet {}: {}, {holds}\n  {}\n", source.price_set_id, source.origin, source.source)
}

fn revisions(explanation: &Explanation, output: &Output) -> String {
    let columns = [
        Column::Figure("Revision"),
        Column::Text("When"),
        Column::Text("Before"),
        Column::Text("After"),
        Column::Text("Asked by"),
        Column::Text("Why"),
    ];
    output.table(columns, explanation.revisions.iter().map(revision).collect())
}

fn revision(revision: &CostRevision) -> [String; 6] {
    let key = &revision.created_by;
    let by = if key.is_empty() { "the service itself".to_owned() } else { format!("key {key}") };
    [
        revision.revision.to_string(),
        time(revision.record_time),
        amount(revision.old_cost, revision.old_cost_status),
        amount(revision.cost, revision.cost_status),
        by,
        revision.reason.clone(),
    ]
}

#[cfg(test)]
mod tests {
    use aiusage_client::proto;

    use super::*;
    use crate::cli::output::Color;

    fn money(amount: &str) -> Option<proto::Money> {
        Some(proto::Money { amount: amount.to_owned(), currency_code: "USD".to_owned() })
    }

    fn answer() -> proto::ExplainCostResponse {
        let time = Some(prost_types::Timestamp { seconds: 1_793_491_200, nanos: 0 });
        let line = |meter: &str, quantity: &str, price: &str, cost: &str| proto::CostLine {
            meter: meter.to_owned(),
            reported_quantity: "1060".to_owned(),
            quantity: quantity.to_owned(),
            price: money(price),
            per: 1_000_000,
            price_set_id: 12,
            cost: money(cost),
            ..Default::default()
        };
        let source = proto::CostSource {
            price_set_id: 12,
            origin: "catalogue".to_owned(),
            source: "genai-prices 0.2.3".to_owned(),
            terms: [("service_tier".to_owned(), "flex".to_owned())].into(),
            ..Default::default()
        };
        proto::ExplainCostResponse {
            record_id: "0199d0a0-0000-7000-8000-000000000001".to_owned(),
            user_id: "ada".to_owned(),
            event_time: time,
            record_time: time,
            provider: "openai".to_owned(),
            model: "gpt-4o-2024-08-06".to_owned(),
            priced_provider: "openai".to_owned(),
            priced_model: "gpt-4o".to_owned(),
            resolved_by: "match_rule".to_owned(),
            cost: money("0.002518"),
            cost_status: proto::CostStatus::Priced.into(),
            own_cost: money("0.002518"),
            lines: vec![
                line("input_tokens", "1000", "2.5", "0.0025"),
                line("cache_read_tokens", "60", "0.3", "0.000018"),
            ],
            sources: vec![source],
            recorded_cost_status: proto::CostStatus::UnknownModel.into(),
            reported_cost: money("0.0026"),
            reported_difference: money("0.000082"),
            ..Default::default()
        }
    }

    fn shown(answer: proto::ExplainCostResponse) -> String {
        show(&Explanation::try_from(answer).unwrap(), &Output::new(false, Color::Never))
    }

    #[test]
    fn each_line_says_what_it_is_made_of() {
        let expected = "\
Cost $0.002518

Record    0199d0a0-0000-7000-8000-000000000001
User      ada
Called    2026-11-01T00:00:00Z
Stored    2026-11-01T00:00:00Z
Model     openai gpt-4o-2024-08-06: priced as openai gpt-4o, found by match_rule
Reported  $0.0026 (+$0.000082 on the service's own figure)

Meter                     Billed  Price          Cost  From
input_tokens       1,000 of 1,060  x $2.5 / 1M    = $0.0025  set 12 (variant service_tier=flex)
cache_read_tokens     60 of 1,060  x $0.3 / 1M  = $0.000018  set 12 (variant service_tier=flex)
Sum                                             = $0.002518

Set 12: catalogue, since ever
  genai-prices 0.2.3
";
        let squeezed = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
        assert_eq!(squeezed(&shown(answer())), squeezed(expected));
    }

    #[test]
    fn corrections_come_with_who_and_why() {
        let revision = proto::CostRevision {
            revision: 1,
            old_cost_status: proto::CostStatus::UnknownModel.into(),
            cost: money("0.002518"),
            cost_status: proto::CostStatus::Priced.into(),
            record_time: answer().record_time,
            reason: "an alias".to_owned(),
            ..Default::default()
        };
        let text = shown(proto::ExplainCostResponse { revisions: vec![revision], ..answer() });
        let recorded = "Recorded  unknown: the price list does not know the model, corrected since";
        assert!(text.contains(recorded), "{text}");
        assert!(text.ends_with("the service itself  an alias\n"), "{text}");
    }

    #[test]
    fn a_record_without_a_price_says_why() {
        let unknown = proto::ExplainCostResponse {
            cost: None,
            own_cost: None,
            cost_status: proto::CostStatus::UnknownModel.into(),
            priced_model: String::new(),
            lines: Vec::new(),
            sources: Vec::new(),
            ..answer()
        };
        let text = shown(unknown);
        assert!(
            text.starts_with("Cost unknown: the price list does not know the model\n"),
            "{text}"
        );
    }

    #[test]
    fn quantities_keep_their_fractions() {
        assert_eq!(quantity(Decimal::new(1_234_500, 3)), "1,234.5");
        assert_eq!(quantity(Decimal::from(1_000)), "1,000");
    }
}
