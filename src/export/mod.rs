//! FILES. Rows in, bytes of a file out, a piece at a time: what is written is let go of.
//!
//! Amounts and counts are written as the exact decimals that they are.

mod csv;
mod excel;
mod json_lines;

use std::io::{self, Read};

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
    /// Text of our own, such as a time.
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
        ];
        let text = String::from_utf8(whole(Format::Csv, &rows)).unwrap();
        let expected = [
            "name,cost\r\n'=cmd|' /C calc'!A0,0.000000000000000001\r\n",
            "'+1,12345678901.000000000000000001\r\n'@x,0\r\n'\tx,0\r\n",
            "\"a;'=1\n'-b\",0\r\n",
            "\"a, \"\"b\"\"\nc\",-1.5\r\n",
        ];
        assert_eq!(text, expected.concat());
    }

    #[test]
    fn json_lines_keep_every_digit() {
        let rows = [
            vec![Cell::Text("=1".into()), Cell::Decimal("0.000000000000000001".into())],
            vec![Cell::Empty, Cell::Count(i64::MAX)],
        ];
        let text = String::from_utf8(whole(Format::JsonLines, &rows)).unwrap();
        let expected = [
            "{\"name\":\"=1\",\"cost\":\"0.000000000000000001\"}\n",
            "{\"name\":null,\"cost\":9223372036854775807}\n",
        ];
        assert_eq!(text, expected.concat());
    }

    #[test]
    fn a_workbook_is_a_zip_file() {
        let file = whole(Format::Excel, &[row("=1+1", "0.1")]);
        assert!(file.starts_with(b"PK\x03\x04"));
    }
}
