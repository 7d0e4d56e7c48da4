//! Metadata: JSON objects of bounded size and depth.

use prost_types::value::Kind;
use prost_types::{Struct, Value as WireValue};
use serde_json::{Map, Number, Value};

use crate::domain::usage::Metadata;
use crate::domain::violation::Violations;

/// The most bytes of an object as JSON.
const BYTES_MAX: usize = 8 * 1024;
/// The most levels of an object.
const DEPTH_MAX: usize = 8;

/// Why metadata was refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum MetadataError {
    /// Too large.
    #[error("must have at most {BYTES_MAX} bytes as JSON, has {actual}")]
    TooLarge { actual: usize },
    /// Too deep.
    #[error("must have at most {DEPTH_MAX} levels")]
    TooDeep,
    /// A NUL character, which Postgres cannot hold.
    #[error("must not contain NUL characters")]
    Nul,
    /// NaN or infinite.
    #[error("must have finite numbers only")]
    NotFinite,
}

/// Checks the object of a field that may be absent.
pub(crate) fn optional(
    field: &str,
    object: Option<Struct>,
    violations: &mut Violations,
) -> Metadata {
    violations.take(field, metadata(object?)).flatten()
}

/// Checks an object; an empty one is as good as none.
fn metadata(object: Struct) -> Result<Metadata, MetadataError> {
    let object = fields(object, DEPTH_MAX)?;
    if object.is_empty() {
        return Ok(None);
    }
    let json = serde_json::to_string(&object).expect("an object has text keys only");
    match json.len() {
        actual if actual > BYTES_MAX => Err(MetadataError::TooLarge { actual }),
        _ => Ok(Some(json.into())),
    }
}

fn fields(object: Struct, depth_left: usize) -> Result<Map<String, Value>, MetadataError> {
    let depth_left = depth_left.checked_sub(1).ok_or(MetadataError::TooDeep)?;
    object
        .fields
        .into_iter()
        .map(|(key, item)| Ok((without_nul(key)?, value(item, depth_left)?)))
        .collect()
}

fn value(wire: WireValue, depth_left: usize) -> Result<Value, MetadataError> {
    Ok(match wire.kind {
        None | Some(Kind::NullValue(_)) => Value::Null,
        Some(Kind::BoolValue(truth)) => truth.into(),
        Some(Kind::NumberValue(number)) => Value::Number(finite(number)?),
        Some(Kind::StringValue(text)) => without_nul(text)?.into(),
        Some(Kind::StructValue(object)) => Value::Object(fields(object, depth_left)?),
        Some(Kind::ListValue(list)) => {
            let depth_left = depth_left.checked_sub(1).ok_or(MetadataError::TooDeep)?;
            list.values.into_iter().map(|item| value(item, depth_left)).collect::<Result<_, _>>()?
        }
    })
}

/// JSON has one kind of number and the wire has floats: whole ones are kept whole.
fn finite(number: f64) -> Result<Number, MetadataError> {
    let whole = format!("{number:.0}").parse::<i64>().ok().filter(|_| number.fract() == 0.0);
    match whole {
        Some(whole) => Ok(whole.into()),
        None => Number::from_f64(number).ok_or(MetadataError::NotFinite),
    }
}

fn without_nul(text: String) -> Result<String, MetadataError> {
    if text.contains('\0') { Err(MetadataError::Nul) } else { Ok(text) }
}

/// Writes an object that was stored; what is none is left out.
pub(crate) fn to_struct(json: &str) -> Option<Struct> {
    let fields: Map<String, Value> = serde_json::from_str(json).ok()?;
    Some(to_fields(fields))
}

fn to_fields(fields: Map<String, Value>) -> Struct {
    Struct { fields: fields.into_iter().map(|(key, value)| (key, to_value(value))).collect() }
}

fn to_value(value: Value) -> WireValue {
    let kind = match value {
        Value::Null => Kind::NullValue(0),
        Value::Bool(truth) => Kind::BoolValue(truth),
        // As it came: the wire has floats.
        Value::Number(number) => Kind::NumberValue(number.as_f64().unwrap_or_default()),
        Value::String(text) => Kind::StringValue(text),
        Value::Array(items) => Kind::ListValue(prost_types::ListValue {
            values: items.into_iter().map(to_value).collect(),
        }),
        Value::Object(fields) => Kind::StructValue(to_fields(fields)),
    };
    WireValue { kind: Some(kind) }
}
