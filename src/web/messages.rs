//! The messages of an answer that is a stream, one at a time.

use axum::body::Body;
use bytes::Bytes;
use http_body_util::BodyExt;
use tonic::Status;

use super::call::{self, Patience};
use super::frame::Frames;
use super::refusal::Refusal;

/// What is left of an answer. Who lets go of it ends the call.
pub(super) struct Messages {
    body: Body,
    frames: Frames,
    patience: Patience,
}

impl Messages {
    pub(super) fn new(body: Body, patience: Patience) -> Self {
        Self { body, frames: Frames::default(), patience }
    }

    /// The next message, or nothing after the last.
    pub(super) async fn next(&mut self) -> Result<Option<Bytes>, Status> {
        loop {
            if let Some(message) = self.frames.next() {
                return Ok(Some(message));
            }
            let Some(frame) = self.patience.wait(self.body.frame()).await? else {
                return Err(cut_off());
            };
            match frame.map_err(|_| cut_off())?.into_data() {
                Ok(data) => self.frames.push(&data),
                Err(frame) => {
                    let status = frame.trailers_ref().and_then(call::failed);
                    return status.map_or(Ok(None), Err);
                }
            }
        }
    }
}

/// A stream that ends without a status.
fn cut_off() -> Status {
    Refusal::CutOff.into()
}
