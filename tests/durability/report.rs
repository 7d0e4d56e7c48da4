//! The figures of a run, so that a green result says how much it shows.

use std::fmt;
use std::io::Write;
use std::time::Duration;

use crate::history::History;
use crate::nemesis::{Blow, Kill};
use crate::oracle::Verdict;

const KINDS: [Kill; 5] =
    [Kill::Server, Kill::Postgres, Kill::Both, Kill::ServerAtStart, Kill::PostgresAtStart];

pub(crate) struct Report {
    pub(crate) seed: u64,
    pub(crate) blows: Vec<Blow>,
    pub(crate) history: History,
    pub(crate) verdict: Verdict,
    pub(crate) took: Duration,
}

impl Report {
    /// Prints the figures, also when the test succeeds.
    pub(crate) fn print(&self, title: &str) {
        say(&format!("\n{title}\n{self}"));
    }

    /// What should happen sometimes, and did not.
    fn weaknesses(&self) -> Vec<&'static str> {
        let sometimes = [
            ("an unknown outcome", self.history.info_count()),
            ("an unknown outcome that was stored", self.verdict.info_committed),
            ("a duplicate", self.duplicates()),
        ];
        sometimes.into_iter().filter(|(_, count)| *count == 0).map(|(what, _)| what).collect()
    }

    fn duplicates(&self) -> usize {
        self.history.count(|attempt| attempt.is_duplicate())
    }

    fn kills(&self, out: &mut fmt::Formatter<'_>, kind: Kill) -> fmt::Result {
        let blows: Vec<&Blow> = self.blows.iter().filter(|blow| blow.kill == kind).collect();
        if blows.is_empty() {
            return Ok(());
        }
        let hits = blows.iter().filter(|blow| blow.hit > 0).count();
        let calls: usize = blows.iter().map(|blow| blow.hit).sum();
        let mut down: Vec<Duration> = blows.iter().map(|blow| blow.down).collect();
        down.sort_unstable();
        writeln!(
            out,
            "  {:<15} {:>2} kills, {hits} of them hit {calls} calls under way, first OK after {:.2?} (p50), {:.2?} (max)",
            format!("{kind:?}"),
            blows.len(),
            down[(down.len() - 1) / 2],
            down[down.len() - 1],
        )
    }
}

impl fmt::Display for Report {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (history, verdict) = (&self.history, &self.verdict);
        let acknowledged = history.count(|attempt| attempt.is_acknowledged());
        let left = history.attempts.len() - acknowledged - verdict.refused.len();
        writeln!(out, "  seed            {}, took {:.1?}", self.seed, self.took)?;
        writeln!(
            out,
            "  sent            {} records, {} in the log",
            history.attempts.len(),
            verdict.log_count
        )?;
        writeln!(
            out,
            "  acknowledged    {acknowledged}, {} of them as duplicates",
            self.duplicates()
        )?;
        writeln!(
            out,
            "  unknown         {} outcomes {:?}, of records that had been stored: {}, left unknown: {left}",
            history.info_count(),
            history.infos,
            verdict.info_committed
        )?;
        for kind in KINDS {
            self.kills(out, kind)?;
        }
        let faults: Vec<String> = verdict
            .faults()
            .iter()
            .map(|(fault, which)| format!("{} {fault}", which.len()))
            .collect();
        writeln!(out, "  found           {}", faults.join(", "))?;
        // A run that has found something is not weak.
        let weaknesses = if verdict.is_clean() { self.weaknesses() } else { Vec::new() };
        weaknesses
            .iter()
            .try_for_each(|missing| writeln!(out, "  WEAK            there was never {missing}"))
    }
}

/// Past the test's capture of its output.
pub(crate) fn say(text: &str) {
    // A closed terminal is no reason to fail.
    let _ = std::io::stderr().write_all(text.as_bytes());
}
