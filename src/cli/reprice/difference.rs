//! What a repricing changes, for people.

use aiusage_client::{CostChange, CostDifference, Repricing};

use crate::cli::figures::{change, count, counted, dollars, range};
use crate::cli::output::{Column, Output};

/// Rows of a table that are shown unless all are asked for.
const SHOWN: usize = 20;

/// The sums of a repricing.
pub(super) fn totals(repricing: &Repricing, dry_run: bool, output: &Output) -> String {
    let would = if dry_run { "would change" } else { "changed" };
    let revised = counted(repricing.revised_count, "record");
    let head = format!("{revised} {would} by {}", change(repricing.change()));
    let only = [("provider", &repricing.provider), ("model", &repricing.model)];
    let only = only.iter().filter(|(_, name)| !name.is_empty());
    let only: String = only.map(|(what, name)| format!(", {what} {name}")).collect();
    let id = repricing.repricing_id.map(|id| format!("Id        {id}\n")).unwrap_or_default();
    format!(
        "{}\n\n{id}Time      {}{only}\nExamined  {}\nBefore    {}\nAfter     {}\n",
        output.strong(&head),
        range(repricing.range, "UTC"),
        counted(repricing.examined_count, "record"),
        dollars(repricing.cost_before),
        dollars(repricing.cost_after),
    )
}

/// The difference by user, day and model; the largest changes where there are many.
pub(super) fn show(difference: &CostDifference, all: bool, output: &Output) -> String {
    let tables = [
        ("User", &difference.by_user, difference.other_users.as_ref()),
        ("Day", &difference.by_day, None),
        ("Model", &difference.by_model, difference.other_models.as_ref()),
    ];
    let shown = tables.map(|(title, changes, others)| table(title, changes, others, all, output));
    shown.concat()
}

fn table(
    title: &'static str,
    changes: &[CostChange],
    others: Option<&CostChange>,
    all: bool,
    output: &Output,
) -> String {
    if changes.is_empty() {
        return String::new();
    }
    let mut changes: Vec<_> = changes.iter().collect();
    let hidden = if all { 0 } else { changes.len().saturating_sub(SHOWN) };
    if hidden > 0 {
        changes.sort_by_key(|row| std::cmp::Reverse(row.change().abs()));
        changes.truncate(SHOWN);
    }
    let columns = [
        Column::Text(title),
        Column::Figure("Change"),
        Column::Figure("Before"),
        Column::Figure("After"),
        Column::Figure("Records"),
        Column::Text(""),
    ];
    let named = changes.into_iter().map(|row| cells(&row.key, row));
    let others = others.map(|row| cells("(others)", row));
    let table = output.table(columns, named.chain(others).collect());
    let hidden = i64::try_from(hidden).unwrap_or(i64::MAX);
    let more = match hidden {
        0 => String::new(),
        _ => format!("… {}: add --all\n", counted(hidden, "more row")),
    };
    format!("\n{table}{more}")
}

fn cells(key: &str, row: &CostChange) -> [String; 6] {
    let key = if key.is_empty() { "(none)" } else { key };
    [
        key.to_owned(),
        change(row.change()),
        dollars(row.cost_before),
        dollars(row.cost_after),
        count(row.request_count),
        unpriced(row),
    ]
}

fn unpriced(row: &CostChange) -> String {
    match (row.unpriced_before_count, row.unpriced_after_count) {
        (before, after) if before == after => String::new(),
        (before, after) => format!("without a cost: {} -> {}", count(before), count(after)),
    }
}

#[cfg(test)]
mod tests {
    use aiusage_client::{RepricingReport, proto};

    use super::*;
    use crate::cli::output::Color;

    fn money(amount: i32) -> Option<proto::Money> {
        Some(proto::Money { amount: amount.to_string(), currency_code: "USD".to_owned() })
    }

    fn row(key: &str, before: i32, after: i32) -> proto::CostChange {
        proto::CostChange {
            key: key.to_owned(),
            request_count: 2,
            cost_before: money(before),
            cost_after: money(after),
            unpriced_before_count: i64::from(before == 0) * 2,
            unpriced_after_count: 0,
        }
    }

    fn report(difference: proto::CostDifference) -> RepricingReport {
        let time = |seconds| Some(prost_types::Timestamp { seconds, nanos: 0 });
        let range =
            proto::TimeRange { start_time: time(1_793_491_200), end_time: time(1_796_083_200) };
        let repricing = proto::Repricing {
            range: Some(range),
            model: "gpt-4o".to_owned(),
            examined_count: 10_000,
            revised_count: 2,
            cost_before: money(12),
            cost_after: money(10),
            ..Default::default()
        };
        let answer = proto::GetRepricingResponse {
            repricing: Some(repricing),
            difference: Some(difference),
        };
        RepricingReport::try_from(answer).unwrap()
    }

    #[test]
    fn the_sums_come_first() {
        let expected = "\
2 records would change by -$2

Time      2026-11-01 to 2026-11-30 (UTC), model gpt-4o
Examined  10,000 records
Before    $12
After     $10
";
        let report = report(proto::CostDifference::default());
        let output = Output::new(false, Color::Never);
        assert_eq!(totals(&report.repricing, true, &output), expected);
    }

    #[test]
    fn each_breakdown_is_a_table() {
        let report = report(proto::CostDifference {
            by_user: vec![row("ada", 12, 10), row("grace", 0, 1)],
            other_users: Some(row("", 5, 6)),
            ..Default::default()
        });
        let expected = "
User      Change  Before  After  Records
ada          -$2     $12    $10        2
grace        +$1      $0     $1        2  without a cost: 2 -> 0
(others)     +$1      $5     $6        2
";
        let output = Output::new(false, Color::Never);
        assert_eq!(show(&report.difference.unwrap(), false, &output), expected);
    }

    #[test]
    fn of_many_rows_the_largest_are_shown() {
        let days = (0..25).map(|day| row(&format!("day {day}"), 1, 2 + day)).collect();
        let report = report(proto::CostDifference { by_day: days, ..Default::default() });
        let difference = report.difference.unwrap();
        let output = Output::new(false, Color::Never);
        let text = show(&difference, false, &output);
        assert!(text.contains("\nday 24 ") && !text.contains("\nday 4 "), "{text}");
        assert!(text.ends_with("… 5 more rows: add --all\n"), "{text}");
        let all = show(&difference, true, &output);
        assert!(all.find("day 0 ") < all.find("day 24 "), "days stay in their order: {all}");
    }
}
