//! What became of the lines of a file.

use std::fmt;
use std::fs::File;
use std::path::Path;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use aiusage_client::RefusedRecord;
use anyhow::Context;
use serde::Serialize;

use crate::cli::figures::count;
use crate::cli::output::Output;

/// Refused lines that are shown; the rest is counted.
const SHOWN: usize = 20;

/// A line that is not stored.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(super) struct Refusal {
    line: u64,
    reasons: Vec<Reason>,
}

/// One thing that is wrong with a line.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
struct Reason {
    field: String,
    reason: String,
}

impl Refusal {
    /// A line that was never sent. `field` may be empty.
    pub(super) fn of_line(line: u64, field: &str, reason: String) -> Self {
        Self { line, reasons: vec![Reason { field: field.to_owned(), reason }] }
    }

    /// A line that the service refused.
    pub(super) fn of_service(line: u64, refused: &RefusedRecord) -> Self {
        if refused.violations.is_empty() {
            let reason = format!(
                "{} ({}, record_id {})",
                refused.message, refused.reason, refused.record_id
            );
            return Self::of_line(line, "", reason);
        }
        let reasons = refused.violations.iter().map(|violation| Reason {
            field: violation.field.clone(),
            reason: violation.description.clone(),
        });
        Self { line, reasons: reasons.collect() }
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "line {}:", self.line)?;
        for (index, Reason { field, reason }) in self.reasons.iter().enumerate() {
            let (semicolon, space) =
                (if index > 0 { ";" } else { "" }, if field.is_empty() { "" } else { " " });
            write!(out, "{semicolon}{space}{field} {reason}")?;
        }
        Ok(())
    }
}

/// Numbers of lines.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Counts {
    /// Stored now.
    pub(super) stored: u64,
    /// Stored before.
    pub(super) duplicate: u64,
    /// Not stored.
    pub(super) refused: u64,
}

/// Counts lines, shows the first refused ones and writes all of them to a file.
/// The reader and the stream both refuse lines.
#[derive(Debug)]
pub(super) struct Report(Mutex<State>);

#[derive(Debug)]
struct State {
    counts: Counts,
    first: Vec<Refusal>,
    file: Option<csv::Writer<File>>,
}

impl Report {
    /// A report whose refused lines also go to a file.
    pub(super) fn create(path: Option<&Path>) -> anyhow::Result<Self> {
        let create = |path: &Path| {
            let mut file = csv::Writer::from_path(path)?;
            file.write_record(["line", "field", "reason"])?;
            anyhow::Ok(file)
        };
        let file = path
            .map(|path| create(path).with_context(|| format!("cannot write {}", path.display())));
        let state = State { counts: Counts::default(), first: Vec::new(), file: file.transpose()? };
        Ok(Self(Mutex::new(state)))
    }

    /// Counts a refused line.
    pub(super) fn refuse(&self, refusal: &Refusal) -> anyhow::Result<()> {
        let mut state = self.state();
        state.counts.refused += 1;
        if state.first.len() < SHOWN {
            state.first.push(refusal.clone());
        }
        if let Some(file) = &mut state.file {
            for Reason { field, reason } in &refusal.reasons {
                let line = refusal.line.to_string();
                file.write_record([line.as_str(), field, reason])
                    .context("cannot write refused lines")?;
            }
        }
        Ok(())
    }

    /// Counts lines that are durable.
    pub(super) fn stored(&self, stored: u64, duplicate: u64) {
        let mut state = self.state();
        state.counts.stored += stored;
        state.counts.duplicate += duplicate;
    }

    /// The numbers so far.
    pub(super) fn counts(&self) -> Counts {
        self.state().counts
    }

    /// Shows the summary, and closes the file of refused lines.
    pub(super) fn show(
        &self,
        output: &Output,
        took: Duration,
        path: Option<&Path>,
    ) -> anyhow::Result<()> {
        let mut state = self.state();
        if let Some(file) = &mut state.file {
            file.flush().context("cannot write refused lines")?;
        }
        state.first.sort_by_key(|refusal| refusal.line);
        if output.is_json() {
            output.json(&state.json(took));
        } else {
            output.text(&state.text(took, path));
        }
        Ok(())
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn json(&self, took: Duration) -> serde_json::Value {
        serde_json::json!({
            "stored_count": self.counts.stored,
            "duplicate_count": self.counts.duplicate,
            "refused_count": self.counts.refused,
            "duration_ms": u64::try_from(took.as_millis()).unwrap_or(u64::MAX),
            "records_per_second": u64::try_from(self.rate(took)).unwrap_or(u64::MAX),
            "first_refused": self.first,
        })
    }

    fn text(&self, took: Duration, path: Option<&Path>) -> String {
        let Counts { stored, duplicate, refused } = self.counts;
        let mut text = String::new();
        if refused > 0 {
            text += "Refused:\n";
            text.extend(self.first.iter().map(|refusal| format!("  {refusal}\n")));
            text += &more(refused - u64::try_from(self.first.len()).expect("at most 20"), path);
        }
        text + &format!(
            "{} stored, {} known already, {} refused, in {}.{:03} s ({} records/s)\n",
            count(stored),
            count(duplicate),
            count(refused),
            took.as_secs(),
            took.subsec_millis(),
            count(self.rate(took)),
        )
    }

    fn rate(&self, took: Duration) -> u128 {
        let Counts { stored, duplicate, refused } = self.counts;
        u128::from(stored + duplicate + refused) * 1_000 / took.as_millis().max(1)
    }
}

fn more(hidden: u64, path: Option<&Path>) -> String {
    match (hidden, path) {
        (_, Some(path)) => format!("All refused lines are in {}.\n\n", path.display()),
        (0, None) => "\n".to_owned(),
        (hidden, None) => {
            format!("  and {} more; --refused FILE writes all of them\n\n", count(hidden))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_refused_lines_are_shown_and_all_are_counted() {
        let report = Report::create(None).expect("no file is needed");
        for line in 0..25 {
            let refusal = Refusal::of_line(line, "user_id", "must not be empty".to_owned());
            report.refuse(&refusal).expect("no file is written");
        }
        report.stored(1_000, 5);
        let text = report.state().text(Duration::from_millis(500), None);
        assert!(text.starts_with("Refused:\n  line 0: user_id must not be empty\n"), "{text}");
        let end = "  and 5 more; --refused FILE writes all of them\n\n\
                   1,000 stored, 5 known already, 25 refused, in 0.500 s (2,060 records/s)\n";
        assert!(text.ends_with(end), "{text}");
    }

    #[test]
    fn every_wrong_field_is_named() {
        let reason =
            |field: &str| Reason { field: field.to_owned(), reason: "is wrong".to_owned() };
        let refusal = Refusal { line: 7, reasons: vec![reason("a"), reason("b")] };
        assert_eq!(refusal.to_string(), "line 7: a is wrong; b is wrong");
    }
}
