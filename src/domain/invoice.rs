//! A provider's cost export: what it says that each day of each model cost.

mod amount;
mod csv;
mod gap;
mod json;

use chrono::{DateTime, NaiveDate};

use super::money::Money;
use super::period::Zone;
use super::violation::Violations;

pub use gap::{GapKind, Judged, Pair, Recorded, judge};

/// How an export is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// Comma-separated values with a header.
    Csv,
    /// Pages of OpenAI's costs API.
    OpenAi,
    /// Pages of Anthropic's cost report API.
    Anthropic,
}

/// One line about usage.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// The day.
    pub day: NaiveDate,
    /// What was used, as it is written; empty where the export does not say.
    pub name: String,
    /// What it cost; negative where something is given back.
    pub amount: Money,
}

/// An export that was read: at least one line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Invoice {
    /// Lines about usage, in their order.
    pub lines: Vec<Line>,
    /// How many lines are about something else, such as taxes.
    pub other_line_count: i64,
    /// The most decimals of an amount, at most 18: how finely it is rounded.
    pub decimals: u32,
}

/// A line as it is written, with what is wrong with it.
type Read = Result<RawLine, Problem>;

/// Why a line was refused, and where it is.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Problem {
    place: String,
    what: String,
}

/// A line before it is known what it is about.
#[derive(Debug, Clone, PartialEq, Eq)]
struct RawLine {
    day: NaiveDate,
    name: String,
    amount: amount::Amount,
}

impl Invoice {
    /// The most lines whose problems are told.
    const PROBLEMS_MAX: usize = 20;

    /// Reads an export; instants belong to the days of `zone`. Every problem comes with the
    /// line or bucket that has it.
    pub fn read(text: &str, format: Option<Format>, zone: Zone) -> Result<Self, Violations> {
        let text = text.trim_start_matches('\u{feff}').trim();
        let mut violations = Violations::default();
        if text.is_empty() {
            violations.add("invoice", "is required");
            return Err(violations);
        }
        let read = match format.unwrap_or_else(|| guess(text)) {
            Format::Csv => csv::read(text, zone),
            Format::OpenAi => json::read_openai(text, zone),
            Format::Anthropic => json::read_anthropic(text, zone),
        };
        let lines = match read {
            Ok(lines) => lines,
            Err(problem) => {
                violations.add("invoice", problem);
                return Err(violations);
            }
        };
        let mut invoice = Self { lines: Vec::new(), other_line_count: 0, decimals: 0 };
        let mut problems = Vec::new();
        for line in lines {
            match line {
                Ok(line) => invoice.add(line),
                Err(problem) => problems.push(problem),
            }
        }
        note(&problems, &mut violations);
        if invoice.lines.is_empty() && problems.is_empty() {
            violations.add("invoice", "has no line about usage");
        }
        violations.into_result()?;
        invoice.leave_out_unnamed();
        Ok(invoice)
    }

    fn add(&mut self, line: RawLine) {
        if is_other(&line.name) {
            self.other_line_count += 1;
            return;
        }
        self.decimals = self.decimals.max(line.amount.decimals);
        let RawLine { day, name, amount } = line;
        self.lines.push(Line { day, name, amount: amount.money });
    }

    /// An export that names no model at all is compared day by day; where others have one, a
    /// line without a name is about something else.
    fn leave_out_unnamed(&mut self) {
        if self.lines.iter().all(|line| line.name.is_empty()) {
            return;
        }
        let before = self.lines.len();
        self.lines.retain(|line| !line.name.is_empty());
        let others = i64::try_from(before - self.lines.len()).expect("a text has few lines");
        self.other_line_count += others;
    }

    /// Whether lines name what was used.
    #[must_use]
    pub fn has_names(&self) -> bool {
        self.lines.iter().any(|line| !line.name.is_empty())
    }

    /// The first and the last day.
    #[must_use]
    pub fn days(&self) -> (NaiveDate, NaiveDate) {
        let days = || self.lines.iter().map(|line| line.day);
        let ends = days().min().zip(days().max());
        ends.expect("what was read has at least one line")
    }
}

fn note(problems: &[Problem], violations: &mut Violations) {
    for problem in problems.iter().take(Invoice::PROBLEMS_MAX) {
        violations.add("invoice", format!("{}: {}", problem.place, problem.what));
    }
    if let Some(more) = problems.len().checked_sub(Invoice::PROBLEMS_MAX).filter(|n| *n > 0) {
        violations.add("invoice", format!("and {more} more lines"));
    }
}

/// Finds the form from the text.
fn guess(text: &str) -> Format {
    if !text.starts_with(['{', '[']) {
        return Format::Csv;
    }
    if text.contains("\"starting_at\"") { Format::Anthropic } else { Format::OpenAi }
}

/// Whether a line is about money alone, such as a tax or a sum of other lines.
fn is_other(name: &str) -> bool {
    const WORDS: [&str; 17] = [
        "tax",
        "taxes",
        "vat",
        "gst",
        "credit",
        "credits",
        "refund",
        "discount",
        "subtotal",
        "total",
        "fee",
        "fees",
        "subscription",
        "seat",
        "seats",
        "adjustment",
        "payment",
    ];
    let lower = name.to_lowercase();
    lower.split(|c: char| !c.is_alphanumeric()).any(|word| WORDS.contains(&word))
}

/// A day as exports write it: a date, seconds since 1970, or an instant with its zone.
fn day(text: &str, zone: Zone) -> Result<NaiveDate, String> {
    let text = text.trim();
    let is_seconds = text.len() > 8 && text.bytes().all(|byte| byte.is_ascii_digit());
    let instant = if is_seconds {
        text.parse().ok().and_then(|seconds| DateTime::from_timestamp(seconds, 0))
    } else {
        DateTime::parse_from_rfc3339(text).ok().map(|instant| instant.to_utc())
    };
    let date = || {
        let (date, rest) = (text.get(..10)?, text.get(10..)?);
        // A time without a zone is one of the export's own.
        let ends = rest.is_empty() || rest.starts_with(['T', ' ']);
        ends.then(|| NaiveDate::parse_from_str(date, "%Y-%m-%d").ok()).flatten()
    };
    let day = instant.map(|instant| zone.day_of(instant)).or_else(date);
    let plausible = day.filter(|day| (1970..3000).contains(&chrono::Datelike::year(day)));
    plausible.ok_or_else(|| {
        format!("{:?} is no day: write it as 2026-11-22", text.chars().take(40).collect::<String>())
    })
}

#[cfg(test)]
mod tests;
