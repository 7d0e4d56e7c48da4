//! Bringing a price list in.

mod report;

use std::fmt;
use std::time::SystemTime;

use futures_util::stream;
use tonic::{Status, Streaming};

pub use self::report::{
    PriceDifference, PriceDifferenceKind, RateDifference, SyncEvent, SyncProgress, SyncReport,
    SyncSummary,
};

use crate::client::{Authorized, Client};
use crate::error::Error;
use crate::proto;
use crate::proto::pricing_service_client::PricingServiceClient;
use crate::proto::sync_prices_request::Content;

/// Bytes of the file in one message.
const CHUNK_BYTES: usize = 256 << 10;

impl Client {
    /// Brings a price list in: compares it with the prices in use, and applies what
    /// is new and changed as one transaction. Not tried again by itself; done twice
    /// it changes nothing more.
    ///
    /// ```no_run
    /// use aiusage_client::{Client, SyncPrices};
    ///
    /// # async fn example(client: Client, file: Vec<u8>) -> Result<(), aiusage_client::Error> {
    /// let options = SyncPrices::new("data.json").validate_only(true);
    /// let report = client.sync_prices(options, file).finish().await?;
    /// println!("{} models would change", report.summary.changed_count);
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub fn sync_prices(&self, options: SyncPrices, file: Vec<u8>) -> PriceSync {
        PriceSync {
            pricing: self.pricing.clone(),
            address: self.address().to_owned(),
            state: State::New(Box::new(options), file),
        }
    }
}

/// What a price list is written in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, serde::Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum PriceListFormat {
    /// The data file of genai-prices (`data.json`).
    GenaiPrices,
    /// The price file of litellm (`model_prices_and_context_window.json`).
    Litellm,
    /// A provider's file in the service's own form.
    Toml,
    /// CSV, one rate a line.
    Csv,
    /// A JSON list of objects with the columns of the CSV form.
    Json,
}

impl From<PriceListFormat> for proto::PriceListFormat {
    fn from(format: PriceListFormat) -> Self {
        match format {
            PriceListFormat::GenaiPrices => proto::PriceListFormat::GenaiPrices,
            PriceListFormat::Litellm => proto::PriceListFormat::Litellm,
            PriceListFormat::Toml => proto::PriceListFormat::Toml,
            PriceListFormat::Csv => proto::PriceListFormat::Csv,
            PriceListFormat::Json => proto::PriceListFormat::Json,
        }
    }
}

/// How a price list is brought in.
///
/// ```
/// use aiusage_client::{PriceListFormat, SyncPrices};
///
/// let options = SyncPrices::new("https://example.org/prices.csv")
///     .format(PriceListFormat::Csv)
///     .accept("openai/gpt-4o");
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SyncPrices {
    message: proto::SyncPricesOptions,
}

impl SyncPrices {
    /// `name` is the file's name or address, for the record. Its format is told from
    /// that name and the content.
    pub fn new(name: impl Into<String>) -> Self {
        Self { message: proto::SyncPricesOptions { name: name.into(), ..Default::default() } }
    }

    /// What the list is written in.
    #[must_use]
    pub fn format(mut self, format: PriceListFormat) -> Self {
        self.message.set_format(format.into());
        self
    }

    /// The list's version, for the record.
    #[must_use]
    pub fn version(mut self, version: impl Into<String>) -> Self {
        self.message.version = version.into();
        self
    }

    /// From when on changes hold that the list does not date; by default from now on.
    #[must_use]
    pub fn effective_from_time(mut self, time: impl Into<SystemTime>) -> Self {
        self.message.effective_from_time = Some(time.into().into());
        self
    }

    /// A model, as `provider/model`, whose change is taken although it looks like a
    /// mistake or belongs to another price list.
    #[must_use]
    pub fn accept(mut self, model: impl Into<String>) -> Self {
        self.message.accept.push(model.into());
        self
    }

    /// Whether to compare everything and change nothing.
    #[must_use]
    pub fn validate_only(mut self, validate_only: bool) -> Self {
        self.message.validate_only = validate_only;
        self
    }
}

