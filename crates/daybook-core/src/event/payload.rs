//! How an enum with one payload struct a variant becomes an [`EventPayload`](crate::event::EventPayload): each line
//! binds a variant to its stored name and to the schema version that is written today.

/// Implements `EventPayload` and `From<payload>` for an enum; `personal` names the
/// function that visits its personal fields, where it has any. A domain's crate that uses it depends on `serde_json`.
#[macro_export]
macro_rules! event_payload {
    ($enum:ident, upcasters: $upcasters:ident $(, personal: $personal:ident)?;
     $($variant:ident($payload:ident) = $event_type:literal, $version:literal;)+) => {
        impl $crate::event::EventPayload for $enum {
            const EVENT_TYPES: &'static [&'static str] = &[$($event_type),+];

            fn schema_version_of(event_type: &str) -> Option<i32> {
                match event_type {
                    $($event_type => Some($version),)+
                    _ => None,
                }
            }

            fn event_type(&self) -> &'static str {
                match self {
                    $(Self::$variant(_) => $event_type,)+
                }
            }

            fn schema_version(&self) -> i32 {
                match self {
                    $(Self::$variant(_) => $version,)+
                }
            }

            fn encode(&self) -> Result<Box<::serde_json::value::RawValue>, ::serde_json::Error> {
                match self {
                    $(Self::$variant(payload) => ::serde_json::value::to_raw_value(payload),)+
                }
            }

            fn decode_known(
                event_type: &str,
                schema_version: i32,
                data: &str,
            ) -> Option<Result<Self, $crate::event::DecodeError>> {
                match event_type {
                    $($event_type => Some($crate::upcast::decode_upcast(
                        $upcasters, event_type, schema_version, $version, data,
                    ).map(Self::$variant)),)+
                    _ => None,
                }
            }

            $(fn visit_personal(&mut self, visit: $crate::event::PersonalVisitor<'_>) {
                $personal(self, visit);
            })?
        }

        $(impl From<$payload> for $enum {
            fn from(payload: $payload) -> Self {
                Self::$variant(payload)
            }
        })+
    };
}

pub use event_payload;
