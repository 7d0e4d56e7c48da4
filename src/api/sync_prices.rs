//! The stream that brings a price list in: the file comes in pieces, then progress,
//! differences and the summary go out.

use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use futures_util::{Stream, StreamExt, stream};
use tonic::{Status, Streaming};

use super::auth::Caller;
use super::convert::sync_prices::{self, Asked};
use super::pb;
use super::pb::sync_prices_request::Content;
use super::pricing::Pricing;
use super::status::{Error, Refused, blame_the_caller};
use crate::domain::violation::Violations;
use crate::ingest;
use crate::pricing::PriceBook;
use crate::pricing::change::{Changes, Refusal};
use crate::pricing::sync::Listing;
use crate::pricing::sync::plan::{self, Plan};

/// Progress, then differences, then the summary.
pub(super) type Answers =
    Pin<Box<dyn Stream<Item = Result<pb::SyncPricesResponse, Status>> + Send>>;

/// How long a megabyte of a price list may take to come.
const PIECE_MAX: Duration = Duration::from_secs(60);
/// The largest price list.
const FILE_BYTES_MAX: usize = 16 * 1024 * 1024;

/// Brings one price list in.
#[derive(Debug, Clone)]
pub(super) struct Sync {
    pub(super) pricing: Pricing,
    pub(super) caller: Caller,
}

impl Sync {
    /// Reads the file, then answers. A failure ends the stream.
    pub(super) fn answers(self, requests: Streaming<pb::SyncPricesRequest>) -> Answers {
        let upload = Upload { requests, options: None, file: Vec::new(), told: 0 };
        let pieces = stream::unfold(State::Receiving(self, Box::new(upload)), |state| async {
            match state {
                State::Receiving(sync, upload) => Some(sync.receive(*upload).await),
                State::Done => None,
            }
        });
        Box::pin(pieces.flat_map(stream::iter))
    }

    async fn receive(self, mut upload: Upload) -> (Vec<Answer>, State) {
        let piece = tokio::select! {
            () = self.pricing.stop.cancelled() => Err(Error::from(ingest::Error::ShuttingDown).into()),
            piece = tokio::time::timeout(PIECE_MAX, upload.piece()) => {
                piece.unwrap_or_else(|_| Err(invalid("the file stopped coming").into()))
            }
        };
        match piece {
            Ok(Some(progress)) => (vec![Ok(progress)], State::Receiving(self, Box::new(upload))),
            Ok(None) => {
                let answers = match self.bring_in(upload).await {
                    Ok(answers) => answers.into_iter().map(Ok).collect(),
                    Err(error) => vec![Err(error.into())],
                };
                (answers, State::Done)
            }
            Err(status) => (vec![Err(status)], State::Done),
        }
    }

    async fn bring_in(self, upload: Upload) -> Result<Vec<pb::SyncPricesResponse>, Error> {
        let options = upload.options.ok_or_else(no_options)?;
        let text = String::from_utf8(upload.file)
            .map_err(|_| Refused::PriceListInvalid("the file is no UTF-8 text".to_owned()))?;
        let asked = sync_prices::asked(options, &text, &self.caller, self.pricing.clock.now())?;
        let listing = Listing::read(asked.format, &text, &asked.version)
            .map_err(|error| Refused::PriceListInvalid(error.to_string()))?;
        let listing = asked.named(listing);
        let (plan, applied) = self.apply(&asked, listing.clone()).await?;
        Ok(sync_prices::answers(&plan, &listing.source, asked.format, applied))
    }

    /// Works the plan out, and applies it unless it is only to be checked. It may be
    /// worked out more than once; the last one is what happened.
    async fn apply(&self, asked: &Asked, listing: Listing) -> Result<(Plan, bool), Error> {
        let options = asked.options.clone();
        let last: Arc<Mutex<Option<Plan>>> = Arc::default();
        let noted = Arc::clone(&last);
        let work_out = move |book: &PriceBook| -> Result<Changes, Refusal> {
            let plan = plan::plan(book.public(), &listing, &options)?;
            let changes = plan.changes.clone();
            *noted.lock().unwrap_or_else(PoisonError::into_inner) = Some(plan);
            Ok(changes)
        };
        let changed = self.pricing.change(asked.validate_only, work_out).await?;
        let applied = !asked.validate_only && !changed.changes.is_empty();
        let plan = last.lock().unwrap_or_else(PoisonError::into_inner).take();
        Ok((plan.ok_or(Error::Fault)?, applied))
    }
}

type Answer = Result<pb::SyncPricesResponse, Status>;

enum State {
    Receiving(Sync, Box<Upload>),
    Done,
}

/// A file that comes in pieces.
struct Upload {
    requests: Streaming<pb::SyncPricesRequest>,
    options: Option<pb::SyncPricesOptions>,
    file: Vec<u8>,
    /// Megabytes that progress was told of.
    told: usize,
}

impl Upload {
    /// Takes pieces until there is progress to tell; `None` at the end of the file.
    async fn piece(&mut self) -> Result<Option<pb::SyncPricesResponse>, Status> {
        while let Some(request) = self.requests.message().await.map_err(blame_the_caller)? {
            self.take(request.content)?;
            let megabytes = self.file.len() / (1024 * 1024);
            if megabytes > self.told {
                self.told = megabytes;
                return Ok(Some(sync_prices::received(self.file.len())));
            }
        }
        Ok(None)
    }

    fn take(&mut self, content: Option<Content>) -> Result<(), Error> {
        match content {
            Some(Content::Options(options)) if self.options.is_none() => {
                self.options = Some(options);
                Ok(())
            }
            Some(Content::Chunk(chunk)) if self.options.is_some() => {
                if self.file.len() + chunk.len() > FILE_BYTES_MAX {
                    return Err(invalid(&format!("the file has more than {FILE_BYTES_MAX} bytes")));
                }
                self.file.extend_from_slice(&chunk);
                Ok(())
            }
            _ => Err(no_options()),
        }
    }
}

fn invalid(problem: &str) -> Error {
    Refused::PriceListInvalid(problem.to_owned()).into()
}

fn no_options() -> Error {
    let mut violations = Violations::default();
    violations.add("options", "must come in the first message, and only there; then chunks");
    violations.into()
}
