//! Who used the processor: the service, Postgres, or the load itself.

use std::fs;
use std::path::Path;

use anyhow::Context;

/// Linux counts a process's time in hundredths of a second, whatever its clock.
const TICKS_PER_SECOND: f64 = 100.0;

/// The processes to look at.
#[derive(Debug)]
pub(crate) struct Processes {
    service: u32,
    postgres: u32,
}

/// Seconds of processor time.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Cpu {
    pub(crate) service: f64,
    pub(crate) postgres: f64,
    pub(crate) load: f64,
}

impl Cpu {
    /// What was used since `before`.
    pub(crate) fn since(self, before: Self) -> Self {
        Self {
            service: self.service - before.service,
            postgres: self.postgres - before.postgres,
            load: self.load - before.load,
        }
    }
}

impl Processes {
    pub(crate) fn new(service: u32, postgres: u32) -> Self {
        Self { service, postgres }
    }

    /// What was used so far.
    pub(crate) fn sample(&self) -> anyhow::Result<Cpu> {
        Ok(Cpu {
            service: Stat::read(&self.service.to_string())?.own_seconds,
            postgres: self.postgres_seconds()?,
            load: Stat::read("self")?.own_seconds,
        })
    }

    /// The first process, its children, and those of them that have ended.
    fn postgres_seconds(&self) -> anyhow::Result<f64> {
        let first = Stat::read(&self.postgres.to_string())?;
        let entries = fs::read_dir("/proc")?.flatten();
        // A process that ends meanwhile cannot be read, and is left out.
        let all = entries.filter_map(|entry| Stat::read(entry.file_name().to_str()?).ok());
        let children = all.filter(|stat| stat.parent == self.postgres).map(|stat| stat.own_seconds);
        Ok(first.own_seconds + first.ended_children_seconds + children.sum::<f64>())
    }
}

/// What is needed of `/proc/<pid>/stat`.
struct Stat {
    parent: u32,
    own_seconds: f64,
    ended_children_seconds: f64,
}

impl Stat {
    fn read(process: &str) -> anyhow::Result<Self> {
        let text = fs::read_to_string(Path::new("/proc").join(process).join("stat"))?;
        // The name before it is in brackets, and may hold anything.
        let (_, fields) = text.rsplit_once(") ").context("a stat without a name")?;
        let fields: Vec<&str> = fields.split(' ').collect();
        let ticks = |index: usize| fields[index].parse::<f64>();
        Ok(Self {
            parent: fields[1].parse()?,
            own_seconds: (ticks(11)? + ticks(12)?) / TICKS_PER_SECOND,
            ended_children_seconds: (ticks(13)? + ticks(14)?) / TICKS_PER_SECOND,
        })
    }
}
