//! Answers as rows: the very figures that were answered.

use super::Table;
use super::file::Rows;
use crate::api::pb;
use crate::export::{Cell, Column};

pub(super) fn breakdown(
    asked: &pb::GetBreakdownRequest,
    answer: &pb::GetBreakdownResponse,
) -> Table {
    let mut columns: Vec<Column> = asked.dimensions().map(|d| Column::new(&name(d))).collect();
    let keys = columns.len();
    columns.extend(totals_columns());
    columns.push(Column::of_decimals("cost_percent"));
    let mut rows: Vec<Vec<Cell>> = Vec::new();
    for row in &answer.rows {
        let mut cells: Vec<Cell> = row.keys.iter().cloned().map(Cell::Text).collect();
        cells.extend(totals_cells(row.totals.as_ref()));
        cells.push(decimal(&row.cost_percent));
        rows.push(cells);
    }
    if let Some(rest) = &answer.rest {
        let mut cells = vec![Cell::Plain(format!("(rest of {})", answer.rest_count))];
        cells.resize(keys, Cell::Empty);
        cells.extend(totals_cells(Some(rest)));
        cells.push(Cell::Empty);
        rows.push(cells);
    }
    report("breakdown", columns, rows, answer.coverage.as_ref())
}

pub(super) fn time_series(
    asked: &pb::GetTimeSeriesRequest,
    answer: &pb::GetTimeSeriesResponse,
) -> Table {
    let mut columns = vec![Column::new("step")];
    let is_split = asked.split_by() != pb::Dimension::Unspecified;
    columns.extend(is_split.then(|| Column::new(&name(asked.split_by()))));
    columns.extend(totals_columns());
    let mut rows = Vec::new();
    for series in &answer.series {
        for (step, point) in answer.step_names.iter().zip(&series.points) {
            let mut cells = vec![Cell::Plain(step.clone())];
            cells.extend(is_split.then(|| match series.rest {
                true => Cell::Plain("(rest)".to_owned()),
                false => Cell::Text(series.key.clone()),
            }));
            cells.extend(totals_cells(Some(point)));
            rows.push(cells);
        }
    }
    report("time-series", columns, rows, answer.coverage.as_ref())
}

pub(super) fn plans(answer: &pb::GetUnitEconomicsResponse) -> Table {
    let mut columns = vec![Column::new("plan"), Column::new("user_count")];
    columns.extend(figures_columns());
    let row = |plan: &pb::UnitEconomics| {
        let mut cells = vec![Cell::Text(plan.key.clone()), Cell::Count(plan.user_count)];
        cells.extend(figures_cells(plan));
        cells
    };
    let rows = answer.by_plan.iter().map(row).collect();
    report("unit-economics-by-plan", columns, rows, answer.coverage.as_ref())
}

fn report(
    name: &'static str,
    columns: Vec<Column>,
    rows: Vec<Vec<Cell>>,
    coverage: Option<&pb::Coverage>,
) -> Table {
    let row_count = i64::try_from(rows.len()).expect("an answer is small");
    let (rows, coverage) = (Rows::Ready(rows.into_iter()), coverage.cloned());
    Table { name, columns, rows, row_count, coverage }
}

/// `feature` of `DIMENSION_FEATURE`.
fn name(dimension: pb::Dimension) -> String {
    dimension.as_str_name().trim_start_matches("DIMENSION_").to_lowercase()
}

pub(super) fn figures_columns() -> Vec<Column> {
    let figures = [
        "revenue",
        "cost",
        "margin",
        "margin_percent",
        "acquisition_cost",
        "lifetime_margin",
        "ltv_to_cac",
    ];
    figures.map(Column::of_decimals).to_vec()
}

pub(super) fn figures_cells(of: &pb::UnitEconomics) -> Vec<Cell> {
    vec![
        money(of.revenue.as_ref()),
        money(of.cost.as_ref()),
        money(of.margin.as_ref()),
        decimal(&of.margin_percent),
        money(of.acquisition_cost.as_ref()),
        money(of.lifetime_margin.as_ref()),
        decimal(&of.ltv_to_cac),
    ]
}

pub(super) fn totals_columns() -> Vec<Column> {
    let counts = [
        "request_count",
        "error_count",
        "cached_count",
        "unpriced_count",
        "partial_count",
        "input_tokens",
        "output_tokens",
        "cache_read_tokens",
        "cache_write_tokens",
        "output_reasoning_tokens",
    ];
    let mut columns = vec![Column::of_decimals("cost")];
    columns.extend(counts.map(Column::new));
    columns
}

pub(super) fn totals_cells(totals: Option<&pb::UsageTotals>) -> Vec<Cell> {
    let totals = totals.cloned().unwrap_or_default();
    let counts = [
        totals.request_count,
        totals.error_count,
        totals.cached_count,
        totals.unpriced_count,
        totals.partial_count,
        totals.input_tokens,
        totals.output_tokens,
        totals.cache_read_tokens,
        totals.cache_write_tokens,
        totals.output_reasoning_tokens,
    ];
    let mut cells = vec![money(totals.cost.as_ref())];
    cells.extend(counts.map(Cell::Count));
    cells
}

pub(super) fn money(money: Option<&pb::Money>) -> Cell {
    money.map_or(Cell::Empty, |money| decimal(&money.amount))
}

pub(super) fn decimal(text: &str) -> Cell {
    if text.is_empty() { Cell::Empty } else { Cell::Decimal(text.to_owned()) }
}
