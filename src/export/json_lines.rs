//! One JSON object for each row. Counts are numbers, decimals are texts: most readers would make
//! floats of them.

use std::io;

use serde_json::Value;

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
        Cell::Flag(flag) => Value::Bool(*flag),
        Cell::Labels(labels) => labels.clone(),
    }
}
