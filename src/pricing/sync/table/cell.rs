//! What the cells of a row say.

use chrono::{DateTime, NaiveDate, NaiveTime, Utc, Weekday};
use chrono_tz::Tz;
use rust_decimal::Decimal;

use super::super::listed::Terms;
use super::super::number;
use super::{Row, WrongCell};
use crate::domain::meter::Meter;
use crate::domain::quantities::{self, QuantityError};
use crate::pricing::schedule::{Days, Schedule, Window};
use crate::pricing::set::{Amount, AmountError};

/// What is wrong with a cell.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CellError {
    /// The table lacks a column.
    #[error("there is no such column, and it is required")]
    NoColumn,
    /// A column means nothing.
    #[error("there is no column of this name to read")]
    UnknownColumn,
    /// A value is a list or a truth value.
    #[error("must be a string or a number")]
    Form,
    /// A required cell is empty.
    #[error("must not be empty")]
    Missing,
    /// A cell says something where nothing may be said.
    #[error("must be empty in a row of this kind")]
    Unexpected,
    /// Two cells say the same thing.
    #[error("is given twice")]
    Twice,
    /// Rows of one rate disagree.
    #[error("must be the same in all rows of the rate")]
    Disagrees,
    /// A rate has only tiers.
    #[error("the rate needs a row without a tier too")]
    OnlyTiers,
    /// A provider's key is not in lower case.
    #[error("must be in lower case")]
    NotLowerCase,
    /// It is no kind of price set.
    #[error("must be base, variant, free or unpriced")]
    Kind,
    /// It is no count.
    #[error("must be a whole number")]
    Count,
    /// It is no instant.
    #[error("must be a day such as 2026-01-31 or a time such as 2026-01-31T16:00:00Z")]
    Time,
    /// It is no time of day.
    #[error("must be a time of day such as 16:30")]
    TimeOfDay,
    /// It is no time zone.
    #[error("must be a time zone such as UTC or Asia/Shanghai")]
    Zone,
    /// It is no days of the week.
    #[error("must be days of the week such as mon-fri or mon,wed")]
    Days,
    /// It is no terms.
    #[error("must be terms such as service_tier=flex;processing=batch")]
    Terms,
    /// There is no such meter.
    #[error("there is no such meter in meters.toml")]
    UnknownMeter,
    /// It is no number of units.
    #[error("must be a whole number of units from 1")]
    Units,
    /// It is no number.
    #[error("must be a number that is not negative")]
    Number,
    /// It is no price.
    #[error(transparent)]
    Amount(#[from] AmountError),
    /// It is no quantity.
    #[error(transparent)]
    Quantity(#[from] QuantityError),
    /// Prices are in US dollars.
    #[error("must be USD")]
    Currency,
}

/// What a row says.
#[derive(Debug)]
pub(super) struct Line {
    pub(super) provider: String,
    pub(super) model: String,
    pub(super) set: SetKey,
    /// Absent in a set without rates.
    pub(super) price: Option<Price>,
}

/// What tells a price set of a model from its others.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct SetKey {
    pub(super) ordinal: u32,
    pub(super) terms: Terms,
    pub(super) schedule: Schedule,
    pub(super) free: bool,
}

#[derive(Debug, Clone, Copy)]
pub(super) struct Price {
    pub(super) meter: Meter,
    pub(super) above: Option<u64>,
    pub(super) amount: Amount,
    pub(super) per: u32,
    pub(super) min_quantity: Option<Decimal>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Base,
    Variant,
    Free,
    Unpriced,
}

/// Reads the cells of a row and keeps what is wrong with them.
struct Reader<'a> {
    row: &'a Row,
    errors: Vec<WrongCell>,
}

pub(super) fn line(row: &Row) -> Result<Line, Vec<WrongCell>> {
    let mut reader = Reader { row, errors: Vec::new() };
    let line = reader.line();
    match line {
        Some(line) if reader.errors.is_empty() => Ok(line),
        _ => Err(reader.errors),
    }
}

