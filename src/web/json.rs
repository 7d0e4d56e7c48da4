//! Messages as JSON, as proto3 defines it: names in lowerCamelCase (those of the proto files
//! are read too), 64-bit numbers as text, times in RFC 3339.
//!
//! Answers have every field, also those that are zero or empty: a person at curl sees what there
//! is, and that a count is 0. What is absent has a meaning of its own ("unknown", "not yet"), so
//! fields that may be absent are left out then.

mod plain;

use prost::Message;
use prost_reflect::{
    DeserializeOptions, DynamicMessage, Kind, MessageDescriptor, SerializeOptions,
};

use self::plain::Plain;
use crate::domain::violation::Violations;

const READING: DeserializeOptions = DeserializeOptions::new().deny_unknown_fields(true);
const WRITING: SerializeOptions = SerializeOptions::new().skip_default_fields(false);

/// Reads a message. What is wrong is said with the path of its field.
pub(super) fn read(shape: &MessageDescriptor, text: &[u8]) -> Result<DynamicMessage, Violations> {
    let value = serde_json::from_slice(text).map_err(|error| {
        violation("body", format!("not JSON: {error}; a call without fields is {{}}"))
    })?;
    let mut track = serde_path_to_error::Track::new();
    let tracked = serde_path_to_error::Deserializer::new(Plain(value), &mut track);
    DynamicMessage::deserialize_with_options(shape.clone(), tracked, &READING).map_err(|error| {
        let (path, problem) = (track.path(), error.to_string());
        let expected = expected_at(shape, &path);
        let place = if path.iter().len() == 0 { String::new() } else { path.to_string() };
        match unknown_field(&problem) {
            Some(name) if place.is_empty() => violation(name, format!("no such field; {expected}")),
            Some(name) => {
                violation(&format!("{place}.{name}"), format!("no such field; {expected}"))
            }
            None if place.is_empty() => violation("body", format!("{problem}; {expected}")),
            None => violation(&place, format!("{problem}; {expected}")),
        }
    })
}

/// The name of a field that its message does not have, out of the reader's words.
fn unknown_field(problem: &str) -> Option<&str> {
    problem.strip_prefix("unrecognized field name '")?.strip_suffix('\'')
}

/// Writes a message; an error when it has what JSON cannot say, such as a time after the
/// year 9999.
pub(super) fn write(message: &DynamicMessage) -> Result<Vec<u8>, serde_json::Error> {
    let mut text = Vec::with_capacity(message.encoded_len() * 2);
    let mut serializer = serde_json::Serializer::new(&mut text);
    message.serialize_with_options(&mut serializer, &WRITING)?;
    Ok(text)
}

fn violation(field: &str, description: String) -> Violations {
    let mut violations = Violations::default();
    violations.add(field, description);
    violations
}

/// What may stand where a path ends, as far as the path is one.
fn expected_at(shape: &MessageDescriptor, path: &serde_path_to_error::Path) -> String {
    let mut shape = shape.clone();
    for segment in path.iter() {
        let serde_path_to_error::Segment::Map { key } = segment else { continue };
        let field = shape.get_field_by_json_name(key).or_else(|| shape.get_field_by_name(key));
        match field.map(|field| field.kind()) {
            Some(Kind::Message(inner)) => match inner.full_name() {
                "google.protobuf.Timestamp" => {
                    return format!("{key} is a time such as 2026-11-22T12:00:00Z");
                }
                "google.protobuf.Duration" => return format!("{key} is a duration such as 1.5s"),
                _ => shape = inner,
            },
            Some(Kind::Enum(values)) => {
                let names: Vec<_> = values.values().map(|value| value.name().to_owned()).collect();
                return format!("{} is one of {}", values.name(), names.join(", "));
            }
            Some(kind) => return format!("{key} is of type {kind:?}"),
            None => break,
        }
    }
    let names: Vec<_> = shape.fields().map(|field| field.json_name().to_owned()).collect();
    format!("{} has {}", shape.name(), names.join(", "))
}

#[cfg(test)]
mod tests;
