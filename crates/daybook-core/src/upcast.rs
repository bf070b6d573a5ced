//! Reading payloads of older shapes: a chain of small steps, each from one schema version to the next.
//!
//! An event is never rewritten. When the shape of a payload changes, its author raises the schema version, adds the step
//! from the version before, keeps the old fixture and adds a new one.

use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::event::DecodeError;

/// One step: takes a payload of schema version `from` of one event type to version `from + 1`.
#[derive(Clone, Copy)]
pub struct Upcaster {
    /// The stored type that it reads.
    pub event_type: &'static str,
    /// The schema version that it reads.
    pub from: i32,
    /// What it does.
    pub raise: fn(Value) -> Value,
}

/// Reads a payload written with `schema_version` as the `current` shape.
///
/// # Errors
/// When the version is newer than `current`, a step of the chain is missing, or the text does not fit.
pub fn decode_upcast<T: DeserializeOwned>(
    upcasters: &[Upcaster],
    event_type: &str,
    schema_version: i32,
    current: i32,
    data: &str,
) -> Result<T, DecodeError> {
    let malformed = |source| DecodeError::Malformed { event_type: event_type.to_owned(), source };
    if schema_version == current {
        return serde_json::from_str(data).map_err(malformed);
    }
    let unknown =
        || DecodeError::UnknownSchemaVersion { event_type: event_type.to_owned(), schema_version };
    if schema_version < 1 || schema_version > current {
        return Err(unknown());
    }
    let mut value: Value = serde_json::from_str(data).map_err(malformed)?;
    for version in schema_version..current {
        let step = upcasters
            .iter()
            .find(|step| step.event_type == event_type && step.from == version)
            .ok_or_else(unknown)?;
        value = (step.raise)(value);
    }
    serde_json::from_value(value).map_err(malformed)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    const STEPS: &[Upcaster] = &[
        Upcaster { event_type: "thing-named", from: 1, raise: |v| json!({ "name": v["title"] }) },
        Upcaster {
            event_type: "thing-named",
            from: 2,
            raise: |v| json!({ "name": v["name"], "language": "en" }),
        },
    ];

    fn decode(schema_version: i32, data: &str) -> Result<Value, DecodeError> {
        decode_upcast(STEPS, "thing-named", schema_version, 3, data)
    }

    #[test]
    fn a_payload_of_any_older_version_is_raised_step_by_step() {
        let current = json!({ "name": "x", "language": "en" });
        assert_eq!(decode(1, r#"{"title":"x"}"#).expect("known"), current);
        assert_eq!(decode(2, r#"{"name":"x"}"#).expect("known"), current);
        assert_eq!(decode(3, r#"{"name":"x","language":"en"}"#).expect("known"), current);
    }

    #[test]
    fn a_version_from_the_future_or_without_a_step_is_named_not_guessed() {
        for (version, steps) in [(4, STEPS), (0, STEPS), (1, &STEPS[1..])] {
            let error = decode_upcast::<Value>(steps, "thing-named", version, 3, "{}");
            assert!(
                matches!(error, Err(DecodeError::UnknownSchemaVersion { schema_version, .. }) if schema_version == version)
            );
        }
    }
}
