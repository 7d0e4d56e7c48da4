//! Looks into JSON, and takes nothing for what it is not.

use rust_decimal::Decimal;
use serde_json::{Map, Number, Value};

const COUNT_MAX: Decimal = Decimal::from_parts(1_410_065_408, 2, 0, false, 0);
const RAW_BYTES: usize = 8 * 1024;
const RAW_LEVELS: usize = 8;
const RAW_WIDTH: usize = 200;

/// The first of these fields that is there and not null; null where none is.
pub(super) fn get<'a, const N: usize>(value: &'a Value, names: [&str; N]) -> &'a Value {
    const NULL: &Value = &Value::Null;
    let found = names.iter().filter_map(|name| value.get(name));
    found.into_iter().find(|value| !value.is_null()).unwrap_or(NULL)
}

/// A text, or nothing.
pub(super) fn text<'a, const N: usize>(value: &'a Value, names: [&str; N]) -> &'a str {
    get(value, names).as_str().unwrap_or_default()
}

/// The items of a list, or none.
pub(super) fn items<'a, const N: usize>(value: &'a Value, names: [&str; N]) -> &'a [Value] {
    get(value, names).as_array().map_or(&[], Vec::as_slice)
}

/// A whole number that the service takes; some APIs write counts as fractions.
pub(super) fn count<const N: usize>(value: &Value, names: [&str; N]) -> Option<Decimal> {
    whole(get(value, names))
}

pub(super) fn whole(value: &Value) -> Option<Decimal> {
    let number = exact(value.as_number()?)?;
    let is_count = !number.is_sign_negative() && number <= COUNT_MAX && number.fract().is_zero();
    is_count.then(|| number.trunc())
}

/// A number of zero or more exactly as it is written, so 0.1 is a tenth.
pub(super) fn decimal(value: &Value) -> Option<Decimal> {
    let number = match value {
        Value::Number(number) => exact(number),
        Value::String(text) => parse(text),
        _ => None,
    };
    number.filter(|number| !number.is_sign_negative() || number.is_zero())
}

/// A length of time, with at most 9 decimals as the service takes it.
pub(super) fn seconds(value: &Value) -> Option<Decimal> {
    let number = decimal(value).filter(|number| *number <= COUNT_MAX)?;
    Some(number.round_dp(9).normalize())
}

fn exact(number: &Number) -> Option<Decimal> {
    parse(&number.to_string())
}

fn parse(text: &str) -> Option<Decimal> {
    let text = text.trim();
    Decimal::from_str_exact(text).or_else(|_| Decimal::from_scientific(text)).ok()
}

/// The provider's usage object as it came, without nulls; of a very long one its plain
/// numbers.
pub(super) fn raw_usage(usage: &Value) -> Option<Map<String, Value>> {
    let Value::Object(raw) = plain(usage, RAW_LEVELS) else { return None };
    if raw.is_empty() {
        return None;
    }
    let size = serde_json::to_vec(&raw).map_or(usize::MAX, |json| json.len());
    if size <= RAW_BYTES {
        return Some(raw);
    }
    let numbers = raw.into_iter().filter(|(_, value)| value.is_number());
    Some(numbers.take(RAW_WIDTH).collect())
}

/// The same without nulls, and not too deep.
pub(super) fn plain(value: &Value, levels: usize) -> Value {
    let Some(below) = levels.checked_sub(1) else {
        return if value.is_object() || value.is_array() { Value::Null } else { value.clone() };
    };
    match value {
        Value::Array(items) => {
            items.iter().take(RAW_WIDTH).map(|item| plain(item, below)).collect()
        }
        Value::Object(object) => {
            let told = object.iter().map(|(name, item)| (name.clone(), plain(item, below)));
            Value::Object(told.filter(|(_, item)| !item.is_null()).collect())
        }
        other => other.clone(),
    }
}

/// Puts the fields of an object over those that were told before.
pub(super) fn merge(before: &mut Value, told: &Value) {
    if let Value::Object(told) = plain(told, RAW_LEVELS) {
        match before {
            Value::Object(before) => before.extend(told),
            other => *other = Value::Object(told),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_largest_count_is_the_service_s() {
        assert_eq!(COUNT_MAX.to_string(), "10000000000");
    }

    #[test]
    fn numbers_are_read_as_they_are_written() {
        let read = |json: &str| decimal(&serde_json::from_str(json).expect("JSON"));
        let expect = |text: &str| Some(Decimal::from_str_exact(text).expect("a decimal"));
        assert_eq!(read("0.1"), expect("0.1"));
        assert_eq!(read("1.5e-05"), expect("0.000015"));
        assert_eq!((read("-1"), read("true"), read("\"x\"")), (None, None, None));
    }
}
