//! Somebody who looks at one snapshot after the other: is more admitted than there is?

use aiusage::store::pool::{self, Use};
use aiusage::store::verify;
use tokio::sync::watch;
use tokio::task::JoinSet;

use crate::server::Server;

pub(super) struct Looks {
    /// Ends with it.
    _task: JoinSet<()>,
    seen: watch::Receiver<Seen>,
}

/// What was seen so far.
#[derive(Debug, Clone, Default)]
pub(super) struct Seen {
    /// Snapshots of all counters.
    pub(super) count: usize,
    /// Snapshots in which counters were also compared with the log.
    pub(super) compared: usize,
    /// What was not in order.
    pub(super) faults: Vec<String>,
}

impl Looks {
    pub(super) fn start(server: &Server) -> Self {
        let pool = pool::open(server.database_options(), Use::Watching);
        let (sender, seen) = watch::channel(Seen::default());
        let mut task = JoinSet::new();
        task.spawn(async move {
            while !sender.is_closed() {
                // Postgres may be down just now.
                let Ok(passed) = passed(&pool).await else { continue };
                sender.send_modify(|seen| {
                    seen.count += 1;
                    seen.faults.extend(passed.into_iter().take(2));
                });
                if sender.borrow().count % 20 == 0
                    && let Ok(differences) = verify::differences(&pool).await
                {
                    sender.send_modify(|seen| {
                        seen.compared += 1;
                        seen.faults.extend(differences.iter().take(2).map(|d| format!("{d:?}")));
                    });
                }
            }
        });
        Self { _task: task, seen }
    }

    pub(super) fn seen(&self) -> Seen {
        self.seen.borrow().clone()
    }
}

/// Counters in which more is used and set aside than the limit.
async fn passed(pool: &sqlx::PgPool) -> sqlx::Result<Vec<String>> {
    sqlx::query_scalar(
        "SELECT format('%s of user %s: %s used and %s reserved of %s', budget_id, c.user_no, used, reserved, limit_amount)
        FROM budget_counter AS c JOIN budget USING (tenant_id, budget_no)
        WHERE used + reserved > limit_amount OR reserved < 0",
    )
    .fetch_all(pool)
    .await
}
