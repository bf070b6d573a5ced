//! The content hash of a command: by it a retry is told from another command that has the same command id.
//!
//! SHA-256 over a JSON array of three without white space: the command, the expected version, the actor. It is stored
//! with every command, so this encoding never changes:
//!
//! - a command is `{"<aggregate>":{"<command>":{<fields>}}}`, with the names that stand in its `#[serde(rename)]`
//!   attributes and its fields in the order in which they are declared;
//! - an expected version is `"any"`, `"no_stream"`, `"stream_exists"` or `{"exact":<version>}`;
//! - the actor is its id as text.
//!
//! A field that is added to a command must be left out of the JSON where it has its default
//! (`#[serde(skip_serializing_if)]`): retries of commands from before it have the hash that is stored.
//!
//! Trace, correlation and reason are no part of it: a retry may differ in them. One over personal text is keyed before
//! it is stored, see [`SubjectKey::keyed_hash`](daybook_keys::SubjectKey::keyed_hash).

use daybook_core::ids::Actor;
use daybook_core::stream::ExpectedVersion;
use serde::Serialize;
use sha2::{Digest as _, Sha256};

/// The text that is hashed; see the module.
///
/// # Errors
/// When the command cannot be written as JSON.
pub fn content(
    command: &impl Serialize,
    expected_version: ExpectedVersion,
    actor: &Actor,
) -> Result<Vec<u8>, serde_json::Error> {
    serde_json::to_vec(&(command, expected_version, actor))
}

/// The SHA-256 of [`content`].
///
/// # Errors
/// When the command cannot be written as JSON.
pub fn content_hash(
    command: &impl Serialize,
    expected_version: ExpectedVersion,
    actor: &Actor,
) -> Result<[u8; 32], serde_json::Error> {
    Ok(Sha256::digest(content(command, expected_version, actor)?).into())
}
