//! The stream that brings a price list in.

use std::pin::Pin;

use futures_util::{Stream, stream};
use tonic::{Status, Streaming};

use super::auth::Caller;
use super::pb;
use super::pricing::Pricing;
use super::status::Error;

/// Progress, then differences, then the summary.
pub(super) type Answers =
    Pin<Box<dyn Stream<Item = Result<pb::SyncPricesResponse, Status>> + Send>>;

/// Brings one price list in.
#[derive(Debug, Clone)]
pub(super) struct Sync {
    pub(super) pricing: Pricing,
    pub(super) caller: Caller,
}

impl Sync {
    pub(super) fn answers(self, _requests: Streaming<pb::SyncPricesRequest>) -> Answers {
        Box::pin(stream::once(async { Err(Error::Fault.into()) }))
    }
}
