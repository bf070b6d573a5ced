//! Several domains in one: in the same processes, and over the same log.
//!
//! [`compose!`](crate::compose!) makes a [`Domain`](crate::domain::Domain) of domains that know nothing of each
//! other. Its commands, events, states and rejections are enums with a variant per domain, and every call is one
//! `match`. A command's serialised form, of which its content hash is made, is that of the domain's own command, so
//! composing changes no hash.
//!
//! [`one_of!`](crate::one_of!), [`events_of!`](crate::events_of!) and [`rejections_of!`](crate::rejections_of!) make
//! such enums for the aggregates of one domain.

use crate::domain::{States, StreamKind};
use crate::stream::StreamId;

/// An enum with one variant for `T`, or `T` itself.
pub trait Part<T>: From<T> {
    /// The `T`, if it is one.
    fn part(&self) -> Option<&T>;

    /// The `T`, taken out, if it is one.
    fn into_part(self) -> Option<T>;
}

impl<T> Part<T> for T {
    fn part(&self) -> Option<&T> {
        Some(self)
    }

    fn into_part(self) -> Option<T> {
        Some(self)
    }
}

/// The states of several domains, as one of these sees them.
pub struct StatesOf<'a, S>(&'a dyn States<S>);

impl<'a, S> StatesOf<'a, S> {
    /// The same states.
    #[must_use]
    pub fn new(states: &'a dyn States<S>) -> Self {
        Self(states)
    }
}

impl<S: Part<T>, T> States<T> for StatesOf<'_, S> {
    fn state(&self, stream_id: &StreamId) -> Option<&T> {
        self.0.state(stream_id)?.part()
    }
}

/// How many elements some lists have together.
#[must_use]
pub const fn total<T>(lists: &[&[T]]) -> usize {
    let (mut total, mut n) = (0, 0);
    while n < lists.len() {
        total += lists[n].len();
        n += 1;
    }
    total
}

/// The elements of some lists, of which the first is not empty, one list after the other; `N` is their [`total`].
///
/// # Panics
/// When the first list is empty.
#[must_use]
pub const fn joined<T: Copy, const N: usize>(lists: &[&[T]]) -> [T; N] {
    let mut all = [lists[0][0]; N];
    let (mut list, mut of_list, mut n) = (0, 0, 0);
    while n < N {
        if of_list == lists[list].len() {
            (list, of_list) = (list + 1, 0);
        } else {
            all[n] = lists[list][of_list];
            (of_list, n) = (of_list + 1, n + 1);
        }
    }
    all
}

/// Whether no two of the domains have a type of stream or of event in common. Checked when domains are composed: what
/// two of them claim would be read as the first one's.
#[must_use]
pub const fn are_apart(domains: &[&[StreamKind]]) -> bool {
    let mut one = 0;
    while one < domains.len() {
        let mut other = one + 1;
        while other < domains.len() {
            if any_in_both(domains[one], domains[other]) {
                return false;
            }
            other += 1;
        }
        one += 1;
    }
    true
}

const fn any_in_both(one: &[StreamKind], other: &[StreamKind]) -> bool {
    let mut n = 0;
    while n < one.len() {
        let mut m = 0;
        while m < other.len() {
            if equal(one[n].stream_type, other[m].stream_type)
                || any_equal(one[n].event_types, other[m].event_types)
            {
                return true;
            }
            m += 1;
        }
        n += 1;
    }
    false
}

const fn any_equal(one: &[&str], other: &[&str]) -> bool {
    let mut n = 0;
    while n < one.len() {
        let mut m = 0;
        while m < other.len() {
            if equal(one[n], other[m]) {
                return true;
            }
            m += 1;
        }
        n += 1;
    }
    false
}

const fn equal(one: &str, other: &str) -> bool {
    let (one, other) = (one.as_bytes(), other.as_bytes());
    if one.len() != other.len() {
        return false;
    }
    let mut n = 0;
    while n < one.len() {
        if one[n] != other[n] {
            return false;
        }
        n += 1;
    }
    true
}

