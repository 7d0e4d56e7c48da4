//! How far an import is, on a terminal.

use std::io::Read;

use indicatif::{ProgressBar, ProgressStyle};

use super::report::Counts;
use crate::cli::figures::count;
use crate::cli::spinner::draw_target;

/// A bar on standard error; nothing where that is no terminal.
#[derive(Debug)]
pub(super) struct Progress(ProgressBar);

impl Progress {
    /// A bar that is not shown before something is read.
    pub(super) fn new() -> Self {
        Self(ProgressBar::with_draw_target(None, draw_target()))
    }

    /// Moves the bar as `input` is read.
    pub(super) fn watch<R: Read>(&self, input: R, size: Option<u64>) -> impl Read + use<R> {
        let template = match size {
            Some(_) => "{bar:30} {percent:>3} %  {msg}  {elapsed}, {eta} left",
            None => "{spinner} {bytes}  {msg}  {elapsed}",
        };
        self.0.set_style(ProgressStyle::with_template(template).expect("the template is right"));
        if let Some(size) = size {
            self.0.set_length(size);
        }
        self.0.wrap_read(input)
    }

    /// Shows the counts, and the rate since the beginning.
    pub(super) fn show(&self, counts: Counts) {
        let records = counts.stored + counts.duplicate + counts.refused;
        let elapsed_ms = self.0.elapsed().as_millis().max(1);
        let rate = count(u128::from(records) * 1_000 / elapsed_ms);
        let Counts { stored, duplicate, refused } = counts;
        let counts = format!(
            "{} stored, {} known, {} refused",
            count(stored),
            count(duplicate),
            count(refused)
        );
        self.0.set_message(format!("{counts}, {rate} records/s"));
    }

    /// Says something above the bar.
    pub(super) fn note(&self, text: &str) {
        self.0.println(text);
    }

    /// Takes the bar away.
    pub(super) fn end(&self) {
        self.0.finish_and_clear();
    }
}
