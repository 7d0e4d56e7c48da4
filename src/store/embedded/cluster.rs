use std::time::Duration;

use sqlx::ConnectOptions;
use sqlx::postgres::PgConnectOptions;
use tokio::time::{Instant, sleep};
use tokio_util::sync::CancellationToken;

use super::binaries::{self, Binaries};
use super::error::Error;
use super::folder::Folder;
use super::lock::Lock;
use super::postmaster::{self, Postmaster};
use super::raise::raise;
use super::{POLL, Settings, database, initdb, log};

/// How long a guest waits for the owner's server.
const GUEST_PATIENCE: Duration = Duration::from_secs(60);
/// How often a guest looks whether the owner is gone.
const SUCCESSION: Duration = Duration::from_secs(1);
/// How often the log is held to its size.
const HOUSEKEEPING: Duration = Duration::from_secs(60);
/// Between two tries of a start that failed.
const RETRY: Duration = Duration::from_secs(1);

/// A running Postgres that needs no set-up.
///
/// Dropping an owned cluster asks Postgres to stop without waiting for it;
/// [`Cluster::stop`] and [`Cluster::supervise`] wait.
#[derive(Debug)]
pub struct Cluster {
    folder: Folder,
    binaries: Binaries,
    durable: bool,
    /// Held by the owner, absent in a guest.
    lock: Option<Lock>,
    /// What the owner has started or adopted.
    postmaster: Option<Postmaster>,
}

impl Cluster {
    /// Brings the cluster up, or joins the one that is up, and makes its
    /// database. Ready for connections when it returns.
    pub async fn start(settings: Settings) -> Result<Self, Error> {
        let folder = Folder::prepare(&settings.data_dir)?;
        let binaries = binaries::find(settings.binaries.as_deref(), &folder).await?;
        let mut cluster =
            Self { folder, binaries, durable: settings.durable, lock: None, postmaster: None };
        cluster.join().await?;
        cluster.make_database().await?;
        Ok(cluster)
    }

    /// Makes the database. A Postgres that is killed meanwhile is brought up again first.
    async fn make_database(&mut self) -> Result<(), Error> {
        let begun = Instant::now();
        loop {
            match database::create_if_missing(&self.folder).await {
                Err(error) if error.is_cut_off() && begun.elapsed() < GUEST_PATIENCE => {
                    tracing::warn!(%error, "Postgres went away while it was prepared");
                    sleep(POLL).await;
                    if self.is_owner() {
                        self.raise().await?;
                    }
                }
                outcome => return outcome,
            }
        }
    }

    /// How to connect: over the socket, without a password.
    pub fn connect_options(&self) -> PgConnectOptions {
        database::options(&self.folder)
    }

    /// The same as an address, for `DATABASE_URL` and libpq's programs.
    pub fn url(&self) -> String {
        let mut url = self.connect_options().to_url_lossy();
        // What sqlx adds there, libpq refuses.
        url.set_query(None);
        url.into()
    }

    /// Whether this process starts and stops Postgres, or is a guest.
    pub fn is_owner(&self) -> bool {
        self.lock.is_some()
    }

    /// Keeps Postgres up until `stop`, then ends as [`Cluster::stop`] does.
    ///
    /// A server that dies is started again, as often as it takes; a guest
    /// becomes the owner once the owner is gone. Cancel `stop` after the
    /// connections have been drained.
    pub async fn supervise(mut self, stop: CancellationToken) -> Result<(), Error> {
        loop {
            tokio::select! {
                () = stop.cancelled() => return self.stop().await,
                outcome = self.reconcile() => if let Err(error) = outcome {
                    tracing::error!(error = %error, "the embedded Postgres is down");
                    sleep_unless(&stop, RETRY).await;
                },
            }
        }
    }

    /// Ends Postgres if it is ours, and waits until it is gone: disconnecting
    /// everybody first, and by force after 10 s. A guest only leaves.
    pub async fn stop(mut self) -> Result<(), Error> {
        match self.postmaster.take() {
            Some(postmaster) => postmaster.end(&self.folder).await,
            None => Ok(()),
        }
    }

    /// Becomes the owner of a running server, or the guest of another's.
    async fn join(&mut self) -> Result<(), Error> {
        let begun = Instant::now();
        while begun.elapsed() < GUEST_PATIENCE {
            self.lock = Lock::take(&self.folder)?;
            if self.is_owner() {
                return self.raise().await;
            }
            if postmaster::running(&self.folder).await.is_some_and(|server| server.ready) {
                tracing::info!("using the Postgres of another process");
                return Ok(());
            }
            sleep(POLL).await;
        }
        Err(Error::Held(self.folder.lock_file()))
    }

    /// One step towards "the owner's server is up": waits for what may happen
    /// in the present state, and answers it. May be dropped at any point.
    async fn reconcile(&mut self) -> Result<(), Error> {
        match (&self.lock, &mut self.postmaster) {
            (None, _) => self.succeed().await,
            (Some(_), None) => self.raise().await,
            (Some(_), Some(server)) => {
                tokio::select! {
                    how = server.ended(&self.folder) => {
                        tracing::warn!(how, "Postgres ended by itself");
                        self.postmaster = None;
                    }
                    () = sleep(HOUSEKEEPING) => log::trim(&self.folder)?,
                }
                Ok(())
            }
        }
    }

    /// Takes the place of an owner that is gone.
    async fn succeed(&mut self) -> Result<(), Error> {
        sleep(SUCCESSION).await;
        self.lock = Lock::take(&self.folder)?;
        if self.is_owner() {
            tracing::info!("the owner is gone; this process owns the cluster now");
        }
        Ok(())
    }

    async fn raise(&mut self) -> Result<(), Error> {
        if let Some(lock) = &self.lock {
            initdb::create_if_missing(&self.folder, &self.binaries, lock, self.durable).await?;
        }
        raise(&mut self.postmaster, &self.folder, &self.binaries, self.durable).await
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        if let Some(postmaster) = &self.postmaster {
            postmaster.ask_to_end();
        }
    }
}

async fn sleep_unless(stop: &CancellationToken, time: Duration) {
    tokio::select! {
        () = stop.cancelled() => {}
        () = sleep(time) => {}
    }
}
