//! Messages and enums as JSON schemas.

use std::collections::BTreeMap;

use prost_reflect::{Cardinality, EnumDescriptor, FieldDescriptor, Kind, MessageDescriptor};
use serde_json::{Map, Value, json};

use super::comments::Comments;

/// The schemas that are referred to, by name.
pub(super) struct Schemas<'a> {
    package: &'static str,
    comments: &'a Comments,
    known: BTreeMap<String, Value>,
}

/// A reference to a schema.
pub(super) fn reference(name: &str) -> Value {
    json!({ "$ref": format!("#/components/schemas/{name}") })
}

impl<'a> Schemas<'a> {
    pub(super) fn new(package: &'static str, comments: &'a Comments) -> Self {
        Self { package, comments, known: BTreeMap::new() }
    }

    /// All schemas that were asked for, and those that they refer to.
    pub(super) fn finish(self) -> Map<String, Value> {
        self.known.into_iter().collect()
    }

    /// The schema of a message: a reference, except for what JSON has a form of its own for.
    pub(super) fn of(&mut self, message: &MessageDescriptor) -> Value {
        if let Some(schema) = well_known(message.full_name()) {
            return schema;
        }
        let name = self.name(message.full_name());
        if !self.known.contains_key(&name) {
            // A message may have itself in it.
            self.known.insert(name.clone(), Value::Null);
            let schema = self.object(message);
            self.known.insert(name.clone(), schema);
        }
        reference(&name)
    }

    fn name(&self, full_name: &str) -> String {
        let inner = full_name.strip_prefix(self.package).unwrap_or(full_name);
        inner.trim_start_matches('.').to_owned()
    }

    fn object(&mut self, message: &MessageDescriptor) -> Value {
        let mut properties = Map::new();
        for field in message.fields() {
            let mut schema = self.field(&field);
            schema["description"] = self.about(&field).into();
            properties.insert(field.json_name().to_owned(), schema);
        }
        json!({
            "type": "object",
            "description": self.comments.of_message(message),
            "properties": properties,
        })
    }

    fn about(&self, field: &FieldDescriptor) -> String {
        let comment = self.comments.of_field(field);
        let Some(choice) = field.containing_oneof().filter(|choice| choice.fields().len() > 1)
        else {
            return comment;
        };
        let names: Vec<_> = choice.fields().map(|field| field.json_name().to_owned()).collect();
        format!("{comment}\n\nAt most one of {}.", names.join(", "))
    }

    fn field(&mut self, field: &FieldDescriptor) -> Value {
        if field.is_map() {
            let Kind::Message(entry) = field.kind() else { return json!({}) };
            let values = self.kind(&entry.map_entry_value_field().kind());
            return json!({ "type": "object", "additionalProperties": values });
        }
        let schema = self.kind(&field.kind());
        if field.cardinality() == Cardinality::Repeated {
            json!({ "type": "array", "items": schema })
        } else {
            schema
        }
    }

    fn kind(&mut self, kind: &Kind) -> Value {
        match kind {
            Kind::Message(message) => self.of(message),
            Kind::Enum(values) => self.choice(values),
            Kind::String => json!({ "type": "string" }),
            Kind::Bool => json!({ "type": "boolean" }),
            Kind::Bytes => json!({ "type": "string", "contentEncoding": "base64" }),
            Kind::Double | Kind::Float => json!({ "type": "number" }),
            Kind::Int32 | Kind::Sint32 | Kind::Sfixed32 => {
                json!({ "type": "integer", "format": "int32" })
            }
            Kind::Uint32 | Kind::Fixed32 => json!({ "type": "integer", "minimum": 0 }),
            Kind::Int64 | Kind::Sint64 | Kind::Sfixed64 => {
                json!({ "type": "string", "format": "int64", "pattern": "^-?[0-9]+$" })
            }
            Kind::Uint64 | Kind::Fixed64 => {
                json!({ "type": "string", "format": "uint64", "pattern": "^[0-9]+$" })
            }
        }
    }

    fn choice(&mut self, values: &EnumDescriptor) -> Value {
        let name = self.name(values.full_name());
        if !self.known.contains_key(&name) {
            let names: Vec<_> = values.values().map(|value| value.name().to_owned()).collect();
            let lines = values.values().map(|value| {
                let comment = self.comments.of_value(&value).replace('\n', " ");
                format!("- `{}`: {comment}", value.name())
            });
            let lines = lines.collect::<Vec<_>>().join("\n");
            let about = format!("{}\n\n{lines}", self.comments.of_enum(values));
            let schema = json!({ "type": "string", "enum": names, "description": about });
            self.known.insert(name.clone(), schema);
        }
        reference(&name)
    }
}

/// Types that JSON has a form of its own for.
fn well_known(full_name: &str) -> Option<Value> {
    Some(match full_name.strip_prefix("google.protobuf.")? {
        "Timestamp" => json!({ "type": "string", "format": "date-time" }),
        "Duration" => json!({ "type": "string", "pattern": r"^-?[0-9]+(\.[0-9]+)?s$" }),
        "FieldMask" => json!({ "type": "string" }),
        "Struct" | "Any" | "Empty" => json!({ "type": "object" }),
        "ListValue" => json!({ "type": "array" }),
        "Value" => json!({}),
        _ => return None,
    })
}
