//! Files under way, where both can reach them: who reads one, and who needs its seat.
//!
//! A reader that takes nothing keeps nobody out for long: its file is taken away once somebody
//! else waits for the seat. As long as nobody does, it may pause as it likes.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

use chrono::{DateTime, TimeDelta, Utc};
use futures_util::Stream;
use futures_util::stream::try_unfold;
use tonic::Status;

use super::file::File;
use crate::api::pb;
use crate::api::seats::{Full, Seat, Seats};
use crate::api::status::{Error, Refused};
use crate::clock::Clock;
use crate::domain::ids::TenantId;

/// A reader that took nothing for so long has stalled. The slowest link that is worth the name
/// takes a message and what lies between in less.
const STALLED_AFTER: TimeDelta = TimeDelta::seconds(60);

/// The files of one server. Cloning is cheap.
#[derive(Debug, Clone)]
pub(in crate::api) struct Desk {
    seats: Seats,
    clock: Clock,
    files: Arc<Mutex<Vec<Weak<Held>>>>,
}

/// A file between two messages.
#[derive(Debug)]
struct Held(Mutex<Turn>);

/// Whose turn it is.
#[derive(Debug)]
enum Turn {
    /// The reader's, since then.
    Reading(Box<File>, DateTime<Utc>),
    /// Ours: the next message is being made, or there are no more.
    Writing,
    /// Nobody's: the file was taken away.
    Over,
}

impl Desk {
    pub(in crate::api) fn new(seats: Seats, clock: Clock) -> Self {
        Self { seats, clock, files: Arc::default() }
    }

    /// A seat; one that a stalled reader has to leave, where there is no other.
    pub(super) fn seat(&self, tenant: TenantId) -> Result<Seat, Error> {
        loop {
            match self.seats.take(tenant) {
                Ok(seat) => return Ok(seat),
                Err(full) if self.take_away(full, tenant) => {}
                Err(full) => return Err(self.seats.refusal(full).into()),
            }
        }
    }

    /// The messages of `file`. Nothing is read before it is asked for.
    pub(super) fn stream(
        &self,
        file: File,
    ) -> impl Stream<Item = Result<pb::ExportResponse, Status>> + Send + use<> {
        let clock = self.clock.clone();
        let held = Arc::new(Held(Mutex::new(Turn::Reading(Box::new(file), clock.now()))));
        let mut files = locked(&self.files);
        files.retain(|file| file.strong_count() > 0);
        files.push(Arc::downgrade(&held));
        try_unfold(held, move |held| {
            let clock = clock.clone();
            async move {
                let mut file = match std::mem::replace(&mut *locked(&held.0), Turn::Writing) {
                    Turn::Reading(file, _) => file,
                    Turn::Writing => return Ok(None),
                    Turn::Over => return Err(Error::from(Refused::ExportStalled).into()),
                };
                let message = file.next().await?;
                if message.as_ref().is_some_and(|message| !message.done) {
                    *locked(&held.0) = Turn::Reading(file, clock.now());
                }
                Ok(message.map(|message| (message, held)))
            }
        })
    }

    /// Takes the file away whose reader has stalled longest, of the tenant or of all, and so
    /// its seat. Whether there was one.
    fn take_away(&self, full: Full, tenant: TenantId) -> bool {
        let stalled = self.clock.now() - STALLED_AFTER;
        let files: Vec<Arc<Held>> = locked(&self.files).iter().filter_map(Weak::upgrade).collect();
        let since = |held: &Held| match &*locked(&held.0) {
            Turn::Reading(file, since) if full == Full::Server || file.tenant() == tenant => {
                Some(*since).filter(|since| *since <= stalled)
            }
            _ => None,
        };
        let longest = files.iter().filter_map(|held| Some((since(held)?, held)));
        let Some((_, held)) = longest.min_by_key(|(since, _)| *since) else { return false };
        held.take_away(stalled)
    }
}

impl Held {
    /// Unless it is read again meanwhile.
    fn take_away(&self, stalled: DateTime<Utc>) -> bool {
        let mut turn = locked(&self.0);
        let stalls = matches!(&*turn, Turn::Reading(_, since) if *since <= stalled);
        if stalls {
            *turn = Turn::Over;
        }
        stalls
    }
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
