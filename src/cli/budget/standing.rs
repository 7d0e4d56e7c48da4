//! How budgets stand, as a table: one row for each, with a bar.

use std::time::{Duration, SystemTime};

use aiusage_client::{BudgetCycle, BudgetEnforcement, BudgetState, BudgetStatus};
use chrono::{DateTime, Utc};
use chrono_tz::Tz;

use super::bar::Bar;
use super::words::{amount, figure};
use crate::cli::output::{Column, Output};

/// Cells of a bar where no terminal says how much room there is.
const BAR_CELLS: usize = 20;
/// The fewest and the most cells of a bar on a terminal.
const BAR_CELLS_BOUNDS: (usize, usize) = (8, 30);
/// Blanks after each column.
const GAP: usize = 2;
/// Where the bar stands in a row.
const BAR: usize = 1;

const COLUMNS: [Column; 11] = [
    Column::Text("Budget"),
    Column::Text(""),
    Column::Figure("Used"),
    Column::Figure("Spent"),
    Column::Figure("Reserved"),
    Column::Figure("Remaining"),
    Column::Figure("Limit"),
    Column::Text("Last day"),
    Column::Figure("A day"),
    Column::Text("Runs out"),
    Column::Text(""),
];

/// The table.
pub(super) fn table(statuses: &[BudgetStatus], output: &Output) -> String {
    let mut rows: Vec<_> = statuses.iter().map(row).collect();
    let width = bar_width(&rows, output);
    let bars: Vec<_> = statuses.iter().map(|status| Bar::of(status, width)).collect();
    for (row, bar) in rows.iter_mut().zip(&bars) {
        row[BAR] = if output.has_color() { bar.blocks() } else { bar.plain() };
    }
    let table = output.table(COLUMNS, rows);
    if !output.has_color() {
        return table;
    }
    // Colours come last: the table would count their letters as cells.
    let mut lines = table.lines();
    let heading = lines.next().unwrap_or_default().to_owned();
    let colored = lines.zip(&bars).map(|(line, bar)| {
        let blocks = bar.blocks();
        line.replacen(&blocks, &bar.colored(output), 1)
    });
    let lines: Vec<_> = std::iter::once(heading).chain(colored).collect();
    format!("{}\n", lines.join("\n"))
}

/// What the other columns leave of the terminal.
fn bar_width(rows: &[[String; 11]], output: &Output) -> usize {
    let Some(terminal) = output.terminal_width() else { return BAR_CELLS };
    let cells = |index: usize| rows.iter().map(move |row| row[index].chars().count()).max();
    let others: usize = (0..COLUMNS.len())
        .filter(|index| *index != BAR)
        .map(|index| cells(index).unwrap_or_default().max(COLUMNS[index].title().len()) + GAP)
        .sum();
    let brackets = 2;
    let (least, most) = BAR_CELLS_BOUNDS;
    terminal.saturating_sub(others + GAP + brackets).clamp(least, most)
}

fn row(status: &BudgetStatus) -> [String; 11] {
    let budget = &status.budget;
    let bare = |amount: aiusage_client::BudgetAmount| figure(amount.number(), amount);
    let of_user = match status.user_id.as_str() {
        "" => String::new(),
        user => format!(" of {user}"),
    };
    let at_least = if status.is_lower_bound() { "at least " } else { "" };
    let percent = status.percent_used.map(|percent| format!("{} %", percent.normalize()));
    [
        format!("{}{of_user}", budget.budget_id),
        String::new(),
        percent.unwrap_or_default(),
        format!("{at_least}{}", bare(status.used)),
        bare(status.reserved),
        bare(status.remaining),
        amount(budget.limit),
        last_day(status),
        figure(status.burn_rate_per_day, budget.limit),
        runs_out(status),
        notes(status),
    ]
}

