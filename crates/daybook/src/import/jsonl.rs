//! One JSON object as named fields.

use std::fmt;

use serde::de::{Deserializer, MapAccess, Visitor};
use serde_json::Value;

use super::line::{BadLine, Fields};

/// Reads an object whose values are text. A number is taken for `expected_version` only: an amount as a number would
/// have passed through binary fractions somewhere.
pub(super) fn fields(text: &[u8]) -> Result<Fields, BadLine> {
    let mut json = serde_json::Deserializer::from_slice(text);
    let entries = json
        .deserialize_map(Entries)
        .and_then(|entries| json.end().map(|()| entries))
        .map_err(|error| BadLine::whole(format!("is not a JSON object: {error}")))?;
    let mut fields = Fields::default();
    for (name, value) in entries {
        if let Some(text) = text_of(&name, value)? {
            fields.add(name, text)?;
        }
    }
    Ok(fields)
}

fn text_of(name: &str, value: Value) -> Result<Option<String>, BadLine> {
    match value {
        Value::Null => Ok(None),
        Value::String(text) => Ok(Some(text)),
        Value::Number(number) if name == "expected_version" => Ok(Some(number.to_string())),
        Value::Number(number) => {
            Err(BadLine::field(name, format!("must be text, \"{number}\" instead of {number}")))
        }
        Value::Bool(_) | Value::Array(_) | Value::Object(_) => {
            Err(BadLine::field(name, "must be text"))
        }
    }
}

/// Keeps every entry, so that a name that comes twice is noticed.
struct Entries;

impl<'de> Visitor<'de> for Entries {
    type Value = Vec<(String, Value)>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut entries = Vec::new();
        while let Some(entry) = map.next_entry()? {
            entries.push(entry);
        }
        Ok(entries)
    }
}
