//! Excel workbooks.
//!
//! Excel's numbers keep 15 digits. So a decimal has two columns: a number to add up and to sort by,
//! and beside it the exact text. Times are numbers too: days since its epoch, shown to the
//! millisecond.

use std::fs::File;
use std::io::{self, Seek};

use chrono::{DateTime, Utc};
use rust_decimal::Decimal;
use rust_xlsxwriter::{Format, Workbook, Worksheet, XlsxError};

use super::{Cell, Column};

/// Rows lie in a file of their own until the end, so that memory holds one at a time.
pub(super) struct Excel {
    workbook: Workbook,
    next_row: u32,
    columns: Vec<Column>,
    time: Format,
}

impl std::fmt::Debug for Excel {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.debug_struct("Excel").field("next_row", &self.next_row).finish_non_exhaustive()
    }
}

/// Characters that fit beside each other in a column.
const COLUMN_WIDTH: u32 = 24;
/// How times are shown: in UTC.
const TIME_FORMAT: &str = "yyyy-mm-dd\"T\"hh:mm:ss.000\"Z\"";

impl Excel {
    pub(super) fn new(columns: Vec<Column>) -> io::Result<Self> {
        let mut workbook = Workbook::new();
        let sheet = workbook.add_worksheet_with_constant_memory().map_err(io_error)?;
        header(sheet, &columns).map_err(io_error)?;
        let time = Format::new().set_num_format(TIME_FORMAT);
        Ok(Self { workbook, next_row: 1, columns, time })
    }

    pub(super) fn write(&mut self, rows: &[Vec<Cell>]) -> io::Result<()> {
        let sheet = self.workbook.worksheet_from_index(0).map_err(io_error)?;
        for row in rows {
            write_row(sheet, self.next_row, &self.columns, row, &self.time).map_err(io_error)?;
            self.next_row += 1;
        }
        Ok(())
    }

    /// Packs the workbook.
    pub(super) fn end(mut self) -> io::Result<File> {
        let mut file = tempfile::tempfile()?;
        self.workbook.save_to_writer(&mut file).map_err(io_error)?;
        file.rewind()?;
        Ok(file)
    }
}

fn header(sheet: &mut Worksheet, columns: &[Column]) -> Result<(), XlsxError> {
    let bold = Format::new().set_bold();
    let exact = |name: &String| format!("{name} (exact)");
    let names = columns.iter().flat_map(|Column { name, is_decimal }| {
        std::iter::once(name.clone()).chain(is_decimal.then(|| exact(name)))
    });
    for (place, name) in (0..).zip(names) {
        sheet.set_column_width(place, COLUMN_WIDTH)?;
        sheet.write_string_with_format(0, place, name, &bold)?;
    }
    sheet.set_freeze_panes(1, 0)?;
    Ok(())
}

fn write_row(
    sheet: &mut Worksheet,
    row: u32,
    columns: &[Column],
    cells: &[Cell],
    time: &Format,
) -> Result<(), XlsxError> {
    let mut place = 0;
    for (column, cell) in columns.iter().zip(cells) {
        write_cell(sheet, row, place, cell, time)?;
        place += if column.is_decimal { 2 } else { 1 };
    }
    Ok(())
}

fn write_cell(
    sheet: &mut Worksheet,
    row: u32,
    place: u16,
    cell: &Cell,
    format: &Format,
) -> Result<(), XlsxError> {
    match cell {
        Cell::Empty => return Ok(()),
        Cell::Text(text) | Cell::Plain(text) => sheet.write_string(row, place, text)?,
        Cell::Count(count) => sheet.write_number(row, place, rounded(&count.to_string()))?,
        Cell::Milliseconds(duration) => {
            sheet.write_number(row, place, rounded(&super::milliseconds(*duration)))?
        }
        Cell::Time(time) => sheet.write_number_with_format(row, place, days(*time), format)?,
        Cell::Decimal(text) => {
            sheet.write_number(row, place, rounded(text))?;
            sheet.write_string(row, place + 1, text)?
        }
        Cell::Flag(flag) => sheet.write_boolean(row, place, *flag)?,
        Cell::Labels(labels) => sheet.write_string(row, place, labels.to_string())?,
    };
    Ok(())
}

/// The nearest number that Excel has: the exact one stands beside it.
fn rounded(text: &str) -> f64 {
    text.parse().unwrap_or(f64::NAN)
}

/// Days since the end of 1899, as Excel counts them from March 1900 on.
fn days(time: DateTime<Utc>) -> f64 {
    const EPOCH_DAYS: i64 = 25_569;
    const DAY_MICROS: i64 = 86_400_000_000;
    let days = Decimal::from(time.timestamp_micros()) / Decimal::from(DAY_MICROS);
    rounded(&(days + Decimal::from(EPOCH_DAYS)).to_string())
}

fn io_error(error: XlsxError) -> io::Error {
    io::Error::other(error)
}
