//! The keys of some subjects, and the texts of events that they open.

use std::collections::{HashMap, HashSet};

use daybook_core::event::EventPayload;
use daybook_core::ids::CommandId;
use daybook_core::metadata::Metadata;
use daybook_core::personal::{Personal, Sealed};
use daybook_core::subject::SubjectId;

use crate::key::SubjectKey;

/// Why a sealed text cannot be shown, nor said to be erased. Says whose it is, and nothing of it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum OpenError {
    /// The key store has never heard of the subject: it is not the one that the text was sealed with, or lost something.
    #[error("the key store has no key of subject `{0}`, and does not say that it was destroyed")]
    UnknownSubject(SubjectId),
    /// Text, event or key was changed.
    #[error("a text of subject `{0}` does not open with their key")]
    NotSealedHere(SubjectId),
}

/// The keys of some subjects. `None`: destroyed.
#[derive(Debug, Clone, Default)]
pub struct Keys(HashMap<SubjectId, Option<SubjectKey>>);

impl Keys {
    /// The key of a subject, if it is among these; `Some(None)`: it was destroyed.
    #[must_use]
    pub fn get(&self, subject: &SubjectId) -> Option<Option<&SubjectKey>> {
        self.0.get(subject).map(Option::as_ref)
    }

    /// Opens the personal texts of an event, those of its metadata too; what belongs to somebody who was forgotten becomes
    /// [`Personal::Erased`].
    ///
    /// # Errors
    /// When a text is sealed and its key is not among these, or does not open it.
    pub fn open<E: EventPayload>(
        &self,
        metadata: &mut Metadata,
        payload: &mut E,
    ) -> Result<(), OpenError> {
        let command_id = metadata.command_id.clone();
        let mut opened = Ok(());
        visit(metadata, payload, &mut |field, text| {
            if opened.is_ok()
                && let Some(sealed) = text.sealed()
            {
                opened = self.open_text(&command_id, field, sealed).map(|plain| {
                    *text = plain.map_or(Personal::Erased, Personal::Plain);
                });
            }
        });
        opened
    }

    /// The text that was sealed; `None` where its subject was forgotten.
    ///
    /// # Errors
    /// When the key is not among these, or does not open it there.
    pub fn open_text(
        &self,
        command_id: &CommandId,
        field: &str,
        sealed: &Sealed,
    ) -> Result<Option<String>, OpenError> {
        let subject = &sealed.subject;
        match self.get(subject) {
            None => Err(OpenError::UnknownSubject(subject.clone())),
            Some(None) => Ok(None),
            Some(Some(key)) => {
                let opened = key.open(sealed, command_id, field);
                opened.map(Some).map_err(|_| OpenError::NotSealedHere(subject.clone()))
            }
        }
    }
}

impl FromIterator<(SubjectId, Option<SubjectKey>)> for Keys {
    fn from_iter<T: IntoIterator<Item = (SubjectId, Option<SubjectKey>)>>(keys: T) -> Self {
        Self(keys.into_iter().collect())
    }
}

impl IntoIterator for Keys {
    type Item = (SubjectId, Option<SubjectKey>);
    type IntoIter = std::collections::hash_map::IntoIter<SubjectId, Option<SubjectKey>>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.into_iter()
    }
}

/// Adds those whose sealed texts an event holds.
pub fn subjects_of<E: EventPayload>(
    metadata: &mut Metadata,
    payload: &mut E,
    subjects: &mut HashSet<SubjectId>,
) {
    visit(metadata, payload, &mut |_, text| {
        if let Some(sealed) = text.sealed()
            && !subjects.contains(&sealed.subject)
        {
            subjects.insert(sealed.subject.clone());
        }
    });
}

/// The name of the metadata's own personal field.
pub const REASON: &str = "reason";

fn visit<E: EventPayload>(
    metadata: &mut Metadata,
    payload: &mut E,
    visit: &mut dyn FnMut(&'static str, &mut Personal),
) {
    if let Some(reason) = &mut metadata.reason {
        visit(REASON, reason);
    }
    payload.visit_personal(visit);
}
