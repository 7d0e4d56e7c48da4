//! JSON objects as protobuf structs.

use prost_types::value::Kind;
use prost_types::{ListValue, Struct, Value};
use serde_json::{Map, Number, Value as Json};

/// The largest whole number up to which a protobuf number holds every one.
const EXACT: u64 = 1 << 53;

/// Turns a JSON object into a protobuf struct.
pub(crate) fn to_struct(object: Map<String, Json>) -> Struct {
    Struct { fields: object.into_iter().map(|(key, json)| (key, to_value(json))).collect() }
}

/// Whether an object keeps to the service's limits: bytes as JSON, levels, and no NUL.
pub(crate) fn fits(object: &Struct, bytes_max: usize, levels: usize) -> bool {
    object_size(object, levels).is_some_and(|bytes| bytes <= bytes_max)
}

/// Where the names of fields are told that were left out.
const LEFT_OUT: &str = "left_out";

/// The field to leave out first: one that is too deep, or the largest.
pub(crate) fn largest_field(object: &Struct, levels: usize) -> Option<String> {
    let below = levels.saturating_sub(1);
    let size = |value: &Value| value_size(value, below).unwrap_or(usize::MAX);
    let own = object.fields.iter().filter(|(name, _)| *name != LEFT_OUT);
    let largest = own.max_by_key(|(name, value)| size(value).saturating_add(name.len()));
    largest.map(|(name, _)| name.clone()).or_else(|| object.fields.keys().next().cloned())
}

/// Tells the names of fields that were left out.
pub(crate) fn note_left_out(object: &mut Struct, names: &[String]) {
    let names = names.iter().map(|name| Json::from(name.replace('\0', " "))).collect();
    object.fields.insert(LEFT_OUT.to_owned(), to_value(Json::Array(names)));
}

/// The bytes of an object as JSON; `None` when it is too deep or has a NUL.
fn object_size(object: &Struct, levels: usize) -> Option<usize> {
    let below = levels.checked_sub(1)?;
    object.fields.iter().try_fold(brackets(object.fields.len()), |bytes, (key, value)| {
        Some(bytes + text_size(key)? + 1 + value_size(value, below)?)
    })
}

fn value_size(value: &Value, levels: usize) -> Option<usize> {
    match &value.kind {
        None | Some(Kind::NullValue(_)) => Some(4),
        Some(Kind::BoolValue(truth)) => Some(if *truth { 4 } else { 5 }),
        Some(Kind::NumberValue(number)) => number.is_finite().then(|| number.to_string().len()),
        Some(Kind::StringValue(text)) => text_size(text),
        Some(Kind::StructValue(object)) => object_size(object, levels),
        Some(Kind::ListValue(list)) => {
            let below = levels.checked_sub(1)?;
            list.values.iter().try_fold(brackets(list.values.len()), |bytes, item| {
                Some(bytes + value_size(item, below)?)
            })
        }
    }
}

/// The brackets around so many items, and the commas between them.
fn brackets(items: usize) -> usize {
    items.saturating_sub(1) + 2
}

fn text_size(text: &str) -> Option<usize> {
    let size = |c: char| match c {
        '"' | '\\' | '\n' | '\r' | '\t' | '\u{8}' | '\u{c}' => 2,
        c if c.is_ascii_control() && c != '\u{7f}' => 6,
        c => c.len_utf8(),
    };
    (!text.contains('\0')).then(|| 2 + text.chars().map(size).sum::<usize>())
}

fn to_value(json: Json) -> Value {
    let kind = match json {
        Json::Null => Kind::NullValue(0),
        Json::Bool(value) => Kind::BoolValue(value),
        Json::Number(number) => to_number(&number),
        Json::String(text) => Kind::StringValue(text),
        Json::Array(items) => {
            Kind::ListValue(ListValue { values: items.into_iter().map(to_value).collect() })
        }
        Json::Object(object) => Kind::StructValue(to_struct(object)),
    };
    Value { kind: Some(kind) }
}

/// Protobuf's numbers are floats: a whole number that one would change goes as text.
fn to_number(number: &Number) -> Kind {
    let magnitude = number.as_u64().or_else(|| number.as_i64().map(i64::unsigned_abs));
    match number.as_f64().filter(|float| float.is_finite()) {
        Some(float) if magnitude.is_none_or(|whole| whole <= EXACT) => Kind::NumberValue(float),
        _ => Kind::StringValue(number.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_that_a_float_would_change_goes_as_text() {
        let kind = |text: &str| to_number(&text.parse().expect("a number"));
        assert_eq!(kind("12"), Kind::NumberValue(12.0));
        assert_eq!(kind("-0.5"), Kind::NumberValue(-0.5));
        assert_eq!(kind("9007199254740993"), Kind::StringValue("9007199254740993".to_owned()));
        assert_eq!(kind("-9007199254740993"), Kind::StringValue("-9007199254740993".to_owned()));
    }
}
