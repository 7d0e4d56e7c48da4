//! Exports as comma-separated values. Headers differ; columns are found by the names that
//! providers and people give them, other columns are left aside.

use ::csv::{ReaderBuilder, StringRecord, Trim};

use super::amount::{self, Excess};
use super::{Problem, RawLine, Read, day};
use crate::domain::period::Zone;

/// Names of the column of days, the first one that is there counts.
const DAYS: [&str; 12] = [
    "day",
    "date",
    "usage_date",
    "usage_date_utc",
    "start_time_iso",
    "start_time",
    "start_date",
    "starting_at",
    "period_start",
    "timestamp",
    "time",
    "end_date",
];
/// Names of the column of what was used.
const NAMES: [&str; 8] =
    ["model", "model_version", "line_item", "description", "item", "product", "sku", "meter"];
/// Names of the column of costs.
const COSTS: [&str; 9] = [
    "cost_usd",
    "amount_usd",
    "cost_in_usd",
    "amount_value",
    "cost",
    "amount",
    "total_cost",
    "total_usd",
    "total",
];
/// Names of the column of currencies.
const CURRENCIES: [&str; 5] =
    ["currency", "amount_currency", "cost_currency", "billing_currency", "currency_code"];

/// Where the columns are.
struct Columns {
    day: usize,
    name: Option<usize>,
    cost: usize,
    currency: Option<usize>,
}

/// Reads every line; `Err` where the whole is no export.
pub(super) fn read(text: &str, zone: Zone) -> Result<Vec<Read>, String> {
    let mut reader = ReaderBuilder::new()
        .delimiter(delimiter(text))
        .flexible(true)
        .trim(Trim::All)
        .from_reader(text.as_bytes());
    let header = reader.headers().map_err(|error| error.to_string())?.clone();
    let columns = columns(&header)?;
    let mut lines = Vec::new();
    for record in reader.records() {
        let record = record.map_err(|error| error.to_string())?;
        if record.iter().any(|cell| !cell.is_empty()) {
            lines.push(line(&record, &columns, zone));
        }
    }
    Ok(lines)
}

/// Whatever stands between the names of the header.
fn delimiter(text: &str) -> u8 {
    let header = text.lines().next().unwrap_or_default();
    let others = [b';', b'\t'];
    if header.contains(',') {
        return b',';
    }
    others.into_iter().find(|other| header.as_bytes().contains(other)).unwrap_or(b',')
}

fn columns(header: &StringRecord) -> Result<Columns, String> {
    let plain = |name: &str| -> String {
        let words = name.split(|c: char| !c.is_ascii_alphanumeric());
        words.filter(|word| !word.is_empty()).collect::<Vec<_>>().join("_").to_lowercase()
    };
    let names: Vec<String> = header.iter().map(plain).collect();
    let find = |wanted: &[&str]| {
        wanted.iter().find_map(|wanted| names.iter().position(|name| name == wanted))
    };
    let need = |what: &str, wanted: &[&str]| {
        find(wanted).ok_or_else(|| {
            let known = wanted.join(", ");
            format!("the header has no column of {what}: name it one of {known}")
        })
    };
    Ok(Columns {
        day: need("days", &DAYS)?,
        name: find(&NAMES),
        cost: need("costs", &COSTS)?,
        currency: find(&CURRENCIES),
    })
}

fn line(record: &StringRecord, columns: &Columns, zone: Zone) -> Read {
    let problem = |what: String| {
        let line = record.position().map_or(0, ::csv::Position::line);
        Problem { place: format!("line {line}"), what }
    };
    let cell = |column: usize| record.get(column).unwrap_or_default();
    let currency = columns.currency.map(cell).unwrap_or_default();
    if !(currency.is_empty() || currency.eq_ignore_ascii_case("usd")) {
        return Err(problem(format!("the currency must be USD, is {currency:?}")));
    }
    let amount = amount::read(cell(columns.cost), 0, Excess::Refuse).map_err(problem)?;
    let day = day(cell(columns.day), zone).map_err(problem)?;
    let name = columns.name.map(cell).unwrap_or_default().to_owned();
    Ok(RawLine { day, name, amount })
}
