//! One JSON object for each row. Counts and milliseconds are numbers: most readers make floats of
//! those, which keep every digit. Decimals are texts, since floats would not.

use std::io;

use serde_json::{Number, Value};

use super::{Cell, Column};

#[derive(Debug)]
pub(super) struct JsonLines {
    columns: Vec<Column>,
}

impl JsonLines {
    pub(super) fn new(columns: Vec<Column>) -> Self {
        Self { columns }
    }

    pub(super) fn write(&mut self, rows: &[Vec<Cell>]) -> io::Result<Vec<u8>> {
        let mut written = Vec::new();
        for row in rows {
            for (index, (column, cell)) in self.columns.iter().zip(row).enumerate() {
                written.push(if index == 0 { b'{' } else { b',' });
                serde_json::to_writer(&mut written, &column.name)?;
                written.push(b':');
                serde_json::to_writer(&mut written, &value(cell))?;
            }
            written.extend_from_slice(b"}\n");
        }
        Ok(written)
    }
}

fn value(cell: &Cell) -> Value {
    match cell {
        Cell::Empty => Value::Null,
        Cell::Text(text) | Cell::Decimal(text) | Cell::Plain(text) => Value::String(text.clone()),
        Cell::Count(count) => Value::from(*count),
        Cell::Milliseconds(duration) => number(&super::milliseconds(*duration)),
        Cell::Time(time) => Value::String(super::time(*time)),
        Cell::Flag(flag) => Value::Bool(*flag),
        Cell::Labels(labels) => labels.clone(),
    }
}

/// A decimal with all its digits.
fn number(text: &str) -> Value {
    text.parse::<Number>().map_or(Value::Null, Value::Number)
}
