//! A price list as a table, one rate a row: what a spreadsheet can hold.
//!
//! | column | what it says |
//! |---|---|
//! | `provider`, `model` | keys; both are required |
//! | `kind` | `base`, or `variant` for calls on certain terms; `free` and `unpriced` are base sets without rates. By default what `context` makes it |
//! | `ordinal` | order of the sets of one kind, from 0 by default |
//! | `effective_from`, `effective_to` | times, or days that begin at midnight in UTC |
//! | `window_from`, `window_to`, `zone`, `days` | hours of the day such as `16:30`, `UTC` by default, on days such as `mon-fri` or `mon,wed` |
//! | `context` | the terms, such as `service_tier=flex;processing=batch` |
//! | `meter`, `amount` | a price; both are required where the kind has rates |
//! | `tier_above` | the price is that of requests with more input tokens |
//! | `per` | for how many units the amount is; by default as in `meters.toml` |
//! | `currency` | `USD` or nothing |
//! | `min_quantity` | the least that is billed |
//!
//! Rows that agree on all but the last line's columns make one price set. What is
//! no price, such as other names of a model, is not in the table.

mod cell;
mod rates;
mod write;

use std::collections::BTreeMap;
use std::fmt;

use serde_json::Value;

pub use cell::CellError;
pub use write::write;

use super::listing::{Listing, own_source};

/// The columns, in the order in which they are written.
pub const COLUMNS: [&str; 17] = [
    "provider",
    "model",
    "kind",
    "ordinal",
    "effective_from",
    "effective_to",
    "window_from",
    "window_to",
    "zone",
    "days",
    "context",
    "meter",
    "tier_above",
    "amount",
    "per",
    "currency",
    "min_quantity",
];

/// Columns that a table must have.
const REQUIRED: [&str; 4] = ["provider", "model", "meter", "amount"];

/// Why a table could not be read.
#[derive(Debug, thiserror::Error)]
pub enum TableError {
    /// It is no CSV.
    #[error(transparent)]
    Csv(#[from] csv::Error),
    /// It is no JSON array of objects.
    #[error("the price list has an unknown form: {0}")]
    Json(#[from] serde_json::Error),
    /// Cells are wrong: all of them, not the first.
    #[error("{}", lines(.0))]
    Cells(Vec<WrongCell>),
}

/// A cell that is wrong.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{place}, {column}: {problem}")]
pub struct WrongCell {
    /// Its row, such as `line 3`.
    pub place: Place,
    /// Its column.
    pub column: String,
    /// What is wrong with it.
    pub problem: CellError,
}

/// Which row of a table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// A line of a text, from 1.
    Line(u64),
    /// An object of an array, from 1.
    Entry(usize),
}

impl fmt::Display for Place {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Line(line) => write!(out, "line {line}"),
            Self::Entry(entry) => write!(out, "entry {entry}"),
        }
    }
}

fn lines(cells: &[WrongCell]) -> String {
    cells.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")
}

/// The cells of a row, by column. An absent cell is an empty one.
struct Row {
    place: Place,
    cells: BTreeMap<&'static str, String>,
}

/// Reads a table as CSV.
pub fn read_csv(text: &str, version: &str) -> Result<Listing, TableError> {
    // Spreadsheets mark UTF-8 this way.
    let plain = text.strip_prefix('\u{feff}').unwrap_or(text);
    let mut reader = csv::ReaderBuilder::new().trim(csv::Trim::All).from_reader(plain.as_bytes());
    let columns = header(reader.headers()?)?;
    let mut rows = Vec::new();
    for record in reader.records() {
        let record = record?;
        let place = Place::Line(record.position().map_or(0, csv::Position::line));
        let cells = columns.iter().zip(&record).map(|(column, cell)| (*column, cell.to_owned()));
        rows.push(Row { place, cells: cells.collect() });
    }
    listing(rows, text, version)
}

fn header(names: &csv::StringRecord) -> Result<Vec<&'static str>, TableError> {
    let wrong = |column: &str, problem| WrongCell {
        place: Place::Line(1),
        column: column.to_owned(),
        problem,
    };
    let mut errors: Vec<WrongCell> = REQUIRED
        .iter()
        .filter(|required| names.iter().all(|name| name != **required))
        .map(|required| wrong(required, CellError::NoColumn))
        .collect();
    let mut columns = Vec::with_capacity(names.len());
    for name in names {
        match column(name) {
            Some(known) if columns.contains(&known) => errors.push(wrong(name, CellError::Twice)),
            Some(known) => columns.push(known),
            None => errors.push(wrong(name, CellError::UnknownColumn)),
        }
    }
    if errors.is_empty() { Ok(columns) } else { Err(TableError::Cells(errors)) }
}

fn column(name: &str) -> Option<&'static str> {
    COLUMNS.into_iter().find(|column| *column == name)
}

/// Reads a table as an array of objects with the same keys. Amounts are strings,
/// or numbers that are read as text.
pub fn read_json(text: &str, version: &str) -> Result<Listing, TableError> {
    let entries: Vec<BTreeMap<String, Value>> = serde_json::from_str(text)?;
    let mut errors = Vec::new();
    let rows = entries.into_iter().zip(1..).map(|(entry, number)| {
        let place = Place::Entry(number);
        let mut cells = BTreeMap::new();
        for (name, value) in entry {
            match cell_of(&name, value) {
                Ok((column, text)) => _ = cells.insert(column, text),
                Err(problem) => errors.push(WrongCell { place, column: name, problem }),
            }
        }
        Row { place, cells }
    });
    let rows = rows.collect();
    if errors.is_empty() { listing(rows, text, version) } else { Err(TableError::Cells(errors)) }
}

fn cell_of(name: &str, value: Value) -> Result<(&'static str, String), CellError> {
    let column = column(name).ok_or(CellError::UnknownColumn)?;
    match value {
        Value::Null => Ok((column, String::new())),
        Value::String(text) => Ok((column, text.trim().to_owned())),
        Value::Number(number) => Ok((column, number.to_string())),
        _ => Err(CellError::Form),
    }
}

fn listing(rows: Vec<Row>, text: &str, version: &str) -> Result<Listing, TableError> {
    let (providers, refused) = rates::providers(&rows).map_err(TableError::Cells)?;
    Ok(Listing { source: own_source(text, version), providers, refused, skipped: 0 })
}

#[cfg(test)]
mod tests;
