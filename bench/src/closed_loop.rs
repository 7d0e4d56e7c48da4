//! Calls under way: as soon as one is answered, the next one starts.

use std::time::{Duration, Instant};

use hdrhistogram::Histogram;
use tokio::task::JoinSet;

use crate::cpu::Processes;
use crate::load::WARM_UP;
use crate::report::{CallRow, Rate};

/// Makes one call after the other.
pub(crate) trait Call: Send + 'static {
    /// Makes a call; an answer that is not as expected is an error.
    fn call(&mut self) -> impl Future<Output = anyhow::Result<()>> + Send;
}

/// How many calls are under way, and for how long.
#[derive(Clone, Copy)]
pub(crate) struct Load<'a> {
    pub(crate) processes: &'a Processes,
    pub(crate) in_flight: usize,
    pub(crate) time: Duration,
}

impl Load<'_> {
    /// Warms up and measures.
    pub(crate) async fn run<C: Call>(
        &self,
        name: &'static str,
        caller: impl Fn() -> C,
    ) -> anyhow::Result<CallRow> {
        self.loops(&caller, WARM_UP).await?;
        let before = self.processes.sample()?;
        let begin = Instant::now();
        let latency_us = self.loops(&caller, self.time).await?;
        let rate = Rate { count: latency_us.len(), elapsed: begin.elapsed() };
        let cpu = self.processes.sample()?.since(before);
        let in_flight = self.in_flight;
        Ok(CallRow { name, in_flight, rate, latency_us, cpu, noop_share: None })
    }

    /// The latency of every call, in microseconds.
    async fn loops<C: Call>(
        &self,
        caller: &impl Fn() -> C,
        time: Duration,
    ) -> anyhow::Result<Histogram<u64>> {
        let until = Instant::now() + time;
        let mut loops: JoinSet<_> =
            (0..self.in_flight).map(|_| one_loop(caller(), until)).collect();
        let mut all = Histogram::new(3)?;
        while let Some(latencies) = loops.join_next().await {
            all.add(latencies??)?;
        }
        Ok(all)
    }
}

async fn one_loop(mut caller: impl Call, until: Instant) -> anyhow::Result<Histogram<u64>> {
    let mut latency_us = Histogram::new(3)?;
    while Instant::now() < until {
        let begin = Instant::now();
        caller.call().await?;
        latency_us.record(u64::try_from(begin.elapsed().as_micros())?)?;
    }
    Ok(latency_us)
}
