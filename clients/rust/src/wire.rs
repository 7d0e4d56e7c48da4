//! Money and time on their way between the wire and the types of this crate.

use std::time::SystemTime;

use prost_types::Timestamp;
use rust_decimal::Decimal;
use serde::Serializer;
use uuid::Uuid;

use crate::error::AnswerError;
use crate::proto;

/// An amount of US dollars as the service wants it.
pub(crate) fn money(amount: Decimal) -> proto::Money {
    // normalize() takes the trailing zeros; the service allows 18 decimals.
    let amount = amount.normalize().to_string();
    proto::Money { amount, currency_code: "USD".to_owned() }
}

/// Reads an amount that has to be there.
pub(crate) fn amount(field: &str, money: Option<proto::Money>) -> Result<Decimal, AnswerError> {
    optional_amount(field, money)?.ok_or_else(|| AnswerError::missing(field))
}

/// Reads an amount that may be absent.
pub(crate) fn optional_amount(
    field: &str,
    money: Option<proto::Money>,
) -> Result<Option<Decimal>, AnswerError> {
    let Some(money) = money else { return Ok(None) };
    if !matches!(money.currency_code.as_str(), "" | "USD") {
        return Err(AnswerError::bad(field, &money.currency_code));
    }
    let amount = Decimal::from_str_exact(&money.amount);
    amount.map(Some).map_err(|_| AnswerError::bad(field, &money.amount))
}

/// Reads a sum, which is 0 where nothing was added up.
pub(crate) fn amount_or_zero(
    field: &str,
    money: Option<proto::Money>,
) -> Result<Decimal, AnswerError> {
    Ok(optional_amount(field, money)?.unwrap_or_default())
}

/// Reads a quantity that is a decimal.
pub(crate) fn decimal(field: &str, text: &str) -> Result<Decimal, AnswerError> {
    Decimal::from_str_exact(text).map_err(|_| AnswerError::bad(field, &text))
}

/// Reads a quantity that is a decimal, or absent.
pub(crate) fn optional_decimal(field: &str, text: &str) -> Result<Option<Decimal>, AnswerError> {
    (!text.is_empty()).then(|| decimal(field, text)).transpose()
}

/// Reads an id that has to be there.
pub(crate) fn uuid(field: &str, text: &str) -> Result<Uuid, AnswerError> {
    Uuid::try_parse(text).map_err(|_| AnswerError::bad(field, &text))
}

/// Reads an id that may be absent.
pub(crate) fn optional_uuid(field: &str, text: &str) -> Result<Option<Uuid>, AnswerError> {
    (!text.is_empty()).then(|| uuid(field, text)).transpose()
}

/// The id of a price set, where there is one.
pub(crate) fn price_set_id(id: i64) -> Option<i64> {
    (id != 0).then_some(id)
}

/// Reads each of many.
pub(crate) fn all<W, T>(
    parts: Vec<W>,
    read: impl Fn(W) -> Result<T, AnswerError>,
) -> Result<Vec<T>, AnswerError> {
    parts.into_iter().map(read).collect()
}

/// Reads a time that has to be there.
pub(crate) fn time(field: &str, time: Option<Timestamp>) -> Result<SystemTime, AnswerError> {
    optional_time(field, time)?.ok_or_else(|| AnswerError::missing(field))
}

/// Reads a time that may be absent.
pub(crate) fn optional_time(
    field: &str,
    time: Option<Timestamp>,
) -> Result<Option<SystemTime>, AnswerError> {
    let read =
        |time: Timestamp| SystemTime::try_from(time).map_err(|_| AnswerError::bad(field, &time));
    time.map(read).transpose()
}

/// Writes a time as RFC 3339.
pub(crate) fn rfc3339<S: Serializer>(time: &SystemTime, out: S) -> Result<S::Ok, S::Error> {
    out.collect_str(&Timestamp::from(*time))
}

/// Writes a time as RFC 3339, or null.
pub(crate) fn optional_rfc3339<S: Serializer>(
    time: &Option<SystemTime>,
    out: S,
) -> Result<S::Ok, S::Error> {
    match time {
        Some(time) => rfc3339(time, out),
        None => out.serialize_none(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn money_is_exact_both_ways() {
        for text in ["0.000000000000000001", "-12.5", "99999999999", "0"] {
            let decimal = Decimal::from_str_exact(text).expect("a decimal");
            assert_eq!(money(decimal).amount, text);
            assert_eq!(amount("cost", Some(money(decimal))), Ok(decimal));
        }
        assert_eq!(money(Decimal::new(150, 2)).amount, "1.5");
    }

    #[test]
    fn what_is_not_promised_is_an_error() {
        let euro = proto::Money { amount: "1".to_owned(), currency_code: "EUR".to_owned() };
        assert_eq!(amount("cost", Some(euro)), Err(AnswerError::bad("cost", &"EUR")));
        assert_eq!(amount("cost", None), Err(AnswerError::missing("cost")));
    }
}
