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
