//! How an enum with one payload struct a variant becomes an [`EventPayload`](crate::event::EventPayload): each line
//! binds a variant to its stored name and to the schema version that is written today.

/// Implements `EventPayload`, `EVENT_TYPES`, `schema_version_of` and `From<payload>` for an enum; `personal` names the
/// function that visits its personal fields, where it has any. A domain's crate that uses it depends on `serde_json`.
#[macro_export]
macro_rules! event_payload {
    ($enum:ident, upcasters: $upcasters:ident $(, personal: $personal:ident)?;
     $($variant:ident($payload:ident) = $event_type:literal, $version:literal;)+) => {
        impl $enum {
            /// The stored types, in the order of the variants.
            pub const EVENT_TYPES: &'static [&'static str] = &[$($event_type),+];

            /// The schema version that is written today for a stored type; `None` where it is none of these.
            #[must_use]
            pub fn schema_version_of(event_type: &str) -> Option<i32> {
                match event_type {
                    $($event_type => Some($version),)+
                    _ => None,
                }
            }
        }

        impl $crate::event::EventPayload for $enum {
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

            fn encode(&self) -> Result<String, ::serde_json::Error> {
                match self {
                    $(Self::$variant(payload) => ::serde_json::to_string(payload),)+
                }
            }

            fn decode(
                event_type: &str,
                schema_version: i32,
                data: &str,
            ) -> Result<Self, $crate::event::DecodeError> {
                match event_type {
                    $($event_type => $crate::upcast::decode_upcast(
                        $upcasters, event_type, schema_version, $version, data,
                    ).map(Self::$variant),)+
                    _ => Err($crate::event::DecodeError::UnknownType(event_type.to_owned())),
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
