//! What the nemesis sees of the writers: how many wait, and when they are served.

use std::sync::atomic::{AtomicUsize, Ordering};

use tokio::sync::watch;
use tokio::time::Instant;

pub(crate) struct Pulse {
    in_flight: AtomicUsize,
    /// When the latest call that was acknowledged began.
    served: watch::Sender<Instant>,
}

impl Pulse {
    pub(crate) fn new() -> Self {
        Self { in_flight: AtomicUsize::new(0), served: watch::Sender::new(Instant::now()) }
    }

    /// A call begins.
    pub(crate) fn begin(&self) -> Instant {
        self.in_flight.fetch_add(1, Ordering::Relaxed);
        Instant::now()
    }

    /// The call that began at `begun` has ended.
    pub(crate) fn end(&self, begun: Instant, acknowledged: bool) {
        self.in_flight.fetch_sub(1, Ordering::Relaxed);
        if acknowledged {
            self.served.send_if_modified(|latest| {
                let later = begun > *latest;
                *latest = begun.max(*latest);
                later
            });
        }
    }

    /// Calls that wait for their answer.
    pub(crate) fn in_flight(&self) -> usize {
        self.in_flight.load(Ordering::Relaxed)
    }

    /// Waits until a call that began after `instant` is acknowledged.
    pub(crate) async fn served_since(&self, instant: Instant) {
        let mut served = self.served.subscribe();
        let outcome = served.wait_for(|begun| *begun > instant).await;
        outcome.expect("the sender lives in self");
    }
}
