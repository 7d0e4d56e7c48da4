//! Writes a catalogue as a table.

use chrono::{DateTime, NaiveTime, SecondsFormat, Utc, Weekday};

use super::super::listed::{self, Terms};
use super::COLUMNS;
use crate::pricing::catalogue::{Catalogue, Model, Provider};
use crate::pricing::schedule::{Days, Window};
use crate::pricing::set::{Amount, PriceSet, Rate};

/// The prices of `catalogue` as CSV, one rate a line: of each model what its price
/// list said last. Reading it gives the same price sets.
#[must_use]
pub fn write(catalogue: &Catalogue) -> String {
    let mut out = csv::Writer::from_writer(Vec::new());
    let models = catalogue.models().flat_map(|(provider, model)| rows(provider, model));
    for row in std::iter::once(COLUMNS.map(str::to_owned)).chain(models) {
        out.write_record(row).expect("memory takes anything, and rows are of one length");
    }
    let bytes = out.into_inner().expect("memory takes anything");
    String::from_utf8(bytes).expect("the cells are text")
}

type Cells = [String; COLUMNS.len()];

/// What the rows of one set share.
struct Head<'a> {
    provider: &'a str,
    model: &'a str,
    kind: &'a str,
    ordinal: usize,
    terms: &'a Terms,
    set: &'a PriceSet,
}

fn rows(provider: &Provider, model: &Model) -> Vec<Cells> {
    let none = Terms::new();
    let head = |kind, ordinal, terms, set| Head {
        provider: &provider.key,
        model: &model.key,
        kind,
        ordinal,
        terms,
        set,
    };
    let base = listed::base(model).iter().enumerate();
    let base = base.flat_map(|(ordinal, set)| head(kind(set), ordinal, &none, set).rows());
    let variants = listed::variants(model).iter().enumerate();
    let variants = variants.flat_map(|(ordinal, variant)| {
        head("variant", ordinal, &variant.terms, &variant.set).rows()
    });
    base.chain(variants).collect()
}

fn kind(set: &PriceSet) -> &'static str {
    match (set.free, set.rates.is_empty()) {
        (true, _) => "free",
        (false, true) => "unpriced",
        (false, false) => "base",
    }
}

impl Head<'_> {
    fn rows(&self) -> Vec<Cells> {
        let has_rates = matches!(self.kind, "base" | "variant");
        let alone = (!has_rates).then(|| self.row(Default::default()));
        let prices = self.set.rates.iter().flat_map(|rate| {
            rate.amounts().map(move |(above, amount)| self.row(price(rate, above, amount)))
        });
        alone.into_iter().chain(prices).collect()
    }

    /// The row of a price: the meter's cells come last, in the columns' order.
    fn row(&self, price: [String; 6]) -> Cells {
        let [meter, above, amount, per, currency, least] = price;
        let schedule = &self.set.schedule;
        let time = |at: Option<DateTime<Utc>>| {
            at.map(|at| at.to_rfc3339_opts(SecondsFormat::AutoSi, true)).unwrap_or_default()
        };
        let [from, to, zone, days] = schedule.window.as_ref().map(window).unwrap_or_default();
        [
            self.provider.to_owned(),
            self.model.to_owned(),
            self.kind.to_owned(),
            self.ordinal.to_string(),
            time(schedule.from),
            time(schedule.to),
            from,
            to,
            zone,
            days,
            context(self.terms),
            meter,
            above,
            amount,
            per,
            currency,
            least,
        ]
    }
}

fn price(rate: &Rate, above: Option<u64>, amount: Amount) -> [String; 6] {
    [
        rate.meter.key().to_owned(),
        above.map(|start| start.to_string()).unwrap_or_default(),
        amount.to_string(),
        rate.per.to_string(),
        "USD".to_owned(),
        rate.min_quantity.map(|least| least.to_string()).unwrap_or_default(),
    ]
}

fn window(window: &Window) -> [String; 4] {
    let time = |time: NaiveTime| time.format("%H:%M:%S").to_string();
    let days = if window.days == Days::ALL { String::new() } else { days(window.days) };
    [time(window.from), time(window.to), window.zone.name().to_owned(), days]
}

fn days(days: Days) -> String {
    let week = (0..7).filter_map(|day| Weekday::try_from(day).ok());
    let words = week.filter(|day| days.contains(*day)).map(|day| day.to_string().to_lowercase());
    words.collect::<Vec<_>>().join(",")
}

fn context(terms: &Terms) -> String {
    terms.iter().map(|(term, word)| format!("{term}={word}")).collect::<Vec<_>>().join(";")
}
