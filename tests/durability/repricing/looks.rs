//! Somebody who compares the log with its summaries all the time.

use aiusage::store::pool::{self, Use};
use aiusage::store::verify;
use tokio::sync::watch;
use tokio::task::JoinSet;

use crate::server::Server;

/// Looks at one snapshot after the other until it is dropped.
pub(crate) struct Looks {
    /// Ends with it.
    _task: JoinSet<()>,
    seen: watch::Receiver<Seen>,
}

/// What was seen so far.
#[derive(Debug, Clone, Default)]
pub(crate) struct Seen {
    /// Snapshots.
    pub(crate) count: usize,
    /// What was not in order, as far as it is worth telling.
    pub(crate) differences: Vec<String>,
}

impl Looks {
    pub(crate) fn start(server: &Server) -> Self {
        let pool = pool::open(server.database_options(), Use::Watching);
        let (sender, seen) = watch::channel(Seen::default());
        let mut task = JoinSet::new();
        task.spawn(async move {
            while !sender.is_closed() {
                // Postgres may be down just now.
                let Ok(differences) = verify::differences(&pool).await else { continue };
                sender.send_modify(|seen| {
                    seen.count += 1;
                    let some = differences.iter().take(2).map(|d| format!("{d:?}"));
                    seen.differences.extend(some);
                });
            }
        });
        Self { _task: task, seen }
    }

    pub(crate) fn seen(&self) -> Seen {
        self.seen.borrow().clone()
    }

    /// Waits for `count` looks that begin from now on.
    pub(crate) async fn more(&self, count: usize) {
        // The one that is under way began before.
        let enough = self.seen().count + count + 1;
        let mut seen = self.seen.clone();
        let waited = seen.wait_for(|seen| seen.count >= enough).await;
        waited.expect("it looks until it is dropped");
    }
}
