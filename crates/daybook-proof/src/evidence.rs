//! Evidence: some events, and all that it takes to believe them without asking anybody: their proofs, the signed
//! checkpoint that these lead to, and a report for people. One JSON file; a stranger can check it in any language with
//! SHA-256 and Ed25519 (`check_evidence.py` does in three hundred lines, and refuses whatever is refused here).
//!
//! What it shows: these events stand in the log that the checkpoint's key signed, exactly so and at these positions. What
//! it cannot show is in [`NOT_SHOWN`].

mod report;

use std::collections::BTreeSet;

use daybook_core::event::StoredEvent;
use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize};

use crate::checkpoint::{Checkpoint, CheckpointError, SignedCheckpoint};
use crate::hash::Hash;
use crate::key::PublicKey;
use crate::leaf;
use crate::proof::{ProofError, verify_inclusion};

/// The format that this build writes and reads.
pub const FORMAT: &str = "daybook-evidence-v1";

/// What a file that holds does not show, for people.
pub const NOT_SHOWN: &str = "\
Not shown by this file: whether its streams have later events; when it was made and whose key it names, which
nothing vouches for; what stands behind [sealed]; that what was recorded is true.";

/// What the evidence is about.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Subject {
    /// All events of an account, from its first on.
    Account(String),
    /// All events of a transfer, and those that its commands made on accounts.
    Transfer(String),
    /// All events between two positions, both inclusive.
    Range {
        /// The first.
        from: i64,
        /// The last.
        to: i64,
    },
}

/// An evidence file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Evidence {
    /// [`FORMAT`].
    pub format: String,
    /// What it is about.
    pub subject: Subject,
    /// When it was made, for people; nothing vouches for it.
    pub made_at: String,
    /// The key that signed, for convenience. Whoever checks must have the key from elsewhere.
    pub public_key: String,
    /// The signed checkpoint, a note.
    pub checkpoint: String,
    /// In the order of the log.
    pub events: Vec<ProvenEvent>,
    /// For people, a line each. It follows from the rest, and is checked to.
    pub report: Vec<String>,
}

/// An event and the proof that it is in the checkpoint's tree.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(missing_docs, reason = "the columns of log.events, where each is explained")]
pub struct ProvenEvent {
    pub position: i64,
    pub prev_position: i64,
    pub partition: i16,
    pub stream_id: String,
    pub stream_type: String,
    pub version: i64,
    pub event_type: String,
    pub schema_version: i32,
    #[serde(deserialize_with = "canonical_uuid")]
    pub event_id: uuid::Uuid,
    pub recorded_at_micros: i64,
    pub data: String,
    pub metadata: String,
    /// Hashes, from the leaf up.
    pub proof: Vec<Hash>,
}

/// Why an evidence file does not convince.
#[derive(Debug, thiserror::Error)]
pub enum EvidenceError {
    /// Another format.
    #[error("the format is `{0}`, and not `{FORMAT}`")]
    Format(String),
    /// The checkpoint is not signed by a key that was given.
    #[error("the checkpoint cannot be trusted")]
    Checkpoint(#[from] CheckpointError),
    /// An event is not in the checkpoint's tree, or not so.
    #[error("the event at position {position} is not proven")]
    Event {
        /// Where it claims to be.
        position: i64,
        /// Why.
        #[source]
        source: ProofError,
    },
    /// The events are true, and not all that the subject promises.
    #[error("the events are not those of the subject: {0}")]
    Subject(String),
    /// The report does not say what the events say.
    #[error("line {0} of the report does not follow from the events")]
    Report(usize),
}

/// The one spelling that is written, of the many that can be read.
fn canonical_uuid<'de, D: Deserializer<'de>>(deserializer: D) -> Result<uuid::Uuid, D::Error> {
    let text = std::borrow::Cow::<str>::deserialize(deserializer)?;
    let parsed = uuid::Uuid::try_parse(&text).ok();
    parsed
        .filter(|id| id.hyphenated().to_string() == text)
        .ok_or_else(|| D::Error::custom("a UUID is 36 characters, in small letters"))
}

impl ProvenEvent {
    /// An event with its proof.
    #[must_use]
    pub fn new(event: StoredEvent, proof: Vec<Hash>) -> Self {
        Self {
            position: event.position,
            prev_position: event.prev_position,
            partition: event.partition,
            stream_id: event.stream_id,
            stream_type: event.stream_type,
            version: event.version,
            event_type: event.event_type,
            schema_version: event.schema_version,
            event_id: event.event_id,
            recorded_at_micros: event.recorded_at_micros,
            data: event.data,
            metadata: event.metadata,
            proof,
        }
    }