/// The last day of the period, in the budget's own zone.
fn last_day(status: &BudgetStatus) -> String {
    match status.budget.period.cycle {
        BudgetCycle::Lifetime => "none".to_owned(),
        BudgetCycle::RollingDays { .. } => "rolling".to_owned(),
        _ => {
            let last = status.period.end.checked_sub(Duration::from_nanos(1));
            last.map(|last| local(last, status).format("%Y-%m-%d").to_string()).unwrap_or_default()
        }
    }
}

fn runs_out(status: &BudgetStatus) -> String {
    if status.used.number() >= status.budget.limit.number() {
        return "reached".to_owned();
    }
    let minute = |time| local(time, status).format("%Y-%m-%d %H:%M").to_string();
    status.exhaustion_time.map_or_else(|| "not now".to_owned(), minute)
}

fn local(time: SystemTime, status: &BudgetStatus) -> DateTime<Tz> {
    let zone = status.budget.period.time_zone.parse().unwrap_or(Tz::UTC);
    DateTime::<Utc>::from(time).with_timezone(&zone)
}

/// What the figures alone do not say.
fn notes(status: &BudgetStatus) -> String {
    let budget = &status.budget;
    let notes = [
        (!status.allowed, "full"),
        (budget.enforcement == BudgetEnforcement::Soft, "alerts only"),
        (budget.state == Some(BudgetState::Counting), "counting"),
    ];
    let notes: Vec<_> = notes.into_iter().filter_map(|(is, note)| is.then_some(note)).collect();
    notes.join(", ")
}

#[cfg(test)]
mod tests {
    use aiusage_client::proto;

    use super::*;
    use crate::cli::output::Color;

    fn cost(amount: &str) -> Option<proto::BudgetAmount> {
        let amount = amount.to_owned();
        let money = proto::Money { amount, currency_code: "USD".to_owned() };
        Some(proto::BudgetAmount { amount: Some(proto::budget_amount::Amount::Cost(money)) })
    }

    fn status(id: &str, user: &str) -> BudgetStatus {
        let at = |seconds| Some(prost_types::Timestamp { seconds, nanos: 0 });
        let budget = proto::Budget {
            budget_id: id.to_owned(),
            period: Some(proto::BudgetPeriod {
                cycle: proto::BudgetCycle::Month.into(),
                time_zone: "Asia/Kathmandu".to_owned(),
                ..Default::default()
            }),
            limit: cost("50"),
            threshold_percents: vec![80, 50],
            ..Default::default()
        };
        let status = proto::BudgetStatus {
            budget: Some(budget),
            user_id: user.to_owned(),
            // November in Kathmandu.
            period: Some(proto::TimeRange {
                start_time: at(1_793_470_500),
                end_time: at(1_796_062_500),
            }),
            used: cost("30"),
            reserved: cost("5"),
            remaining: cost("15"),
            percent_used: "60".to_owned(),
            burn_rate_per_day: "1.500000".to_owned(),
            exhaustion_time: at(1_796_000_000),
            allowed: true,
            unpriced_count: 1,
            partial_count: 0,
        };
        BudgetStatus::try_from(status).unwrap()
    }

    #[test]
    fn a_row_says_all_without_colours_too() {
        let expected = "\
Budget                                 Used         Spent  Reserved  Remaining  Limit  Last day    A day  Runs out
team-a         [############++......]  60 %  at least $30        $5        $15    $50  2026-11-30   $1.5  2026-11-30 06:38
team-a of ada  [############++......]  60 %  at least $30        $5        $15    $50  2026-11-30   $1.5  2026-11-30 06:38
";
        let statuses = [status("team-a", ""), status("team-a", "ada")];
        assert_eq!(table(&statuses, &Output::new(false, Color::Never)), expected);
    }

    #[test]
    fn colours_stand_where_the_bar_is() {
        let shown = table(&[status("team-a", "")], &Output::new(false, Color::Always));
        let bar = "\u{1b}[33m████████████\u{1b}[0m\u{1b}[33m▒▒\u{1b}[0m\u{1b}[2m░░░░░░\u{1b}[0m";
        assert!(shown.contains(bar), "{shown}");
    }
}