/// An enum with a variant for each of some types: made `From` each, and each a [`Part`] of it.
#[macro_export]
macro_rules! one_of {
    ($(#[$meta:meta])* $vis:vis enum $name:ident {
        $($(#[$doc:meta])* $variant:ident($part:ty)),+ $(,)?
    }) => {
        $(#[$meta])*
        $vis enum $name {
            $($(#[$doc])* $variant($part)),+
        }

        $(
            impl From<$part> for $name {
                fn from(part: $part) -> Self {
                    Self::$variant(part)
                }
            }

            impl $crate::compose::Part<$part> for $name {
                fn part(&self) -> Option<&$part> {
                    match self {
                        Self::$variant(part) => Some(part),
                        #[allow(unreachable_patterns, reason = "there may be one variant")]
                        _ => None,
                    }
                }

                fn into_part(self) -> Option<$part> {
                    match self {
                        Self::$variant(part) => Some(part),
                        #[allow(unreachable_patterns, reason = "there may be one variant")]
                        _ => None,
                    }
                }
            }
        )+
    };
}

/// [`one_of!`] for events: the enum is an [`EventPayload`](crate::event::EventPayload) itself. The user's crate
/// depends on `serde_json`.
#[macro_export]
macro_rules! events_of {
    ($(#[$meta:meta])* $vis:vis enum $name:ident {
        $($(#[$doc:meta])* $variant:ident($part:ty)),+ $(,)?
    }) => {
        $crate::one_of! {
            $(#[$meta])*
            #[derive(Debug, Clone, PartialEq, Eq)]
            $vis enum $name { $($(#[$doc])* $variant($part)),+ }
        }

        impl $crate::event::EventPayload for $name {
            const EVENT_TYPES: &'static [&'static str] = {
                const OF: &[&[&str]] = &[$(<$part as $crate::event::EventPayload>::EVENT_TYPES),+];
                const ALL: [&str; $crate::compose::total(OF)] = $crate::compose::joined(OF);
                &ALL
            };

            fn schema_version_of(event_type: &str) -> Option<i32> {
                None$(.or_else(|| {
                    <$part as $crate::event::EventPayload>::schema_version_of(event_type)
                }))+
            }

            fn event_type(&self) -> &'static str {
                match self {
                    $(Self::$variant(event) => event.event_type(),)+
                }
            }

            fn schema_version(&self) -> i32 {
                match self {
                    $(Self::$variant(event) => event.schema_version(),)+
                }
            }

            fn encode(&self) -> Result<Box<::serde_json::value::RawValue>, ::serde_json::Error> {
                match self {
                    $(Self::$variant(event) => event.encode(),)+
                }
            }

            fn decode_known(
                event_type: &str,
                schema_version: i32,
                data: &str,
            ) -> Option<Result<Self, $crate::event::DecodeError>> {
                $(
                    let known = <$part as $crate::event::EventPayload>::decode_known(
                        event_type, schema_version, data,
                    );
                    if let Some(event) = known {
                        return Some(event.map(Self::$variant));
                    }
                )+
                None
            }

            fn visit_personal(&mut self, visit: $crate::event::PersonalVisitor<'_>) {
                match self {
                    $(Self::$variant(event) => event.visit_personal(visit),)+
                }
            }
        }
    };
}

/// [`one_of!`] for refusals: the enum is a [`Rejection`](crate::domain::Rejection) itself, and says what its part says.
#[macro_export]
macro_rules! rejections_of {
    ($(#[$meta:meta])* $vis:vis enum $name:ident {
        $($(#[$doc:meta])* $variant:ident($part:ty)),+ $(,)?
    }) => {
        $crate::one_of! {
            $(#[$meta])*
            #[derive(Debug, Clone, PartialEq, Eq)]
            $vis enum $name { $($(#[$doc])* $variant($part)),+ }
        }

        impl ::std::fmt::Display for $name {
            fn fmt(&self, f: &mut ::std::fmt::Formatter<'_>) -> ::std::fmt::Result {
                match self {
                    $(Self::$variant(rejection) => ::std::fmt::Display::fmt(rejection, f),)+
                }
            }
        }

        impl ::std::error::Error for $name {
            fn source(&self) -> Option<&(dyn ::std::error::Error + 'static)> {
                match self {
                    $(Self::$variant(rejection) => rejection.source(),)+
                }
            }
        }

        impl $crate::domain::Rejection for $name {
            fn kind(&self) -> $crate::domain::RejectionKind {
                match self {
                    $(Self::$variant(rejection) => rejection.kind(),)+
                }
            }

            fn reason(&self) -> &'static str {
                match self {
                    $(Self::$variant(rejection) => rejection.reason(),)+
                }
            }

            fn subject(&self) -> String {
                match self {
                    $(Self::$variant(rejection) => rejection.subject(),)+
                }
            }

            fn facts(&self) -> Vec<(&'static str, String)> {
                match self {
                    $(Self::$variant(rejection) => rejection.facts(),)+
                }
            }
        }
    };
}

/// A domain of several: a struct with a field per domain, and the enums of their commands, events, states and
/// rejections, in this order, with a variant per domain. A domain's own four types are `Clone`, `Eq` and named in the
/// same order. The user's crate depends on `serde` and `serde_json`.
///
/// No two domains may have a type of stream or of event in common, which is checked when this is compiled. Nor may two
/// commands of different domains have the same serialised form: the names of their variants must differ.
///
/// ```ignore
/// daybook_core::compose! {
///     /// The domains of this build.
///     pub struct All: AllCommand, AllEvent, AllState, AllRejection {
///         /// Accounts and transfers.
///         bank: Bank(Bank: BankCommand, BankEvent, BankState, BankRejection),
///         /// What operators tell the system.
///         system: System(System: SystemCommand, SystemEvent, SystemState, SystemRejection),
///     }
/// }
/// ```
#[macro_export]
macro_rules! compose {
    ($(#[$meta:meta])* $vis:vis struct $domain:ident:
        $command:ident, $event:ident, $state:ident, $rejection:ident {
        $($(#[$doc:meta])* $field:ident: $variant:ident(
            $part:ty: $part_command:ty, $part_event:ty, $part_state:ty, $part_rejection:ty
        )),+ $(,)?
    }) => {
        $(#[$meta])*
        #[derive(Debug, Clone, Default)]
        $vis struct $domain {
            $($(#[$doc])* pub $field: $part),+
        }

        $crate::one_of! {
            /// A command to one of the domains; serialised as that domain's own.
            #[derive(Debug, Clone, PartialEq, Eq, ::serde::Serialize)]
            #[serde(untagged)]
            $vis enum $command { $($(#[$doc])* $variant($part_command)),+ }
        }

        $crate::events_of! {
            /// An event of one of the domains.
            $vis enum $event { $($(#[$doc])* $variant($part_event)),+ }
        }

        $crate::one_of! {
            /// The state of a stream of one of the domains.
            #[derive(Debug, Clone, PartialEq, Eq)]
            $vis enum $state { $($(#[$doc])* $variant($part_state)),+ }
        }

        $crate::rejections_of! {
            /// Why one of the domains refuses.
            $vis enum $rejection { $($(#[$doc])* $variant($part_rejection)),+ }
        }

        const _: () = assert!(
            $crate::compose::are_apart(&[$(<$part as $crate::domain::Domain>::STREAMS),+]),
            "two of the domains have a type of stream or of event in common"
        );

        impl $crate::domain::Domain for $domain {
            const STREAMS: &'static [$crate::domain::StreamKind] = {
                const OF: &[&[$crate::domain::StreamKind]] =
                    &[$(<$part as $crate::domain::Domain>::STREAMS),+];
                const ALL: [$crate::domain::StreamKind; $crate::compose::total(OF)] =
                    $crate::compose::joined(OF);
                &ALL
            };
            type Command = $command;
            type Event = $event;
            type State = $state;
            type Rejection = $rejection;

            fn streams(
                &self,
                command: &$command,
                states: &dyn $crate::domain::States<$state>,
            ) -> Vec<$crate::stream::StreamId> {
                let states = $crate::compose::StatesOf::new(states);
                match command {
                    $($command::$variant(command) => self.$field.streams(command, &states),)+
                }
            }

            fn makes(&self, command: &$command) -> Option<$crate::stream::StreamId> {
                match command {
                    $($command::$variant(command) => self.$field.makes(command),)+
                }
            }

            fn subject(
                &self,
                command: &$command,
                states: &dyn $crate::domain::States<$state>,
            ) -> Option<$crate::subject::SubjectId> {
                let states = $crate::compose::StatesOf::new(states);
                match command {
                    $($command::$variant(command) => self.$field.subject(command, &states),)+
                }
            }

            fn is_personal(&self, command: &$command) -> bool {
                match command {
                    $($command::$variant(command) => self.$field.is_personal(command),)+
                }
            }

            fn decide(
                &self,
                command: &$command,
                states: &dyn $crate::domain::States<$state>,
                context: $crate::domain::Context<'_>,
            ) -> Result<Vec<($crate::stream::StreamId, $event)>, $rejection> {
                let states = $crate::compose::StatesOf::new(states);
                match command {
                    $($command::$variant(command) => {
                        let events = self.$field.decide(command, &states, context)?;
                        Ok(events.into_iter().map(|(id, event)| (id, event.into())).collect())
                    })+
                }
            }

            fn evolve(
                &self,
                stream_id: &$crate::stream::StreamId,
                state: Option<$state>,
                event: &$event,
            ) -> Option<$state> {
                match event {
                    $($event::$variant(event) => {
                        let state = state.and_then($crate::compose::Part::into_part);
                        self.$field.evolve(stream_id, state, event).map(Into::into)
                    })+
                }
            }

            fn fingerprint(&self, stream_id: &$crate::stream::StreamId) -> i32 {
                $(if <$part as $crate::domain::Domain>::holds(stream_id) {
                    return self.$field.fingerprint(stream_id);
                })+
                $crate::domain::NO_FINGERPRINT
            }

            fn heap_bytes(&self, state: &$state) -> usize {
                match state {
                    $($state::$variant(state) => self.$field.heap_bytes(state),)+
                }
            }

            fn encode_state(&self, state: &$state) -> Result<String, ::serde_json::Error> {
                match state {
                    $($state::$variant(state) => self.$field.encode_state(state),)+
                }
            }

            fn decode_state(
                &self,
                stream_id: &$crate::stream::StreamId,
                text: &str,
            ) -> Result<$state, ::serde_json::Error> {
                $(if <$part as $crate::domain::Domain>::holds(stream_id) {
                    return self.$field.decode_state(stream_id, text).map(Into::into);
                })+
                Err($crate::domain::no_state(stream_id))
            }
        }
    };
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn kind(stream_type: &'static str, event_types: &'static [&'static str]) -> StreamKind {
        StreamKind { stream_type, event_types }
    }

    #[test]
    fn domains_are_apart_when_no_two_claim_one_type() {
        let bank: &[_] = &[kind("account", &["opened"]), kind("transfer", &["opened", "closed"])];
        assert!(are_apart(&[bank, &[kind("parcel", &["sent"])]]), "one may repeat its own");
        assert!(!are_apart(&[bank, &[kind("parcel", &["sent", "closed"])]]));
        assert!(!are_apart(&[&[kind("parcel", &["sent"])], bank, &[kind("account", &[])]]));
    }

    #[test]
    fn lists_are_joined_in_their_order() {
        const LISTS: &[&[u8]] = &[&[1, 2], &[], &[3]];
        assert_eq!(joined::<u8, { total(LISTS) }>(LISTS), [1, 2, 3]);
    }
}
