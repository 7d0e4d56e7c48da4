//! Lines of CSV and JSON, as columns with text.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, BufRead, BufReader, Read};
use std::path::Path;

use anyhow::Context;
use serde_json::{Map, Value};

use super::columns::Columns;
use super::progress::Progress;
use super::report::Refusal;
use super::{Format, is_stdin};
use crate::cli::failure::Usage;

/// The columns of a line that are not empty, in the order of their names.
pub(super) type Cells = BTreeMap<String, String>;

/// A line of the file: where it begins and what it says.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Row {
    pub(super) line: u64,
    pub(super) cells: Cells,
}

/// A line that cannot be read, or an end to all reading.
#[derive(Debug)]
pub(super) enum RowError {
    Line(Refusal),
    End(anyhow::Error),
}

/// The lines of a file.
pub(super) type Rows = Box<dyn Iterator<Item = Result<Row, RowError>> + Send>;

/// Columns of JSON whose objects stay whole.
const WHOLE: [&str; 4] = ["request_metadata", "response_metadata", "raw_usage", "usage.raw_usage"];

/// Opens a file and checks its header, where it has one.
pub(super) fn open(
    path: &Path,
    format: Format,
    progress: &Progress,
    columns: &Columns,
) -> anyhow::Result<Rows> {
    let input: Box<dyn Read + Send> = if is_stdin(path) {
        Box::new(progress.watch(io::stdin(), None))
    } else {
        let file = File::open(path).with_context(|| format!("cannot open {}", path.display()))?;
        let size = file.metadata().map(|metadata| metadata.len()).ok();
        Box::new(progress.watch(file, size))
    };
    match format {
        Format::Jsonl => Ok(Box::new(json_rows(BufReader::with_capacity(1 << 16, input)))),
        Format::Csv => csv_rows(input, progress, columns),
    }
}

fn csv_rows(
    input: impl Read + Send + 'static,
    progress: &Progress,
    columns: &Columns,
) -> anyhow::Result<Rows> {
    let mut reader = csv::ReaderBuilder::new().trim(csv::Trim::All).from_reader(input);
    let header = reader.headers().context("the header cannot be read")?;
    let header: Vec<String> =
        header.iter().map(|name| name.trim_start_matches('\u{feff}').to_owned()).collect();
    let doubled = header.iter().enumerate().find(|(index, name)| header[..*index].contains(name));
    if let Some((_, name)) = doubled {
        return Err(Usage(format!("the column {name:?} is there twice")).into());
    }
    columns.check(&header).map_err(Usage)?;
    let ignored = columns.ignored(&header);
    if !ignored.is_empty() {
        progress.note(&format!(
            "Columns that are no field of a record are left out: {}",
            ignored.join(", ")
        ));
    }
    Ok(Box::new(reader.into_records().map(move |record| csv_row(&header, record))))
}

fn csv_row(header: &[String], record: csv::Result<csv::StringRecord>) -> Result<Row, RowError> {
    let record = record.map_err(csv_error)?;
    let line = record.position().map_or(0, csv::Position::line);
    let cells = header.iter().zip(&record).filter(|(_, text)| !text.is_empty());
    Ok(Row { line, cells: cells.map(|(column, text)| (column.clone(), text.to_owned())).collect() })
}

/// A line of another length or of broken text is refused; the next may be right.
fn csv_error(error: csv::Error) -> RowError {
    let line = error.position().map_or(0, csv::Position::line);
    match error.kind() {
        csv::ErrorKind::UnequalLengths { expected_len, len, .. } => {
            let reason = format!("has {len} columns, the header has {expected_len}");
            RowError::Line(Refusal::of_line(line, "", reason))
        }
        csv::ErrorKind::Utf8 { .. } => {
            RowError::Line(Refusal::of_line(line, "", "is not UTF-8".to_owned()))
        }
        _ => RowError::End(anyhow::Error::new(error).context("the file cannot be read")),
    }
}

fn json_rows(input: impl BufRead) -> impl Iterator<Item = Result<Row, RowError>> {
    let numbered = (1..).zip(input.split(b'\n'));
    numbered.filter_map(|(line, text)| match text {
        Ok(text) if text.trim_ascii().is_empty() => None,
        Ok(text) => Some(json_row(line, &text).map_err(RowError::Line)),
        Err(error) => {
            Some(Err(RowError::End(anyhow::Error::new(error).context("the file cannot be read"))))
        }
    })
}

fn json_row(line: u64, text: &[u8]) -> Result<Row, Refusal> {
    let text = text.strip_prefix("\u{feff}".as_bytes()).unwrap_or(text);
    let object: Map<String, Value> = serde_json::from_slice(text)
        .map_err(|error| Refusal::of_line(line, "", format!("must be one JSON object: {error}")))?;
    let mut cells = Cells::new();
    flatten("", object, &mut cells);
    Ok(Row { line, cells })
}

/// `{"tags": {"team": "x"}}` is the column `tags.team`. Numbers keep their digits.
fn flatten(prefix: &str, object: Map<String, Value>, cells: &mut Cells) {
    for (key, value) in object {
        let column = format!("{prefix}{key}");
        let text = match value {
            Value::Null => continue,
            Value::Object(inner) if !WHOLE.contains(&column.as_str()) => {
                flatten(&format!("{column}."), inner, cells);
                continue;
            }
            Value::String(text) => text,
            other => other.to_string(),
        };
        if !text.is_empty() {
            cells.insert(column, text);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn show(rows: impl Iterator<Item = Result<Row, RowError>>) -> Vec<String> {
        rows.map(|row| match row {
            Ok(row) => format!("{} {:?}", row.line, row.cells),
            Err(RowError::Line(refusal)) => refusal.to_string(),
            Err(RowError::End(error)) => format!("{error:#}"),
        })
        .collect()
    }

    #[test]
    fn csv_keeps_line_numbers_and_goes_on_after_a_bad_line() {
        let columns = Columns::new(&[], &[]).expect("nothing is mapped");
        let text = "\u{feff}user_id,event_time,model\nada, 2026-11-22 ,\"a\nb\"\nx,y\n,z,m\n";
        let rows =
            csv_rows(text.as_bytes(), &Progress::new(), &columns).expect("the header is right");
        assert_eq!(
            show(rows),
            [
                r#"2 {"event_time": "2026-11-22", "model": "a\nb", "user_id": "ada"}"#,
                "line 4: has 2 columns, the header has 3",
                r#"5 {"event_time": "z", "model": "m"}"#,
            ]
        );
    }

    #[test]
    fn json_is_flattened_and_keeps_its_digits() {
        let text = "{\"usage\": {\"input_tokens\": 12.0, \"raw_usage\": {\"n\": 1}}, \"tags\": {\"a\": \"b\"}, \"x\": null}\n\n\
                    {\"reported_cost\": 0.10000000000000000001, \"request_metadata\": {\"k\": [1]}}\nno\n";
        let rows = show(json_rows(text.as_bytes()));
        assert_eq!(
            rows[0],
            r#"1 {"tags.a": "b", "usage.input_tokens": "12.0", "usage.raw_usage": "{\"n\":1}"}"#
        );
        assert_eq!(
            rows[1],
            r#"3 {"reported_cost": "0.10000000000000000001", "request_metadata": "{\"k\":[1]}"}"#
        );
        assert!(rows[2].starts_with("line 4: must be one JSON object"), "{}", rows[2]);
    }
}
