//! Comma-separated values, as RFC 4180 has them.

use std::io;

use super::{Cell, Column};

/// A writer whose output is taken away after each batch of rows.
#[derive(Debug)]
pub(super) struct Csv {
    header: Vec<u8>,
}

/// With these a spreadsheet begins a formula; some take wide ones for the narrow.
const FORMULA_BEGINS: [char; 10] =
    ['=', '+', '-', '@', '\u{ff1d}', '\u{ff0b}', '\u{ff0d}', '\u{ff20}', '\t', '\r'];

/// After these one may take the rest of a text for another cell.
const CELL_ENDS: [char; 4] = [';', '\t', '\n', '\r'];

impl Csv {
    pub(super) fn new(columns: &[Column]) -> io::Result<Self> {
        let mut writer = writer();
        writer.write_record(columns.iter().map(|column| harmless(&column.name)))?;
        Ok(Self { header: bytes(writer)? })
    }

    pub(super) fn write(&mut self, rows: &[Vec<Cell>]) -> io::Result<Vec<u8>> {
        let mut writer = writer();
        for row in rows {
            writer.write_record(row.iter().map(text))?;
        }
        let mut written = std::mem::take(&mut self.header);
        written.append(&mut bytes(writer)?);
        Ok(written)
    }
}

fn writer() -> csv::Writer<Vec<u8>> {
    csv::WriterBuilder::new().terminator(csv::Terminator::CRLF).from_writer(Vec::new())
}

fn bytes(writer: csv::Writer<Vec<u8>>) -> io::Result<Vec<u8>> {
    writer.into_inner().map_err(csv::IntoInnerError::into_error)
}

fn text(cell: &Cell) -> String {
    match cell {
        Cell::Empty => String::new(),
        Cell::Text(text) => harmless(text),
        Cell::Decimal(text) | Cell::Plain(text) => text.clone(),
        Cell::Count(count) => count.to_string(),
        Cell::Milliseconds(duration) => super::milliseconds(*duration),
        Cell::Time(time) => super::time(*time),
        Cell::Flag(flag) => flag.to_string(),
        Cell::Labels(labels) => labels.to_string(),
    }
}

/// A text that no spreadsheet takes for a formula, nor any part of it: where lists are
/// separated by semicolons, some begin a cell after one.
///
/// A formula gets an apostrophe, and one that has some already gets another. So no two texts
/// become the same, and who takes one away has the text again.
fn harmless(text: &str) -> String {
    let mut safe = String::with_capacity(text.len() + 1);
    let mut begins = true;
    for (place, letter) in text.char_indices() {
        if begins && text[place..].trim_start_matches('\'').starts_with(FORMULA_BEGINS) {
            safe.push('\'');
        }
        safe.push(letter);
        begins = CELL_ENDS.contains(&letter);
    }
    safe
}