    fn stored(&self) -> StoredEvent {
        StoredEvent {
            position: self.position,
            prev_position: self.prev_position,
            version: self.version,
            recorded_at_micros: self.recorded_at_micros,
            event_id: self.event_id,
            schema_version: self.schema_version,
            partition: self.partition,
            stream_id: self.stream_id.clone(),
            stream_type: self.stream_type.clone(),
            event_type: self.event_type.clone(),
            data: self.data.clone(),
            metadata: self.metadata.clone(),
        }
    }

    fn check(&self, checkpoint: &Checkpoint) -> Result<(), EvidenceError> {
        // No position below 1 is in any tree.
        let index = u64::try_from(self.position).unwrap_or(0).wrapping_sub(1);
        let leaf = leaf::hash(&self.stored());
        verify_inclusion(index, checkpoint.size, leaf, &self.proof, checkpoint.root)
            .map_err(|source| EvidenceError::Event { position: self.position, source })
    }

    /// The command that it is the effect of, as its metadata has it.
    #[must_use]
    pub fn command_id(&self) -> Option<String> {
        let metadata: serde_json::Value = serde_json::from_str(&self.metadata).ok()?;
        Some(metadata.get("command_id")?.as_str()?.to_owned())
    }
}

impl Evidence {
    /// Puts a file together, report included.
    #[must_use]
    pub fn new(
        subject: Subject,
        made_at: String,
        key: &PublicKey,
        checkpoint: &SignedCheckpoint,
        events: Vec<ProvenEvent>,
    ) -> Self {
        let report = report::lines(&subject, &checkpoint.checkpoint, &events);
        Self {
            format: FORMAT.to_owned(),
            subject,
            made_at,
            public_key: key.to_string(),
            checkpoint: checkpoint.note.clone(),
            events,
            report,
        }
    }

    /// Checks everything, with keys that come from somebody who is trusted.
    ///
    /// # Errors
    /// With the first thing that does not hold.
    pub fn check(&self, keys: &[PublicKey]) -> Result<Checkpoint, EvidenceError> {
        if self.format != FORMAT {
            return Err(EvidenceError::Format(self.format.clone()));
        }
        let checkpoint = SignedCheckpoint::open(&self.checkpoint, keys)?.checkpoint;
        for event in &self.events {
            event.check(&checkpoint)?;
        }
        self.subject.covers(&self.events)?;
        let expected = report::lines(&self.subject, &checkpoint, &self.events);
        let lines = expected.len().max(self.report.len());
        match (0..lines).find(|line| expected.get(*line) != self.report.get(*line)) {
            Some(line) => Err(EvidenceError::Report(line + 1)),
            None => Ok(checkpoint),
        }
    }
}

impl Subject {
    /// Whether `events` are all that this promises, in order, and nothing else.
    fn covers(&self, events: &[ProvenEvent]) -> Result<(), EvidenceError> {
        let wrong = |what: String| Err(EvidenceError::Subject(what));
        if !events.is_sorted_by(|a, b| a.position < b.position) {
            return wrong("they are not in the order of the log".to_owned());
        }
        let stream_id = match self {
            Self::Range { from, to } => {
                let positions = events.iter().map(|event| event.position);
                let whole = from <= to && positions.eq(*from..=*to);
                return if whole { Ok(()) } else { wrong(format!("not all of {from} to {to}")) };
            }
            Self::Account(account) => format!("account-{account}"),
            Self::Transfer(transfer) => format!("transfer-{transfer}"),
        };
        let (own, others): (Vec<_>, Vec<_>) =
            events.iter().partition(|event| event.stream_id == stream_id);
        for (expected, event) in (1..).zip(&own) {
            if event.version != expected {
                return wrong(format!("version {expected} of stream `{stream_id}` is missing"));
            }
        }
        if own.is_empty() {
            return wrong(format!("none is of stream `{stream_id}`"));
        }
        let commands: BTreeSet<_> = match self {
            Self::Transfer(_) => own.iter().filter_map(|event| event.command_id()).collect(),
            _ => BTreeSet::new(),
        };
        let stranger = |event: &&&ProvenEvent| {
            event.command_id().is_none_or(|command| !commands.contains(&command))
        };
        match others.iter().find(stranger) {
            Some(event) => wrong(format!("the one at position {} is of another", event.position)),
            None => Ok(()),
        }
    }
}
