//! What was measured, as Markdown.

use std::fmt::{self, Display, Formatter};
use std::time::Duration;

use hdrhistogram::Histogram;

use crate::cpu::Cpu;
use crate::machine::Machine;

/// Everything of one run.
pub(crate) struct Report {
    pub(crate) machine: Machine,
    /// The first of them is what the batches are held against.
    pub(crate) copies: Vec<RowsRow>,
    pub(crate) batches: Vec<RowsRow>,
    pub(crate) calls: Vec<CallRow>,
}

/// How much was done in which time.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Rate {
    pub(crate) count: u64,
    pub(crate) elapsed: Duration,
}

impl Rate {
    pub(crate) fn per_second(self) -> f64 {
        as_float(self.count) / self.elapsed.as_secs_f64()
    }
}

/// A way to store rows.
pub(crate) struct RowsRow {
    pub(crate) name: String,
    pub(crate) rate: Rate,
    pub(crate) cpu: Cpu,
}

/// A call at one number of calls under way.
pub(crate) struct CallRow {
    pub(crate) name: &'static str,
    pub(crate) in_flight: usize,
    pub(crate) rate: Rate,
    pub(crate) latency_us: Histogram<u64>,
    pub(crate) cpu: Cpu,
    /// Its rate beside that of the no-op.
    pub(crate) noop_share: Option<f64>,
}

impl CallRow {
    pub(crate) fn per_second(&self) -> f64 {
        self.rate.per_second()
    }
}

impl Display for Report {
    fn fmt(&self, out: &mut Formatter<'_>) -> fmt::Result {
        writeln!(out, "{}", self.machine)?;
        self.write_rows(out)?;
        CallTable(&self.calls).fmt(out)
    }
}

impl Report {
    fn write_rows(&self, out: &mut Formatter<'_>) -> fmt::Result {
        let baseline = self.copies[0].rate.per_second();
        writeln!(
            out,
            "| Storing rows | rows/s | of COPY | CPU µs a row: service | Postgres | load |"
        )?;
        writeln!(out, "|---|--:|--:|--:|--:|--:|")?;
        for RowsRow { name, rate, cpu } in self.copies.iter().chain(&self.batches) {
            let per_second = rate.per_second();
            let share = per_second / baseline;
            writeln!(out, "| {name} | {per_second:.0} | {share:.2} | {} |", Each(*cpu, *rate))?;
        }
        writeln!(out)
    }
}

/// Calls, each on a line.
pub(crate) struct CallTable<'a>(pub(crate) &'a [CallRow]);

impl Display for CallTable<'_> {
    fn fmt(&self, out: &mut Formatter<'_>) -> fmt::Result {
        writeln!(
            out,
            "| Call | in flight | calls/s | of no-op | p50 ms | p99 ms | CPU µs a call: service | Postgres | load |"
        )?;
        writeln!(out, "|---|--:|--:|--:|--:|--:|--:|--:|--:|")?;
        for row in self.0 {
            let share = row.noop_share.map_or_else(String::new, |share| format!("{share:.2}"));
            let CallRow { name, in_flight, rate, cpu, latency_us, .. } = row;
            let (p50, p99) = (percentile_ms(latency_us, 50.0), percentile_ms(latency_us, 99.0));
            let (rate_shown, each) = (rate.per_second(), Each(*cpu, *rate));
            writeln!(
                out,
                "| {name} | {in_flight} | {rate_shown:.0} | {share} | {p50:.2} | {p99:.2} | {each} |"
            )?;
        }
        Ok(())
    }
}

impl Display for Machine {
    fn fmt(&self, out: &mut Formatter<'_>) -> fmt::Result {
        let Self { cores, processor, kernel, postgres, load_before, .. } = self;
        let memory_gib = as_float(self.memory_kib) / as_float(1 << 20);
        writeln!(
            out,
            "- {cores} cores ({processor}), {memory_gib:.1} GiB of memory, Linux {kernel}"
        )?;
        writeln!(
            out,
            "- PostgreSQL {postgres}, durable, on a Unix socket; load, service and Postgres share the cores"
        )?;
        writeln!(out, "- load average before the run: {load_before}")?;
        for (what, latency_us) in [
            ("fdatasync of 8 KiB", &self.fdatasync_us),
            ("shortest durable commit", &self.commit_us),
        ] {
            let (p50, p99) = (percentile_ms(latency_us, 50.0), percentile_ms(latency_us, 99.0));
            writeln!(out, "- {what}: p50 {p50:.2} ms, p99 {p99:.2} ms")?;
        }
        Ok(())
    }
}

/// Processor time of each row or call.
struct Each(Cpu, Rate);

impl Display for Each {
    fn fmt(&self, out: &mut Formatter<'_>) -> fmt::Result {
        let Self(cpu, rate) = self;
        let each = |seconds: f64| seconds * 1e6 / as_float(rate.count);
        let (service, postgres, load) = (each(cpu.service), each(cpu.postgres), each(cpu.load));
        write!(out, "{service:.1} | {postgres:.1} | {load:.1}")
    }
}

pub(crate) fn percentile_ms(latency_us: &Histogram<u64>, percentile: f64) -> f64 {
    as_float(latency_us.value_at_percentile(percentile)) / 1e3
}

#[expect(clippy::cast_precision_loss, reason = "counts of a few seconds are far below 2^53")]
fn as_float(count: u64) -> f64 {
    count as f64
}
