//! Who kills, and starts again what does not start itself.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::{Instant, sleep};

use crate::dice::Dice;
use crate::pulse::Pulse;
use crate::service::Service;

/// A service that is down for longer does not heal itself.
const RECOVERY_MAX: Duration = Duration::from_secs(30);
/// A snapshot is verified after each so many kills.
const VERIFY_EVERY: usize = 4;

/// What is killed, with SIGKILL.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Kill {
    /// The server's process; the nemesis starts it again.
    Server,
    /// Every process of Postgres; the server starts it again.
    Postgres,
    /// One right after the other.
    Both,
    /// The server, and once more while it starts.
    ServerAtStart,
    /// Postgres, and once more while it recovers.
    PostgresAtStart,
}

/// One kill and what came of it.
pub(crate) struct Blow {
    pub(crate) kill: Kill,
    /// Calls that waited for their answer.
    pub(crate) hit: usize,
    /// From the kill until a call that began after it was acknowledged.
    pub(crate) down: Duration,
}

pub(crate) struct Nemesis<'a> {
    service: &'a mut Service,
    pulse: Arc<Pulse>,
    dice: Dice,
    /// Whether every snapshot must be in order.
    verifies: bool,
}

impl<'a> Nemesis<'a> {
    pub(crate) fn new(
        service: &'a mut Service,
        pulse: Arc<Pulse>,
        dice: Dice,
        verifies: bool,
    ) -> Self {
        Self { service, pulse, dice, verifies }
    }

    /// Strikes with each of `kills`, at random moments under load.
    pub(crate) async fn strike_all(&mut self, kills: impl IntoIterator<Item = Kill>) -> Vec<Blow> {
        let mut blows = Vec::new();
        self.recover(Instant::now(), None).await;
        for kill in kills {
            sleep(self.dice.pause_ms(300..2_000)).await;
            let hit = self.pulse.in_flight();
            let killed = self.strike(kill).await;
            self.recover(killed, Some(kill)).await;
            blows.push(Blow { kill, hit, down: killed.elapsed() });
            if self.verifies && blows.len() % VERIFY_EVERY == 0 {
                self.verify().await;
            }
        }
        // What is stored after the last recovery is looked at as well.
        sleep(self.dice.pause_ms(300..2_000)).await;
        blows
    }

    /// Strikes, and returns when.
    async fn strike(&mut self, kill: Kill) -> Instant {
        let mut killed = Instant::now();
        match kill {
            Kill::Server => self.service.kill().await,
            Kill::Postgres => self.service.server.kill_postgres(),
            Kill::Both => self.kill_both().await,
            Kill::ServerAtStart => {
                self.service.kill().await;
                self.service.restart().await;
                killed = self.moment_later().await;
                self.service.kill().await;
            }
            Kill::PostgresAtStart => {
                self.service.server.kill_postgres();
                killed = self.moment_later().await;
                self.service.server.kill_postgres();
            }
        }
        if !matches!(kill, Kill::Postgres | Kill::PostgresAtStart) {
            self.service.restart().await;
        }
        killed
    }

    async fn moment_later(&mut self) -> Instant {
        sleep(self.dice.pause_ms(0..800)).await;
        Instant::now()
    }

    async fn kill_both(&mut self) {
        let postgres_first = self.dice.one_in(2);
        if postgres_first {
            self.service.server.kill_postgres();
        }
        self.service.kill().await;
        if !postgres_first {
            self.service.server.kill_postgres();
        }
    }

    /// Waits until a call that began after `since` is acknowledged.
    async fn recover(&mut self, since: Instant, from: Option<Kill>) {
        let server = &mut self.service.server;
        let why = tokio::select! {
            () = self.pulse.served_since(since) => return,
            how = server.ended() => format!("the server ended by itself ({how})"),
            () = sleep(RECOVERY_MAX) => format!("nobody was served within {RECOVERY_MAX:?}"),
        };
        panic!("after {from:?}: {why}\n{}", server.log_tail());
    }

    /// The log makes up its summaries in a snapshot taken under load.
    async fn verify(&self) {
        if let Err(said) = self.service.server.verify().await {
            panic!("a snapshot is not in order: {said}\n{}", self.service.server.log_tail());
        }
    }
}
