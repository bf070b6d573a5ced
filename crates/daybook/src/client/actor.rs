//! Who acts: the request header that every command needs.

use std::str::FromStr;

use tonic::metadata::{Ascii, MetadataMap, MetadataValue};

/// The request header that names the actor.
const HEADER: &str = "x-daybook-actor";

/// The longest name that the service takes, in bytes.
const BYTES_MAX: usize = 200;

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
        let printable = |b: u8| b.is_ascii_graphic() || b == b' ';
        if name.trim().is_empty() {
            return Err("an actor must not be empty".to_owned());
        }
        if name.len() > BYTES_MAX {
            return Err(format!("an actor has at most {BYTES_MAX} bytes, this has {}", name.len()));
        }
        if !name.bytes().all(printable) {
            return Err(
                "an actor is sent as a request header and holds printable ASCII only".to_owned()
            );
        }
        name.parse().map(Self).map_err(|_| format!("`{name}` cannot be sent as a request header"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_actor_is_short_printable_ascii() {
        for good in ["ann", "ann@example.com", "Ann Lee"] {
            assert!(good.parse::<Actor>().is_ok(), "{good}");
        }
        for bad in ["", "  ", "a\nb", "Zoë", &"a".repeat(201)] {
            assert!(bad.parse::<Actor>().is_err(), "{bad:?}");
        }
    }
}
