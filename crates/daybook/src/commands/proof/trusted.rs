//! Public keys that the caller trusts, from the command line.

use std::str::FromStr;

use daybook_proof::PublicKey;

/// The keys of a `--key`: one, or those of a file.
#[derive(Debug, Clone)]
pub(crate) struct TrustedKeys(Vec<PublicKey>);

impl FromStr for TrustedKeys {
    type Err = String;

    /// The text of a public key, or the name of a file that has one a line.
    fn from_str(text: &str) -> Result<Self, String> {
        if let Ok(key) = PublicKey::parse(text) {
            return Ok(Self(vec![key]));
        }
        let file = std::fs::read_to_string(text).map_err(|error| {
            format!("neither a public key nor a file that can be read: {error}")
        })?;
        let lines = file.lines().map(str::trim);
        let keys = lines.filter(|line| !line.is_empty() && !line.starts_with('#'));
        let keys: Vec<_> = keys
            .map(PublicKey::parse)
            .collect::<Result<_, _>>()
            .map_err(|error| format!("a line of the file is no public key: {error}"))?;
        if keys.is_empty() { Err("the file holds no key".to_owned()) } else { Ok(Self(keys)) }
    }
}

impl TrustedKeys {
    /// All keys of several flags.
    pub(crate) fn all(flags: &[Self]) -> Vec<PublicKey> {
        flags.iter().flat_map(|keys| keys.0.iter().cloned()).collect()
    }
}
