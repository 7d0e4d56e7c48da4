//! What was measured of repricings, as Markdown.

use std::fmt::{self, Display, Formatter};
use std::time::Duration;

use super::live::{IN_FLIGHT, Window};
use super::server::Verified;
use crate::cpu::Cpu;
use crate::machine::Machine;
use crate::report::{Rate, percentile_ms};

/// Everything of one run.
pub(crate) struct Report {
    pub(crate) machine: Machine,
    pub(crate) filled: Rate,
    /// Live calls without a repricing.
    pub(crate) alone: Window,
    pub(crate) runs: Vec<Run>,
    pub(crate) deadlock_count: i64,
    pub(crate) verified: Verified,
    pub(crate) verify_time: Duration,
}

/// One repricing.
pub(crate) struct Run {
    pub(crate) kills: u32,
    pub(crate) rate: Rate,
    pub(crate) revised_count: i64,
    /// Of live calls too; unknown where the service was killed.
    pub(crate) cpu: Option<Cpu>,
    /// Live calls meanwhile.
    pub(crate) live: Window,
    /// How long it took to tell what it changed.
    pub(crate) difference_time: Duration,
}

impl Display for Report {
    fn fmt(&self, out: &mut Formatter<'_>) -> fmt::Result {
        writeln!(out, "{}", self.machine)?;
        let Rate { count, elapsed } = self.filled;
        writeln!(out, "{count} records filled in within {:.0} s\n", elapsed.as_secs_f64())?;
        self.write_runs(out)?;
        self.write_live(out)?;
        let Verified { record_count, summary_count, differences } = &self.verified;
        writeln!(
            out,
            "\nDeadlocks: {}. `aiusage verify`: {} differences; {record_count} records of the log beside \
             {summary_count} rows of summaries in {:.1} s",
            self.deadlock_count,
            differences.len(),
            self.verify_time.as_secs_f64()
        )
    }
}

impl Report {
    fn write_runs(&self, out: &mut Formatter<'_>) -> fmt::Result {
        writeln!(
            out,
            "| Repricing | records/s | records | revised | CPU s: service | Postgres | load | difference told in s |"
        )?;
        writeln!(out, "|---|--:|--:|--:|--:|--:|--:|--:|")?;
        for run in &self.runs {
            let Run { rate, revised_count, difference_time, .. } = run;
            let cpu = run.cpu.map_or_else(
                || " | | ".to_owned(),
                |Cpu { service, postgres, load }| {
                    format!("{service:.1} | {postgres:.1} | {load:.1}")
                },
            );
            writeln!(
                out,
                "| {} | {:.0} | {} | {revised_count} | {cpu} | {:.2} |",
                Name(run),
                rate.per_second(),
                rate.count,
                difference_time.as_secs_f64()
            )?;
        }
        writeln!(out)
    }

    fn write_live(&self, out: &mut Formatter<'_>) -> fmt::Result {
        writeln!(
            out,
            "| RecordUsage, {IN_FLIGHT} in flight | calls/s | p50 ms | p99 ms | p99.9 ms | longest ms | retries |"
        )?;
        writeln!(out, "|---|--:|--:|--:|--:|--:|--:|")?;
        write_window(out, "alone", &self.alone)?;
        self.runs
            .iter()
            .try_for_each(|run| write_window(out, &format!("beside {}", Name(run)), &run.live))
    }
}

fn write_window(out: &mut Formatter<'_>, name: &str, window: &Window) -> fmt::Result {
    let Window { rate, latency_us, retry_count } = window;
    let [p50, p99, p999, longest] =
        [50.0, 99.0, 99.9, 100.0].map(|percentile| percentile_ms(latency_us, percentile));
    let per_second = rate.per_second();
    writeln!(
        out,
        "| {name} | {per_second:.0} | {p50:.2} | {p99:.2} | {p999:.1} | {longest:.1} | {retry_count} |"
    )
}

struct Name<'a>(&'a Run);

impl Display for Name<'_> {
    fn fmt(&self, out: &mut Formatter<'_>) -> fmt::Result {
        match self.0.kills {
            0 => write!(out, "a repricing"),
            kills => write!(out, "a repricing with {kills} kills of the service"),
        }
    }
}
