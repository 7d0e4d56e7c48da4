//! The thread that turns lines into records.

use std::sync::{Arc, mpsc};

use aiusage_client::{Record, Uuid};
use chrono::{DateTime, Utc};
use chrono_tz::Tz;

use super::columns::{Columns, Fields};
use super::fields::Field;
use super::ids::{self, Occurrences};
use super::report::{Refusal, Report};
use super::rows::{Row, RowError, Rows};
use super::values;
use crate::cli::times;

/// Reads ahead of the stream by as much as its channel holds.
pub(super) struct Reader {
    pub(super) columns: Columns,
    pub(super) zone: Tz,
    pub(super) records: tokio::sync::mpsc::Sender<Record>,
    /// The line of each record, in their order. As many wait as records are under way.
    pub(super) lines: mpsc::Sender<u64>,
    pub(super) report: Arc<Report>,
}

impl Reader {
    /// Reads to the end, or until nobody wants more.
    pub(super) fn read(self, rows: Rows) -> anyhow::Result<()> {
        let mut occurrences = Occurrences::default();
        for row in rows {
            let outcome = match row {
                Ok(row) => {
                    record(&row, &self.columns, self.zone, &mut occurrences).map(|r| (row.line, r))
                }
                Err(RowError::Line(refusal)) => Err(refusal),
                Err(RowError::End(error)) => return Err(error),
            };
            match outcome {
                Err(refusal) => self.report.refuse(&refusal)?,
                Ok((line, record)) => {
                    let gone = self.lines.send(line).is_err()
                        || self.records.blocking_send(record).is_err();
                    if gone {
                        break;
                    }
                }
            }
        }
        Ok(())
    }
}

/// Makes a line a record.
fn record(
    row: &Row,
    columns: &Columns,
    zone: Tz,
    occurrences: &mut Occurrences,
) -> Result<Record, Refusal> {
    let fields = columns.fields(&row.cells);
    let refuse = |field: &str, reason: String| Refusal::of_line(row.line, field, reason);
    let text = |name| fields.get(&Field::Plain(name)).map(String::as_str);
    // Counted before anything is refused, so that a mended --map keeps the numbers.
    let content = ids::content(&row.cells, columns.constants());
    let occurrence = if text("record_id").is_none() { occurrences.next(&content) } else { 0 };
    let user = text("user_id").ok_or_else(|| refuse("user_id", "must not be empty".to_owned()))?;
    let event_time = event_time(&fields, zone).map_err(|reason| refuse("event_time", reason))?;
    let record_id = match (text("record_id"), event_time) {
        (Some(own), _) => {
            Uuid::try_parse(own).map_err(|_| refuse("record_id", format!("{own:?} is no UUID")))?
        }
        (None, Some(time)) => ids::record_id(time, &content, occurrence)
            .ok_or_else(|| refuse("event_time", "must be after 1970".to_owned()))?,
        (None, None) => {
            let reason = "must not be empty: without a time or a record_id, importing the file twice would \
                          count this line twice";
            return Err(refuse("event_time", reason.to_owned()));
        }
    };
    let mut record = Record::new(user).record_id(record_id);
    if let Some(time) = event_time {
        record = record.event_time(time);
    }
    values::set(record, &fields).map_err(|(field, reason)| refuse(&field, reason))
}

fn event_time(fields: &Fields, zone: Tz) -> Result<Option<DateTime<Utc>>, String> {
    let read =
        |text: &String| times::parse(text, zone).map_err(|reason| format!("{text:?} {reason}"));
    fields.get(&Field::Plain("event_time")).map(read).transpose()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(pairs: &[(&str, &str)], occurrences: &mut Occurrences) -> Result<String, String> {
        let cells =
            pairs.iter().map(|(column, text)| ((*column).to_owned(), (*text).to_owned())).collect();
        let columns = Columns::new(&[], &[]).expect("nothing is mapped");
        let record = record(&Row { line: 2, cells }, &columns, Tz::UTC, occurrences);
        record.map(|record| record.id().to_owned()).map_err(|refusal| refusal.to_string())
    }

    #[test]
    fn the_same_line_gets_the_same_id_in_each_run() {
        let line = [("user_id", "ada"), ("event_time", "2026-11-22"), ("model", "m")];
        let mut first = Occurrences::default();
        let ids = [read(&line, &mut first), read(&line, &mut first)];
        let mut second = Occurrences::default();
        assert_eq!([read(&line, &mut second), read(&line, &mut second)], ids);
        assert_ne!(ids[0], ids[1]);
    }

    #[test]
    fn a_record_id_of_its_own_is_kept() {
        let id = "0199a5b4-7c00-7abc-8def-0123456789ab";
        let line = [("user_id", "ada"), ("record_id", id)];
        assert_eq!(read(&line, &mut Occurrences::default()).as_deref(), Ok(id));
    }

    #[test]
    fn a_refusal_tells_line_field_and_reason() {
        let refusal =
            |pairs: &[(&str, &str)]| read(pairs, &mut Occurrences::default()).expect_err("refused");
        assert_eq!(refusal(&[("event_time", "2026-11-22")]), "line 2: user_id must not be empty");
        assert!(
            refusal(&[("user_id", "ada")])
                .starts_with("line 2: event_time must not be empty: without")
        );
        assert!(
            refusal(&[("user_id", "a"), ("date", "now")])
                .contains("event_time \"now\" must be a time")
        );
    }
}
