//! Prices of certain hours. They replace the usual ones, tiers included.

use chrono::{NaiveTime, Offset, TimeDelta, TimeZone};
use chrono_tz::Tz;
use serde::Deserialize;
use serde_json::{Map, Value};

use super::prices::{Price, Prices};
use super::{Unpriceable, price_of};
use crate::pricing::schedule::{Days, Window};

/// The hours, and the prices that replace others in them.
#[derive(Debug)]
pub(super) struct OffPeak {
    pub(super) windows: Vec<Window>,
    pub(super) prices: Prices,
}

#[derive(Deserialize)]
struct Form {
    #[serde(default)]
    hours_utc: Hours,
    #[serde(default)]
    windows: Vec<Rule>,
    weekday_timezone: Option<String>,
    #[serde(flatten)]
    prices: Map<String, Value>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Rule {
    hours_utc: Hours,
    weekdays: Option<Vec<u8>>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Hours {
    One(String),
    Many(Vec<String>),
}

impl Default for Hours {
    fn default() -> Self {
        Self::Many(Vec::new())
    }
}

impl Hours {
    fn all(&self) -> &[String] {
        match self {
            Self::One(hours) => std::slice::from_ref(hours),
            Self::Many(hours) => hours,
        }
    }
}

pub(super) fn read(value: &Value, mode: &str) -> Result<OffPeak, Unpriceable> {
    let form: Form = serde_json::from_value(value.clone()).map_err(|_| Unpriceable::Hours)?;
    let mut prices = Prices::new();
    for (field, value) in &form.prices {
        let (meter, price) = price_of(field, value, mode)?;
        prices.insert(meter, Price::flat(price));
    }
    let windows = form.windows().ok_or(Unpriceable::Hours)?;
    Ok(OffPeak { windows, prices })
}

impl Form {
    fn windows(&self) -> Option<Vec<Window>> {
        let zone = self.weekday_timezone.as_deref().unwrap_or("UTC").parse().ok()?;
        let daily = self.hours_utc.all().iter().map(|hours| (hours, Some(Days::ALL)));
        let weekly = self.windows.iter().flat_map(|rule| {
            let days = rule.weekdays.as_deref().map_or(Some(Days::ALL), days);
            rule.hours_utc.all().iter().map(move |hours| (hours, days))
        });
        let mut windows = Vec::new();
        for (hours, days) in daily.chain(weekly) {
            windows.extend(self::windows(hours, days?, zone)?);
        }
        (!windows.is_empty()).then_some(windows)
    }
}

/// Days that are numbered from Monday, which is 1.
fn days(numbers: &[u8]) -> Option<Days> {
    let bits = numbers.iter().map(|day| (1..=7).contains(day).then(|| 1_u8 << (day - 1)));
    Days::from_mask(bits.collect::<Option<Vec<_>>>()?.into_iter().fold(0, |mask, bit| mask | bit))
}

/// Hours in UTC on days in `zone`, as hours in `zone`. A day that is told as hours
/// from midnight to midnight is two windows, as one would be empty.
fn windows(hours: &str, days: Days, zone: Tz) -> Option<Vec<Window>> {
    let (from, to) = hours.split_once('-')?;
    let shift = fixed_offset(zone)?;
    let time = |text: &str| {
        let utc = NaiveTime::parse_from_str(text.trim(), "%H:%M").ok()?;
        Some(utc.overflowing_add_signed(shift).0)
    };
    let window = |from, to| Window { from, to, zone, days };
    let (from, to) = (time(from)?, time(to)?);
    if from != to {
        return Some(vec![window(from, to)]);
    }
    let noon = NaiveTime::MIN.overflowing_add_signed(TimeDelta::hours(12)).0;
    Some(vec![window(NaiveTime::MIN, noon), window(noon, NaiveTime::MIN)])
}

/// How far `zone` is ahead of UTC, if it is so in summer as in winter.
fn fixed_offset(zone: Tz) -> Option<TimeDelta> {
    let at = |month| {
        let day = chrono::NaiveDate::from_ymd_opt(2026, month, 1)?;
        let offset = zone.offset_from_utc_datetime(&day.and_time(NaiveTime::MIN)).fix();
        Some(TimeDelta::seconds(offset.local_minus_utc().into()))
    };
    at(1).filter(|winter| Some(*winter) == at(7))
}
