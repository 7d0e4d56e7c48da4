//! How long questions took, as Markdown.

use std::fmt::{self, Display, Formatter};
use std::time::Duration;

use hdrhistogram::Histogram;

use crate::machine::Machine;
use crate::report::percentile_ms;

/// Everything of one run.
pub(crate) struct Report {
    pub(crate) machine: Machine,
    pub(crate) records: i64,
    pub(crate) daily_rows: i64,
    pub(crate) rows: Vec<Row>,
    /// Questions that failed, and why.
    pub(crate) unanswered: Vec<(&'static str, String)>,
}

/// One question.
pub(crate) struct Row {
    pub(crate) name: &'static str,
    /// The very first call.
    pub(crate) first: Duration,
    pub(crate) latency_us: Histogram<u64>,
}

impl Display for Report {
    fn fmt(&self, out: &mut Formatter<'_>) -> fmt::Result {
        let Self { machine, records, daily_rows, rows, unanswered } = self;
        writeln!(out, "{machine}")?;
        writeln!(out, "{records} records, {daily_rows} rows of daily summaries\n")?;
        writeln!(
            out,
            "| Question, one after the other | calls | p50 ms | p99 ms | longest ms | first ms |"
        )?;
        writeln!(out, "|---|--:|--:|--:|--:|--:|")?;
        rows.iter().try_for_each(|row| row.fmt(out))?;
        unanswered.iter().try_for_each(|(name, why)| writeln!(out, "\nNo answer: {name}: {why}"))
    }
}

impl Display for Row {
    fn fmt(&self, out: &mut Formatter<'_>) -> fmt::Result {
        let Self { name, first, latency_us } = self;
        let [p50, p99, longest] = [50.0, 99.0, 100.0].map(|part| percentile_ms(latency_us, part));
        let (calls, first_ms) = (latency_us.len(), first.as_secs_f64() * 1e3);
        writeln!(out, "| {name} | {calls} | {p50:.2} | {p99:.2} | {longest:.2} | {first_ms:.2} |")
    }
}
