//! How far the demo is, on a terminal.

use indicatif::{ProgressBar, ProgressStyle};

use crate::cli::figures::count;
use crate::cli::spinner::draw_target;

/// A bar on standard error; nothing where that is no terminal.
#[derive(Debug)]
pub(super) struct Progress(ProgressBar);

impl Progress {
    /// A bar for so many records.
    pub(super) fn of(records: u64) -> Self {
        let style =
            ProgressStyle::with_template("{bar:30} {percent:>3} %  {msg}  {elapsed}, {eta} left");
        let bar = ProgressBar::with_draw_target(Some(records), draw_target());
        Self(bar.with_style(style.expect("the template is right")))
    }

    /// Shows how many are there, and the rate since the beginning.
    pub(super) fn show(&self, records: u64) {
        let elapsed_ms = self.0.elapsed().as_millis().max(1);
        let rate = count(u128::from(records) * 1_000 / elapsed_ms);
        self.0.set_message(format!("{} records, {rate} records/s", count(records)));
        self.0.set_position(records);
    }
}

impl Drop for Progress {
    /// Takes the bar away.
    fn drop(&mut self) {
        self.0.finish_and_clear();
    }
}
