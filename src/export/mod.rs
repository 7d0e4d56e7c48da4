//! FILES. Rows in, bytes of a file out, a piece at a time: what is written is let go of.
//!
//! Amounts and counts are written as the exact decimals that they are.

mod csv;
mod excel;
mod json_lines;

use std::io::{self, Read};
use std::time::Duration;

use chrono::{DateTime, SecondsFormat, Utc};

/// How a file is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// Comma-separated values.
    Csv,
    /// One JSON object for each line.
    JsonLines,
    /// An Excel workbook.
    Excel,
}

impl Format {
    /// The most rows of a file, its header aside.
    #[must_use]
    pub fn rows_max(self) -> Option<i64> {
        (self == Self::Excel).then_some(1_048_575)
    }

    /// How names of such files end.
    #[must_use]
    pub fn extension(self) -> &'static str {
        match self {
            Self::Csv => "csv",
            Self::JsonLines => "jsonl",
            Self::Excel => "xlsx",
        }
    }
}

/// What the values of a column are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Column {
    /// Its name.
    pub name: String,
    /// Whether they are decimals.
    pub is_decimal: bool,
}

impl Column {
    /// A column of anything else than decimals.
    #[must_use]
    pub fn new(name: &str) -> Self {
        Self { name: name.to_owned(), is_decimal: false }
    }

    /// A column of decimals.
    #[must_use]
    pub fn of_decimals(name: &str) -> Self {
        Self { name: name.to_owned(), is_decimal: true }
    }
}

/// One value of a row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Cell {
    /// Nothing is known.
    Empty,
    /// Text from outside: it may be anything.
    Text(String),
    /// A count.
    Count(i64),
    /// An amount or another decimal, in its canonical form.
    Decimal(String),
    /// How long something took. It is told in milliseconds, to the microsecond.
    Milliseconds(Duration),
    /// When something was. It is told in UTC.
    Time(DateTime<Utc>),
    /// Text of our own, such as an id.
    Plain(String),
    /// Yes or no.
    Flag(bool),
    /// Labels and their values, as JSON.
    Labels(serde_json::Value),
}

/// Writes one file.
#[derive(Debug)]
pub struct Writer(Inner);

#[derive(Debug)]
enum Inner {
    Csv(csv::Csv),
    JsonLines(json_lines::JsonLines),
    Excel(Box<excel::Excel>),
}

/// The end of a file.
pub type Tail = Box<dyn Read + Send>;

impl Writer {
    /// Begins a file whose rows have these columns.
    pub fn new(format: Format, columns: Vec<Column>) -> io::Result<Self> {
        Ok(Self(match format {
            Format::Csv => Inner::Csv(csv::Csv::new(&columns)?),
            Format::JsonLines => Inner::JsonLines(json_lines::JsonLines::new(columns)),
            Format::Excel => Inner::Excel(Box::new(excel::Excel::new(columns)?)),
        }))
    }

    /// Adds rows, and gives what is written by now.
    pub fn write(&mut self, rows: &[Vec<Cell>]) -> io::Result<Vec<u8>> {
        match &mut self.0 {
            Inner::Csv(csv) => csv.write(rows),
            Inner::JsonLines(lines) => lines.write(rows),
            // A workbook is packed at its end; until then it lies on the disk.
            Inner::Excel(excel) => excel.write(rows).map(|()| Vec::new()),
        }
    }

    /// Ends the file, and gives what was not given before.
    pub fn end(self) -> io::Result<Tail> {
        match self.0 {
            Inner::Csv(_) | Inner::JsonLines(_) => Ok(Box::new(io::empty())),
            Inner::Excel(excel) => Ok(Box::new(excel.end()?)),
        }
    }
}

/// A time as RFC 3339 has it, to the microsecond.
fn time(time: DateTime<Utc>) -> String {
    time.to_rfc3339_opts(SecondsFormat::Micros, true)
}

/// A duration as a decimal.
fn milliseconds(duration: Duration) -> String {
    let micros = duration.as_micros();
    let exact = format!("{}.{:03}", micros / 1000, micros % 1000);
    exact.trim_end_matches('0').trim_end_matches('.').to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn whole(format: Format, rows: &[Vec<Cell>]) -> Vec<u8> {
        let columns = vec![Column::new("name"), Column::of_decimals("cost")];
        let mut writer = Writer::new(format, columns).unwrap();
        let mut file = writer.write(rows).unwrap();
        writer.end().unwrap().read_to_end(&mut file).unwrap();
        file
    }

    fn row(name: &str, cost: &str) -> Vec<Cell> {
        vec![Cell::Text(name.into()), Cell::Decimal(cost.into())]
    }

    #[test]
    fn csv_is_safe_to_open_in_a_spreadsheet() {
        let rows = [
            row("=cmd|' /C calc'!A0", "0.000000000000000001"),
            row("+1", "12345678901.000000000000000001"),
            row("@x", "0"),
            row("\tx", "0"),
            row("a;=1\n-b", "0"),
            row("a, \"b\"\nc", "-1.5"),
            row("\u{ff1d}1;\u{ff0b}1;\u{ff0d}1;\u{ff20}1", "0"),
        ];
        let text = String::from_utf8(whole(Format::Csv, &rows)).unwrap();
        let expected = [
            "name,cost\r\n'=cmd|' /C calc'!A0,0.000000000000000001\r\n",
            "'+1,12345678901.000000000000000001\r\n'@x,0\r\n'\tx,0\r\n",
            "\"a;'=1\n'-b\",0\r\n",
            "\"a, \"\"b\"\"\nc\",-1.5\r\n",
            "'\u{ff1d}1;'\u{ff0b}1;'\u{ff0d}1;'\u{ff20}1,0\r\n",
        ];
        assert_eq!(text, expected.concat());
    }

    #[test]
    fn csv_tells_texts_apart_that_are_made_safe() {
        let rows = [row("=x", "0"), row("'=x", "0"), row("''=x;'=y", "0"), row("'t Hooft", "0")];
        let text = String::from_utf8(whole(Format::Csv, &rows)).unwrap();
        assert_eq!(text, "name,cost\r\n'=x,0\r\n''=x,0\r\n'''=x;''=y,0\r\n't Hooft,0\r\n");
    }

    #[test]
    fn json_lines_keep_every_digit() {
        let rows = [
            vec![Cell::Text("=1".into()), Cell::Decimal("0.000000000000000001".into())],
            vec![Cell::Empty, Cell::Count(i64::MAX)],
            vec![
                Cell::Milliseconds(Duration::from_micros(1_250_000)),
                Cell::Milliseconds(Duration::from_micros(90_071_992_547_409)),
            ],
            vec![Cell::Empty, Cell::Time(DateTime::from_timestamp_micros(1_000_001).unwrap())],
        ];
        let text = String::from_utf8(whole(Format::JsonLines, &rows)).unwrap();
        let expected = [
            "{\"name\":\"=1\",\"cost\":\"0.000000000000000001\"}\n",
            "{\"name\":null,\"cost\":9223372036854775807}\n",
            "{\"name\":1250,\"cost\":90071992547.409}\n",
            "{\"name\":null,\"cost\":\"1970-01-01T00:00:01.000001Z\"}\n",
        ];
        assert_eq!(text, expected.concat());
    }

    #[test]
    fn a_workbook_is_a_zip_file() {
        let file = whole(Format::Excel, &[row("=1+1", "0.1")]);
        assert!(file.starts_with(b"PK\x03\x04"));
    }
}
