//! That something is under way, on a terminal.

use std::io::IsTerminal;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::figures::count;

/// Standard error; nowhere where that is no terminal.
pub(super) fn draw_target() -> ProgressDrawTarget {
    match std::io::stderr().is_terminal() {
        true => ProgressDrawTarget::stderr(),
        false => ProgressDrawTarget::hidden(),
    }
}

/// A line on standard error; nothing where that is no terminal.
#[derive(Debug)]
pub(super) struct Spinner(ProgressBar);

impl Spinner {
    /// A line that is not shown before there is something to say.
    pub(super) fn new() -> Self {
        let style = ProgressStyle::with_template("{spinner} {msg}  {elapsed}");
        let bar = ProgressBar::with_draw_target(None, draw_target());
        Self(bar.with_style(style.expect("the template is right")))
    }

    /// Says how far it is.
    pub(super) fn say(&self, text: String) {
        self.0.set_message(text);
        self.0.tick();
    }

    /// `1,234 records/s` since the beginning.
    pub(super) fn rate(&self, records: i64) -> String {
        let elapsed_ms = i128::try_from(self.0.elapsed().as_millis().max(1)).unwrap_or(i128::MAX);
        format!("{} records/s", count(i128::from(records) * 1_000 / elapsed_ms))
    }
}

impl Drop for Spinner {
    /// Takes the line away.
    fn drop(&mut self) {
        self.0.finish_and_clear();
    }
}
