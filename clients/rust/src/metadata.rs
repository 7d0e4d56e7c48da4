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

/// Where the names of fields are told that were left out.
const LEFT_OUT: &str = "left_out";
/// So many names, of so many characters, which leave room for the fields that stay.
const NAMES_MAX: usize = 20;
const NAME_MAX: usize = 64;
/// Stands for what is too deep.
const TOO_DEEP: &str = "…";

/// Makes an object keep to the service's limits: what is too deep and what JSON or Postgres
/// cannot hold is replaced, and where it is too large its largest fields are left out, and
/// named.
pub(crate) fn fit(object: &mut Struct, bytes_max: usize, levels: usize) {
    if fits(object, bytes_max, levels) {
        return;
    }
    make_plain(object, levels);
    let size = |(name, value): (&String, &Value)| {
        let bytes = text_size(name).zip(value_size(value, levels.saturating_sub(1)));
        // A colon and a comma.
        bytes.map_or(0, |(name, value)| name + value + 2)
    };
    let mut fields: Vec<(usize, String)> =
        object.fields.iter().map(|field| (size(field), field.0.clone())).collect();
    fields.sort_unstable_by(|one, other| other.cmp(one));
    let mut names = Vec::new();
    for (_, name) in fields {
        if fits(object, bytes_max, levels) {
            return;
        }
        object.fields.remove(&name);
        if names.len() < NAMES_MAX {
            names.push(Json::from(name.chars().take(NAME_MAX).collect::<String>()));
        }
        object.fields.insert(LEFT_OUT.to_owned(), to_value(Json::from(names.clone())));
    }
}

/// Whether an object keeps to the service's limits: bytes as JSON, levels, and no NUL.
pub(crate) fn fits(object: &Struct, bytes_max: usize, levels: usize) -> bool {
    object_size(object, levels).is_some_and(|bytes| bytes <= bytes_max)
}

fn make_plain(object: &mut Struct, levels: usize) {
    let below = levels.saturating_sub(1);
    let fields = std::mem::take(&mut object.fields).into_iter();
    let plain = fields.map(|(name, mut value)| {
        make_value_plain(&mut value, below);
        (without_nul(name), value)
    });
    object.fields = plain.collect();
}

fn make_value_plain(value: &mut Value, levels: usize) {
    match &mut value.kind {
        Some(Kind::StructValue(_) | Kind::ListValue(_)) if levels == 0 => {
            value.kind = Some(Kind::StringValue(TOO_DEEP.to_owned()));
        }
        Some(Kind::StructValue(object)) => make_plain(object, levels),
        Some(Kind::ListValue(list)) => {
            list.values.iter_mut().for_each(|item| make_value_plain(item, levels - 1));
        }
        Some(Kind::StringValue(text)) => *text = without_nul(std::mem::take(text)),
        Some(Kind::NumberValue(number)) if !number.is_finite() => {
            value.kind = Some(Kind::StringValue(number.to_string()));
        }
        _ => {}
    }
}

fn without_nul(text: String) -> String {
    if text.contains('\0') { text.replace('\0', " ") } else { text }
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