impl Reader<'_> {
    fn line(&mut self) -> Option<Line> {
        let provider = self.needed("provider", lower_case);
        let model = self.needed("model", |text| Ok(text.to_owned()));
        let terms = self.cell("context", terms).map(Option::unwrap_or_default);
        let implied = if self.text("context").is_empty() { Kind::Base } else { Kind::Variant };
        let kind = self.cell("kind", kind).map(|kind| kind.unwrap_or(implied));
        let ordinal = self.cell("ordinal", count);
        let schedule = self.schedule();
        self.cell("currency", currency);
        let price = if matches!(kind, Some(Kind::Free | Kind::Unpriced)) {
            let of_rates = ["meter", "amount", "tier_above", "per", "min_quantity"];
            of_rates.into_iter().for_each(|column| self.empty(column));
            None
        } else {
            Some(self.price())
        };
        match kind? {
            Kind::Variant if implied == Kind::Base => self.wrong("context", CellError::Missing),
            Kind::Variant => {}
            _ => self.empty("context"),
        }
        let free = kind? == Kind::Free;
        let set =
            SetKey { ordinal: ordinal?.unwrap_or(0), terms: terms?, schedule: schedule?, free };
        let price = match price {
            Some(price) => Some(price?),
            None => None,
        };
        Some(Line { provider: provider?, model: model?, set, price })
    }

    fn schedule(&mut self) -> Option<Schedule> {
        let from = self.cell("effective_from", time);
        let to = self.cell("effective_to", time);
        let has_window = !self.text("window_from").is_empty() || !self.text("window_to").is_empty();
        let window = if has_window {
            Some(self.window())
        } else {
            self.empty("zone");
            self.empty("days");
            None
        };
        let window = match window {
            Some(window) => Some(window?),
            None => None,
        };
        Some(Schedule { from: from?, to: to?, window })
    }

    fn window(&mut self) -> Option<Window> {
        let from = self.needed("window_from", time_of_day);
        let to = self.needed("window_to", time_of_day);
        let zone = self.cell("zone", |text| text.parse().map_err(|_| CellError::Zone));
        let days = self.cell("days", |text| days(text).ok_or(CellError::Days));
        Some(Window {
            from: from?,
            to: to?,
            zone: zone?.unwrap_or(Tz::UTC),
            days: days?.unwrap_or(Days::ALL),
        })
    }

    fn price(&mut self) -> Option<Price> {
        let meter = self.needed("meter", |key| Meter::by_key(key).ok_or(CellError::UnknownMeter));
        let above = self.cell("tier_above", count);
        let amount = self.needed("amount", amount);
        let per = self.cell("per", units);
        let least = self.cell("min_quantity", |text| Ok(quantities::parse(text)?));
        let meter = meter?;
        Some(Price {
            meter,
            above: above?,
            amount: amount?,
            per: per?.unwrap_or(meter.per()),
            min_quantity: least?,
        })
    }

    fn text(&self, column: &'static str) -> &str {
        self.row.cells.get(column).map_or("", String::as_str)
    }

    fn wrong(&mut self, column: &'static str, problem: CellError) {
        self.errors.push(WrongCell { place: self.row.place, column: column.to_owned(), problem });
    }

    fn empty(&mut self, column: &'static str) {
        if !self.text(column).is_empty() {
            self.wrong(column, CellError::Unexpected);
        }
    }

    /// What a cell says, or that it is empty; `None` where it is wrong.
    fn cell<T>(
        &mut self,
        column: &'static str,
        parse: impl FnOnce(&str) -> Result<T, CellError>,
    ) -> Option<Option<T>> {
        if self.text(column).is_empty() {
            return Some(None);
        }
        match parse(self.text(column)) {
            Ok(value) => Some(Some(value)),
            Err(problem) => {
                self.wrong(column, problem);
                None
            }
        }
    }

    fn needed<T>(
        &mut self,
        column: &'static str,
        parse: impl FnOnce(&str) -> Result<T, CellError>,
    ) -> Option<T> {
        let value = self.cell(column, parse)?;
        if value.is_none() {
            self.wrong(column, CellError::Missing);
        }
        value
    }
}

fn lower_case(text: &str) -> Result<String, CellError> {
    if text.to_lowercase() == text { Ok(text.to_owned()) } else { Err(CellError::NotLowerCase) }
}

fn kind(text: &str) -> Result<Kind, CellError> {
    match text {
        "base" => Ok(Kind::Base),
        "variant" => Ok(Kind::Variant),
        "free" => Ok(Kind::Free),
        "unpriced" => Ok(Kind::Unpriced),
        _ => Err(CellError::Kind),
    }
}

fn count<T: std::str::FromStr>(text: &str) -> Result<T, CellError> {
    text.parse().map_err(|_| CellError::Count)
}

fn units(text: &str) -> Result<u32, CellError> {
    text.parse().ok().filter(|units| *units > 0).ok_or(CellError::Units)
}

fn amount(text: &str) -> Result<Amount, CellError> {
    Ok(Amount::new(number::exact(text).ok_or(CellError::Number)?)?)
}

fn currency(text: &str) -> Result<(), CellError> {
    if text.eq_ignore_ascii_case("usd") { Ok(()) } else { Err(CellError::Currency) }
}

fn time(text: &str) -> Result<DateTime<Utc>, CellError> {
    let day =
        |text: &str| text.parse::<NaiveDate>().map(|day| day.and_time(NaiveTime::MIN).and_utc());
    DateTime::parse_from_rfc3339(text)
        .map(|time| time.to_utc())
        .or_else(|_| day(text))
        .map_err(|_| CellError::Time)
}

fn time_of_day(text: &str) -> Result<NaiveTime, CellError> {
    NaiveTime::parse_from_str(text, "%H:%M")
        .or_else(|_| NaiveTime::parse_from_str(text, "%H:%M:%S"))
        .map_err(|_| CellError::TimeOfDay)
}

fn days(text: &str) -> Option<Days> {
    let mut mask = 0;
    for part in text.split(',') {
        let (first, last) = part.split_once('-').unwrap_or((part, part));
        let (mut day, last): (Weekday, Weekday) =
            (first.trim().parse().ok()?, last.trim().parse().ok()?);
        mask |= 1 << last.num_days_from_monday();
        while day != last {
            mask |= 1 << day.num_days_from_monday();
            day = day.succ();
        }
    }
    Days::from_mask(mask)
}

fn terms(text: &str) -> Result<Terms, CellError> {
    let mut terms = Terms::new();
    for pair in text.split(';') {
        let (term, word) = pair.split_once('=').ok_or(CellError::Terms)?;
        let (term, word) = (term.trim(), word.trim());
        if term.is_empty() || word.is_empty() {
            return Err(CellError::Terms);
        }
        if terms.insert(term.into(), word.into()).is_some() {
            return Err(CellError::Twice);
        }
    }
    Ok(terms)
}
