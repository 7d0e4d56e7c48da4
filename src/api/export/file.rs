//! A file on its way out.

use std::io::{self, Read};

use super::records::Records;
use crate::api::pb;
use crate::api::seats::Seat;
use crate::api::status::Error;
use crate::domain::ids::TenantId;
use crate::export::{Cell, Tail, Writer};

/// Bytes of one message at most: rows may be long, and readers take 4 MiB unless they say
/// otherwise.
const PIECE_BYTES: usize = 256 * 1024;
/// Rows of a report that are written at once.
const BATCH: usize = 1_000;

/// Where rows come from.
pub(super) enum Rows {
    /// The log.
    Records(Box<Records>),
    /// An answer.
    Ready(std::vec::IntoIter<Vec<Cell>>),
    /// None any more: the file lies on the disk.
    Written(Tail),
}

impl Rows {
    /// The next rows; none after the last.
    async fn next(&mut self) -> Result<Vec<Vec<Cell>>, Error> {
        match self {
            Self::Records(records) => records.next().await,
            Self::Ready(rows) => Ok(rows.by_ref().take(BATCH).collect()),
            Self::Written(_) => Ok(Vec::new()),
        }
    }
}

/// What a file begins with, beside its bytes.
#[derive(Debug, Default)]
pub(super) struct Head {
    /// A name for it.
    pub(super) file_name: String,
    /// How many rows it will have; 0: nobody knows.
    pub(super) row_count: i64,
    /// How far it reaches.
    pub(super) coverage: Option<pb::Coverage>,
}

/// A file that is written as far as its reader has come.
pub(super) struct File {
    stage: Stage,
    /// Pieces of rows that were written and not sent yet.
    written: std::vec::IntoIter<Vec<u8>>,
    head: Head,
    rows_done: i64,
    /// Held until the last message.
    seat: Seat,
}

impl std::fmt::Debug for File {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.debug_struct("File").field("head", &self.head).finish_non_exhaustive()
    }
}

enum Stage {
    Rows(Writer, Rows),
    Tail(Tail),
    Done,
}

impl File {
    pub(super) fn new(writer: Writer, rows: Rows, head: Head, seat: Seat) -> Self {
        let (stage, rows_done) = match rows {
            Rows::Written(tail) => (Stage::Tail(tail), head.row_count),
            rows => (Stage::Rows(writer, rows), 0),
        };
        Self { stage, written: Vec::new().into_iter(), head, rows_done, seat }
    }

    /// Whose it is.
    pub(super) fn tenant(&self) -> TenantId {
        self.seat.tenant()
    }

    /// The next message; none after the last.
    pub(super) async fn next(&mut self) -> Result<Option<pb::ExportResponse>, Error> {
        if let Some(piece) = self.written.next() {
            return Ok(Some(self.message(piece, false)));
        }
        match std::mem::replace(&mut self.stage, Stage::Done) {
            Stage::Rows(writer, mut rows) => {
                let batch = rows.next().await?;
                self.rows_done += i64::try_from(batch.len()).expect("a batch is small");
                let is_last = batch.is_empty();
                let (pieces, stage) =
                    off_the_runtime(move || write(writer, rows, &batch, is_last)).await?;
                (self.written, self.stage) = (pieces.into_iter(), stage);
                let piece = self.written.next().unwrap_or_default();
                Ok(Some(self.message(piece, false)))
            }
            Stage::Tail(mut tail) => {
                let (data, tail) = off_the_runtime(move || {
                    let mut data = Vec::with_capacity(PIECE_BYTES);
                    let limit = u64::try_from(PIECE_BYTES).expect("256 KiB fit");
                    (&mut tail).take(limit).read_to_end(&mut data)?;
                    Ok((data, tail))
                })
                .await?;
                let is_done = data.is_empty();
                self.stage = if is_done { Stage::Done } else { Stage::Tail(tail) };
                Ok(Some(self.message(data, is_done)))
            }
            Stage::Done => Ok(None),
        }
    }

    fn message(&mut self, data: Vec<u8>, done: bool) -> pb::ExportResponse {
        pb::ExportResponse {
            data,
            row_count: self.rows_done,
            total_row_count: self.head.row_count,
            done,
            file_name: std::mem::take(&mut self.head.file_name),
            coverage: self.head.coverage.take(),
        }
    }
}

/// Writes rows in pieces, or after the last ones the end.
fn write(
    mut writer: Writer,
    rows: Rows,
    batch: &[Vec<Cell>],
    is_last: bool,
) -> io::Result<(Vec<Vec<u8>>, Stage)> {
    let pieces = writer.write(batch)?.chunks(PIECE_BYTES).map(<[u8]>::to_vec).collect();
    let stage = if is_last { Stage::Tail(writer.end()?) } else { Stage::Rows(writer, rows) };
    Ok((pieces, stage))
}

/// Runs work that may wait for the disk or take long where it holds up nobody.
pub(super) async fn off_the_runtime<T: Send + 'static>(
    work: impl FnOnce() -> io::Result<T> + Send + 'static,
) -> Result<T, Error> {
    let done = tokio::task::spawn_blocking(work).await;
    done.map_err(|_| Error::Fault)?.map_err(unwritable)
}

/// A file that cannot be written here: a full disk, say.
pub(super) fn unwritable(error: io::Error) -> Error {
    tracing::error!(%error, "an export could not be written");
    Error::Fault
}
