//! The one writer of standard output, and how answers look.

use std::io::{self, ErrorKind, IsTerminal, Write};
use std::sync::{Mutex, PoisonError};

use clap::ValueEnum;
use comfy_table::{Attribute, Cell, CellAlignment, ContentArrangement, Table, presets};
use serde::Serialize;

/// When to use colours.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub enum Color {
    /// On a terminal, unless `NO_COLOR` is set
    #[default]
    Auto,
    /// Always
    Always,
    /// Never
    Never,
}

/// How a piece of text looks where there are colours.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Style {
    /// All is well.
    Green,
    /// Soon it is not.
    Yellow,
    /// It is not.
    Red,
    /// Less than the rest.
    Faint,
}

/// Writes answers. Whoever stops reading them ends the output silently.
#[derive(Debug)]
pub struct Output {
    json: bool,
    color: bool,
    failure: Mutex<Option<io::Error>>,
}

impl Output {
    /// Output of the process.
    #[must_use]
    pub fn new(json: bool, color: Color) -> Self {
        let color = match color {
            Color::Always => true,
            Color::Never => false,
            Color::Auto => {
                io::stdout().is_terminal()
                    && std::env::var_os("NO_COLOR").is_none_or(|v| v.is_empty())
            }
        };
        Self { json, color, failure: Mutex::new(None) }
    }

    /// Whether the answer has to be JSON.
    #[must_use]
    pub fn is_json(&self) -> bool {
        self.json
    }

    /// Writes text as it is.
    pub fn text(&self, text: &str) {
        let mut failure = self.failure.lock().unwrap_or_else(PoisonError::into_inner);
        if failure.is_none() {
            let mut stdout = io::stdout().lock();
            let written = stdout.write_all(text.as_bytes()).and_then(|()| stdout.flush());
            *failure = written.err();
        }
    }

    /// Says something beside the answer, on standard error.
    pub fn aside(&self, text: &str) {
        // Who has closed it does not want to know.
        let _closed = io::stderr().write_all(format!("{text}\n").as_bytes());
    }

    /// Writes text in place of what the terminal shows; elsewhere, after it.
    pub fn redraw(&self, text: &str) {
        if !io::stdout().is_terminal() {
            return self.text(&format!("{text}\n"));
        }
        // What has no room is cut off, on the right and below: a line that wrapped would
        // scroll the first ones away.
        let rows = Self::terminal_size().map_or(usize::MAX, |(_, rows)| rows.saturating_sub(1));
        // From the upper left corner on, without a moment of emptiness: each line clears
        // what stood right of it, the last one what stood below.
        let lines: String =
            text.lines().take(rows).map(|line| format!("{line}\u{1b}[K\n")).collect();
        self.text(&format!("\u{1b}[?7l\u{1b}[H{lines}\u{1b}[J\u{1b}[?7h"));
    }

    /// Writes one of many answers: JSON on a line of its own.
    pub fn json_line(&self, answer: &impl Serialize) {
        let json = serde_json::to_string(answer).expect("answers have text keys only");
        self.text(&format!("{json}\n"));
    }

    /// Writes an answer as JSON.
    pub fn json(&self, answer: &impl Serialize) {
        let json = serde_json::to_string_pretty(answer).expect("answers have text keys only");
        self.text(&format!("{json}\n"));
    }

    /// Whether text may have colours.
    #[must_use]
    pub fn has_color(&self) -> bool {
        self.color
    }

    /// How many columns the terminal has; `None` where the output is none.
    #[must_use]
    pub fn terminal_width(&self) -> Option<usize> {
        Self::terminal_size().map(|(columns, _)| columns)
    }

    /// Columns and rows; a terminal that does not say them has 0 of each.
    fn terminal_size() -> Option<(usize, usize)> {
        let size = rustix::termios::tcgetwinsize(io::stdout()).ok()?;
        let known = size.ws_col > 0 && size.ws_row > 0;
        known.then(|| (size.ws_col.into(), size.ws_row.into()))
    }

    /// Text in a style, where there are colours.
    #[must_use]
    pub fn styled(&self, style: Style, text: &str) -> String {
        if !self.color || text.is_empty() {
            return text.to_owned();
        }
        let code = match style {
            Style::Green => 32,
            Style::Yellow => 33,
            Style::Red => 31,
            Style::Faint => 2,
        };
        format!("\u{1b}[{code}m{text}\u{1b}[0m")
    }

    /// Text that stands out.
    #[must_use]
    pub fn strong(&self, text: &str) -> String {
        if self.color { format!("\u{1b}[1m{text}\u{1b}[0m") } else { text.to_owned() }
    }

    /// A table; its columns are as wide as their widest cell, so that no digit is lost.
    #[must_use]
    pub fn table<const N: usize>(&self, columns: [Column; N], rows: Vec<[String; N]>) -> String {
        let mut table = Table::new();
        table.load_style(presets::NOTHING).set_content_arrangement(ContentArrangement::Disabled);
        if self.color {
            table.enforce_styling();
        } else {
            table.force_no_tty();
        }
        table.set_header(
            columns.map(|column| Cell::new(column.title()).add_attribute(Attribute::Bold)),
        );
        for row in rows {
            table.add_row(row);
        }
        for (index, column) in columns.into_iter().enumerate() {
            let shown = table.column_mut(index).expect("the header has as many");
            shown.set_padding((0, 2));
            shown.set_cell_alignment(column.alignment());
        }
        format!("{}\n", table.trim_fmt())
    }

    /// Whether nothing can be written any more.
    #[must_use]
    pub fn is_closed(&self) -> bool {
        self.failure.lock().unwrap_or_else(PoisonError::into_inner).is_some()
    }

    /// Whether everything was written. A reader that went away is no failure.
    pub fn finish(&self) -> io::Result<()> {
        let mut failure = self.failure.lock().unwrap_or_else(PoisonError::into_inner);
        match failure.take() {
            Some(error) if error.kind() != ErrorKind::BrokenPipe => Err(error),
            _ => Ok(()),
        }
    }
}

/// A column of a table.
#[derive(Debug, Clone, Copy)]
pub enum Column {
    /// Words, from the left.
    Text(&'static str),
    /// Figures, from the right.
    Figure(&'static str),
}

impl Column {
    /// What its heading says.
    #[must_use]
    pub fn title(self) -> &'static str {
        match self {
            Column::Text(title) | Column::Figure(title) => title,
        }
    }

    fn alignment(self) -> CellAlignment {
        match self {
            Column::Text(_) => CellAlignment::Left,
            Column::Figure(_) => CellAlignment::Right,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_stand_on_the_right_and_lose_no_digit() {
        let output = Output::new(false, Color::Never);
        let columns = [Column::Text("Feature"), Column::Figure("Cost")];
        let long = "$0.000000000000000001".to_owned();
        let rows = vec![["chat".to_owned(), "$12".to_owned()], ["x".to_owned(), long]];
        let expected = "\
Feature                   Cost
chat                       $12
x        $0.000000000000000001
";
        assert_eq!(output.table(columns, rows), expected);
    }
}
