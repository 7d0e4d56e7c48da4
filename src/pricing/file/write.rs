//! Writes a catalogue as text.

use std::fmt::Write as _;
use std::path::Path;

use chrono::{DateTime, NaiveTime, SecondsFormat, Utc, Weekday};
use toml::{Table, Value};

use super::{MANIFEST, Manifest, SourceEntry, file_name};
use crate::pricing::catalogue::{Catalogue, Model, Provider};
use crate::pricing::rule::Rule;
use crate::pricing::schedule::{Days, Schedule, Window};
use crate::pricing::set::{PriceSet, Rate};
use crate::pricing::version::Version;

/// Writes the files of `catalogue` into `directory`, over those of the same name.
pub fn write_directory(catalogue: &Catalogue, directory: &Path) -> std::io::Result<()> {
    std::fs::create_dir_all(directory)?;
    files(catalogue).iter().try_for_each(|(name, text)| std::fs::write(directory.join(name), text))
}

/// The files of `catalogue`: names and texts, the manifest first.
#[must_use]
pub fn files(catalogue: &Catalogue) -> Vec<(String, String)> {
    let providers = catalogue.providers().iter().map(|p| (file_name(&p.key), provider(p)));
    std::iter::once((MANIFEST.to_owned(), manifest(catalogue))).chain(providers).collect()
}

fn manifest(catalogue: &Catalogue) -> String {
    let source = catalogue.source().clone();
    let manifest = Manifest {
        providers: catalogue.providers().iter().map(|provider| provider.key.clone()).collect(),
        source: SourceEntry {
            name: source.name,
            version: source.version,
            sha256: source.sha256,
            licence: source.licence,
            attribution: source.attribution,
        },
    };
    toml::to_string_pretty(&manifest).expect("a manifest has only strings and lists")
}

/// The text of one provider's file.
#[must_use]
pub fn provider(provider: &Provider) -> String {
    let mut out = String::from("[provider]\n");
    line(&mut out, "key", text(&provider.key));
    line(&mut out, "name", text(&provider.name));
    list(&mut out, "aliases", provider.aliases.iter().map(AsRef::as_ref));
    list(&mut out, "api", provider.api.iter().map(|address| address.0.as_ref()));
    rule(&mut out, "id_match", &provider.id_match);
    rule(&mut out, "model_match", &provider.model_match);
    list(&mut out, "fallbacks", provider.fallbacks.iter().map(AsRef::as_ref));
    provider.models.iter().for_each(|entry| model(&mut out, entry));
    out
}

fn model(out: &mut String, model: &Model) {
    out.push_str("\n[[model]]\n");
    line(out, "key", text(&model.key));
    if let Some(name) = &model.name {
        line(out, "name", text(name));
    }
    if let Some(window) = model.context_window {
        writeln!(out, "context_window = {window}").expect("a string takes anything");
    }
    if model.deprecated {
        line(out, "deprecated", Value::Boolean(true));
    }
    rule(out, "match", &model.rule);
    if let Some(version) = model.listed() {
        prices(out, version);
    }
}

fn prices(out: &mut String, version: &Version) {
    for base in &version.base {
        out.push_str("[[model.price]]\n");
        set(out, base);
    }
    for variant in &version.variants {
        out.push_str("[[model.variant]]\n");
        let terms: Table =
            variant.terms.iter().map(|(term, word)| (term.to_string(), text(word))).collect();
        line(out, "when", Value::Table(terms));
        set(out, &variant.set);
    }
}

fn set(out: &mut String, set: &PriceSet) {
    schedule(out, &set.schedule);
    if set.free {
        line(out, "free", Value::Boolean(true));
    }
    let rates: Table =
        set.rates.iter().map(|rate| (rate.meter.key().to_owned(), rate_value(rate))).collect();
    if !rates.is_empty() {
        line(out, "rates", Value::Table(rates));
    }
}

fn rate_value(rate: &Rate) -> Value {
    let base = text(&rate.base.to_string());
    if rate.above.is_empty() && rate.min_quantity.is_none() {
        return base;
    }
    let mut table = Table::from_iter([("base".to_owned(), base)]);
    if !rate.above.is_empty() {
        let tiers =
            rate.above.iter().map(|(above, amount)| (above.to_string(), text(&amount.to_string())));
        table.insert("above".to_owned(), Value::Table(tiers.collect()));
    }
    if let Some(least) = rate.min_quantity {
        table.insert("min_quantity".to_owned(), text(&least.to_string()));
    }
    Value::Table(table)
}

fn schedule(out: &mut String, schedule: &Schedule) {
    let time = |at: DateTime<Utc>| text(&at.to_rfc3339_opts(SecondsFormat::AutoSi, true));
    if let Some(from) = schedule.from {
        line(out, "from", time(from));
    }
    if let Some(to) = schedule.to {
        line(out, "to", time(to));
    }
    if let Some(window) = &schedule.window {
        line(out, "window", window_value(window));
    }
}

fn window_value(window: &Window) -> Value {
    let time = |time: NaiveTime| text(&time.format("%H:%M:%S").to_string());
    let mut table = Table::from_iter([
        ("from".to_owned(), time(window.from)),
        ("to".to_owned(), time(window.to)),
        ("zone".to_owned(), text(window.zone.name())),
    ]);
    if window.days != Days::ALL {
        let week = (0..7).filter_map(|day| Weekday::try_from(day).ok());
        let days = week.filter(|day| window.days.contains(*day));
        let words = days.map(|day| text(&day.to_string().to_lowercase()));
        table.insert("days".to_owned(), Value::Array(words.collect()));
    }
    Value::Table(table)
}

fn rule(out: &mut String, key: &str, rule: &Rule) {
    if *rule != Rule::default() {
        line(out, key, Value::try_from(rule).expect("a rule has only strings and lists"));
    }
}

fn list<'a>(out: &mut String, key: &str, words: impl ExactSizeIterator<Item = &'a str>) {
    if words.len() > 0 {
        line(out, key, Value::Array(words.map(text).collect()));
    }
}

fn line(out: &mut String, key: &str, value: Value) {
    // A table's text is its inline form.
    writeln!(out, "{key} = {value}").expect("a string takes anything");
}

fn text(text: &str) -> Value {
    Value::String(text.to_owned())
}
