//! JSON values as the reader of messages wants them.
//!
//! This program reads the numbers of JSON as text, so that a price never passes through a float.
//! Readers of other crates see such a number as an object; here it is a number again, and a whole
//! one is exact however it is written (`1e3`, `9007199254740993.0`).

use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive;
use serde::de::value::{MapDeserializer, SeqDeserializer};
use serde::de::{Deserializer, Error, IntoDeserializer, Visitor};
use serde::forward_to_deserialize_any;
use serde_json::{Number, Value};

/// A value whose numbers are numbers.
pub(super) struct Plain(pub(super) Value);

impl<'de> Deserializer<'de> for Plain {
    type Error = serde_json::Error;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Self::Error> {
        match self.0 {
            Value::Null => visitor.visit_unit(),
            Value::Bool(value) => visitor.visit_bool(value),
            Value::Number(number) => visit_number(&number, visitor),
            Value::String(text) => visitor.visit_string(text),
            Value::Array(items) => {
                visitor.visit_seq(SeqDeserializer::new(items.into_iter().map(Plain)))
            }
            Value::Object(entries) => {
                let entries = entries.into_iter().map(|(name, value)| (name, Plain(value)));
                visitor.visit_map(MapDeserializer::new(entries))
            }
        }
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Self::Error> {
        if self.0.is_null() { visitor.visit_none() } else { visitor.visit_some(self) }
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf unit
        unit_struct newtype_struct seq tuple tuple_struct map struct enum identifier ignored_any
    }
}

impl<'de> IntoDeserializer<'de, serde_json::Error> for Plain {
    type Deserializer = Self;

    fn into_deserializer(self) -> Self {
        self
    }
}

fn visit_number<'de, V: Visitor<'de>>(
    number: &Number,
    visitor: V,
) -> Result<V::Value, serde_json::Error> {
    if let Some(value) = number.as_u64() {
        return visitor.visit_u64(value);
    }
    if let Some(value) = number.as_i64().or_else(|| whole(number.as_str())) {
        return visitor.visit_i64(value);
    }
    match number.as_f64() {
        Some(value) if value.is_finite() => visitor.visit_f64(value),
        _ => Err(Error::custom(format!("{number} is too large"))),
    }
}

/// A whole number that is written with a fraction or an exponent.
fn whole(text: &str) -> Option<i64> {
    let value = Decimal::from_str_exact(text).or_else(|_| Decimal::from_scientific(text)).ok()?;
    if value.is_integer() { value.to_i64() } else { None }
}
