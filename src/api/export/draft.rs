//! A file that is written to the disk before it is sent. Its rows come from one statement in one
//! snapshot, so that they add up, and the statement waits for the disk alone: never for a reader.

use std::io::{self, Read, Seek, Write};

use tokio::sync::mpsc;

use super::file::{off_the_runtime, unwritable};
use crate::api::status::{Error, Refused};
use crate::export::{Cell, Column, Format, Tail, Writer};

/// The file so far. Memory holds a batch of rows.
pub(super) struct Draft {
    writer: Writer,
    written: std::fs::File,
    row_count: i64,
    format: Format,
}

impl Draft {
    pub(super) fn new(format: Format, columns: Vec<Column>) -> Result<Self, Error> {
        let writer = Writer::new(format, columns).map_err(unwritable)?;
        let written = tempfile::tempfile().map_err(unwritable)?;
        Ok(Self { writer, written, row_count: 0, format })
    }

    /// Writes what comes, as the cells that it has; then all of the file, and how many rows it has.
    pub(super) async fn write<Row: Send>(
        mut self,
        mut rows: mpsc::Receiver<Vec<Row>>,
        cells: impl Fn(Row) -> Option<Vec<Cell>> + Send,
    ) -> Result<(Tail, i64), Error> {
        while let Some(batch) = rows.recv().await {
            let batch = batch.into_iter().filter_map(&cells).collect();
            self = self.add(batch).await?;
        }
        let Self { writer, mut written, row_count, .. } = self;
        let whole = off_the_runtime(move || {
            written.rewind()?;
            Ok(Box::new(written.chain(writer.end()?)) as Tail)
        });
        Ok((whole.await?, row_count))
    }

    async fn add(mut self, rows: Vec<Vec<Cell>>) -> Result<Self, Error> {
        self.row_count += i64::try_from(rows.len()).expect("a batch is small");
        fits(self.format, self.row_count)?;
        let add = move || -> io::Result<Self> {
            let bytes = self.writer.write(&rows)?;
            self.written.write_all(&bytes)?;
            Ok(self)
        };
        off_the_runtime(add).await
    }
}

/// Refuses more rows than such a file can have.
pub(super) fn fits(format: Format, row_count: i64) -> Result<(), Refused> {
    let max = format.rows_max().filter(|max| row_count > *max);
    max.map_or(Ok(()), |max| {
        let max = usize::try_from(max).expect("a million fits");
        Err(Refused::LimitReached { what: "rows of an Excel file", max })
    })
}