/// A price list on its way in.
pub struct PriceSync {
    pricing: PricingServiceClient<Authorized>,
    address: String,
    state: State,
}

enum State {
    New(Box<SyncPrices>, Vec<u8>),
    Open(Streaming<proto::SyncPricesResponse>),
    Ended,
}

impl PriceSync {
    /// Waits for what comes next; the summary comes last. `None` after it.
    ///
    /// # Errors
    ///
    /// `PriceListInvalid` when the file is no price list, `OperatorOnly` when it needs
    /// another key; those of [`Error`] otherwise. After an error nothing was changed,
    /// unless the connection broke: then do it again.
    pub async fn next(&mut self) -> Result<Option<SyncEvent>, Error> {
        let answer = match self.step().await {
            Ok(Some(answer)) => answer,
            Ok(None) => return Ok(None),
            Err(status) => {
                self.state = State::Ended;
                return Err(Error::from_status(&status, &self.address));
            }
        };
        let event = SyncEvent::try_from(answer)?;
        if matches!(event, SyncEvent::Summary(_)) {
            self.state = State::Ended;
        }
        Ok(Some(event))
    }

    /// Goes on to the end and answers everything but the progress.
    ///
    /// # Errors
    ///
    /// As [`PriceSync::next`].
    pub async fn finish(mut self) -> Result<SyncReport, Error> {
        let mut differences = Vec::new();
        loop {
            match self.next().await? {
                Some(SyncEvent::Difference(difference)) => differences.push(difference),
                Some(SyncEvent::Summary(summary)) => {
                    return Ok(SyncReport::new(differences, summary));
                }
                Some(SyncEvent::Progress(_)) => {}
                None => return Err(Error::from_status(&ended_early(), &self.address)),
            }
        }
    }

    async fn step(&mut self) -> Result<Option<proto::SyncPricesResponse>, Status> {
        let mut stream = match std::mem::replace(&mut self.state, State::Ended) {
            State::New(options, file) => {
                let requests = stream::iter(requests(*options, file));
                self.pricing.sync_prices(requests).await?.into_inner()
            }
            State::Open(stream) => stream,
            State::Ended => return Ok(None),
        };
        let answer = stream.message().await?.ok_or_else(ended_early)?;
        self.state = State::Open(stream);
        Ok(Some(answer))
    }
}

/// The options, then the file in pieces.
fn requests(
    options: SyncPrices,
    file: Vec<u8>,
) -> impl Iterator<Item = proto::SyncPricesRequest> + Send + 'static {
    let starts = (0..file.len()).step_by(CHUNK_BYTES);
    let chunks = starts.map(move |start| {
        let end = file.len().min(start + CHUNK_BYTES);
        Content::Chunk(file[start..end].to_vec())
    });
    let options = std::iter::once(Content::Options(options.message));
    options.chain(chunks).map(|content| proto::SyncPricesRequest { content: Some(content) })
}

fn ended_early() -> Status {
    Status::unavailable("the stream ended before the summary")
}

impl fmt::Debug for PriceSync {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("PriceSync").field("address", &self.address).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_options_come_first_and_no_byte_is_lost() {
        let file: Vec<u8> = (0..=u8::MAX).cycle().take(2 * CHUNK_BYTES + 1).collect();
        let mut sent = requests(SyncPrices::new("data.json"), file.clone());
        let first = sent.next().and_then(|request| request.content);
        assert!(matches!(first, Some(Content::Options(options)) if options.name == "data.json"));
        let chunks: Vec<Vec<u8>> = sent.filter_map(chunk).collect();
        assert_eq!(chunks.iter().map(Vec::len).collect::<Vec<_>>(), [CHUNK_BYTES, CHUNK_BYTES, 1]);
        assert_eq!(chunks.concat(), file);
        assert_eq!(requests(SyncPrices::new("empty"), Vec::new()).count(), 1);
    }

    fn chunk(request: proto::SyncPricesRequest) -> Option<Vec<u8>> {
        match request.content {
            Some(Content::Chunk(bytes)) => Some(bytes),
            _ => None,
        }
    }
}
