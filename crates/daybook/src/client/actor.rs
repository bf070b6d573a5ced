//! Who acts: the request header that every command needs.

use std::str::FromStr;

use percent_encoding::{AsciiSet, CONTROLS, utf8_percent_encode};
use tonic::metadata::{Ascii, MetadataMap, MetadataValue};

/// The request header that names the actor, percent-encoded.
const HEADER: &str = "x-daybook-actor";

/// What is encoded beside what is not ASCII.
const ENCODED: &AsciiSet = &CONTROLS.add(b'%');

/// A checked name, ready to be sent.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Actor(MetadataValue<Ascii>);

impl Actor {
    /// Names the actor in the headers of a request.
    pub(crate) fn put_into(&self, headers: &mut MetadataMap) {
        headers.insert(HEADER, self.0.clone());
    }
}

impl FromStr for Actor {
    type Err = String;

    fn from_str(name: &str) -> Result<Self, String> {
        // The service refuses it too, but would say so of a header.
        if name.trim() != name {
            return Err("an actor must not begin or end with a space".to_owned());
        }
        let actor = daybook_core::ids::Actor::normalised(name)
            .map_err(|reason| format!("an actor {reason}"))?;
        let encoded = utf8_percent_encode(actor.as_str(), ENCODED).to_string();
        encoded
            .parse()
            .map(Self)
            .map_err(|_| format!("`{name}` cannot be sent as a request header"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_actor_is_a_short_name_of_any_script() {
        for (name, sent) in [
            ("ann@example.com", "ann@example.com"),
            ("Ann Lee", "Ann Lee"),
            ("100%", "100%25"),
            ("Jose\u{301}", "Jos%C3%A9"),
        ] {
            let actor: Actor = name.parse().expect("a name");
            assert_eq!(actor.0.to_str().expect("ASCII"), sent);
        }
        for bad in ["", "  ", " a", "a\nb", &"a".repeat(201), &"é".repeat(101)] {
            assert!(bad.parse::<Actor>().is_err(), "{bad:?}");
        }
    }
}
