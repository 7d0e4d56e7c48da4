//! The log as a file.

use std::fmt;

use tonic::{Status, Streaming};

use crate::client::Client;
use crate::error::Error;
use crate::log::{Coverage, LogQuery};
use crate::proto;
use crate::proto::export_request::Report;

/// How a file is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum ExportFormat {
    /// Comma-separated values with a header. What a spreadsheet could take for a formula begins
    /// with an apostrophe.
    #[default]
    Csv,
    /// One JSON object for each line.
    JsonLines,
    /// An Excel workbook, with at most 1,048,575 records.
    Excel,
}

impl From<ExportFormat> for proto::ExportFormat {
    fn from(format: ExportFormat) -> Self {
        match format {
            ExportFormat::Csv => Self::Csv,
            ExportFormat::JsonLines => Self::JsonLines,
            ExportFormat::Excel => Self::Excel,
        }
    }
}

impl Client {
    /// Begins to write the records of `query` as a file, newest first. Its page and its
    /// size are left aside.
    ///
    /// # Errors
    ///
    /// `LimitReached` for too many exports at once, and for more records than Excel's sheets
    /// have rows; those of [`Error`] otherwise. A file of which nothing is read for a minute may
    /// have to make room for another one, and then ends with `ExportStalled`.
    pub async fn export_usage(
        &self,
        query: LogQuery,
        format: ExportFormat,
    ) -> Result<Export, Error> {
        let (period, filter, search) = query.into_scope();
        let request = proto::ExportRequest {
            format: proto::ExportFormat::from(format).into(),
            report: Some(Report::Usage(proto::UsageReport { period, filter, search })),
        };
        let mut exports = self.exports.clone();
        let failed = |status: Status| Error::from_status(&status, self.address());
        let stream = exports.export(request).await.map_err(failed)?.into_inner();
        let address = self.address().to_owned();
        Ok(Export { stream, address, coverage: None, done: false })
    }
}

/// A file on its way.
pub struct Export {
    stream: Streaming<proto::ExportResponse>,
    address: String,
    coverage: Option<Coverage>,
    done: bool,
}

/// The next part of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExportPart {
    /// The next bytes.
    pub data: Vec<u8>,
    /// Rows written so far.
    pub row_count: i64,
    /// Rows that there will be; `None` where that is not known.
    pub total_row_count: Option<i64>,
}

impl Export {
    /// How far the file reaches; `None` before its first part.
    #[must_use]
    pub fn coverage(&self) -> Option<&Coverage> {
        self.coverage.as_ref()
    }

    /// Waits for the next part. `None` after the last one: the file is whole.
    ///
    /// # Errors
    ///
    /// When the file cannot go on; what came before is a part of it.
    pub async fn next(&mut self) -> Result<Option<ExportPart>, Error> {
        if self.done {
            return Ok(None);
        }
        let early = || Status::unavailable("the stream ended before the file did");
        let message = self.stream.message().await.and_then(|message| message.ok_or_else(early));
        let message = message.map_err(|status| Error::from_status(&status, &self.address))?;
        self.done = message.done;
        if message.coverage.is_some() {
            self.coverage = Some(Coverage::from_proto(message.coverage)?);
        }
        let total = message.total_row_count;
        Ok(Some(ExportPart {
            data: message.data,
            row_count: message.row_count,
            total_row_count: (total > 0).then_some(total),
        }))
    }
}

impl fmt::Debug for Export {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("Export").field("done", &self.done).finish_non_exhaustive()
    }
}
