//! Personal texts are sealed between being decided and being written: what is appended, kept in memory and handed on holds
//! none that can be read without the subject's key.

use daybook_core::domain::Domain;
use daybook_core::event::EventPayload as _;
use daybook_core::metadata::Metadata;
use daybook_core::personal::Personal;
use daybook_core::stream::StreamId;
use daybook_core::subject::SubjectId;
use daybook_keys::REASON;

use super::Decider;
use super::keyring::Known;
use crate::submission::{Refusal, Submission};

/// Why a command is not accepted now.
pub(super) enum Setback<R> {
    /// It is refused.
    Refused(Refusal<R>),
    /// The subject's key is not at hand.
    NeedsKey(SubjectId),
}

impl<R> From<Refusal<R>> for Setback<R> {
    fn from(refusal: Refusal<R>) -> Self {
        Self::Refused(refusal)
    }
}

impl<D: Domain> Decider<D> {
    /// Whether nothing may compare or store the command's content hash yet, because it is over personal text and not keyed.
    pub(super) fn has_bare_hash(&self, submission: &Submission<D>) -> bool {
        self.keyring.seals()
            && !submission.is_hash_keyed
            && self.domain.is_personal(&submission.command)
    }

    /// Keys the content hash. A subject whose key was destroyed keeps the bare one, which is none of those that are stored:
    /// nobody can tell any more whether such a command is the retry of another.
    ///
    /// # Errors
    /// When the key is not at hand: whose it is.
    pub(super) fn key_hash(&self, submission: &mut Submission<D>) -> Result<(), SubjectId> {
        if !self.has_bare_hash(submission) {
            return Ok(());
        }
        let Some(subject) = self.domain.subject(&submission.command, &self.cache) else {
            return Ok(());
        };
        match self.keyring.find(&subject) {
            Known::Key(key) => {
                submission.content_hash = key.keyed_hash(&submission.content_hash);
                submission.is_hash_keyed = true;
                Ok(())
            }
            Known::Destroyed => Ok(()),
            Known::Missing => Err(subject),
        }
    }

    /// Seals the events of a command. Returns the metadata to be recorded with them, where these are others than the command
    /// came with. A reason that concerns a forgotten person is recorded as erased: money moves on, and that
    /// there was a reason is known. A command that itself names them is refused.
    pub(super) fn seal(
        &self,
        submission: &Submission<D>,
        events: &mut [(StreamId, D::Event)],
    ) -> Result<Option<Metadata>, Setback<D::Rejection>> {
        let (command, metadata) = (&submission.command, &submission.metadata);
        let holds_texts = metadata.reason.is_some() || self.domain.is_personal(command);
        if !self.keyring.seals() || !holds_texts {
            return Ok(None);
        }
        let Some(subject) = self.domain.subject(command, &self.cache) else { return Ok(None) };
        let key = match self.keyring.find(&subject) {
            Known::Key(key) => key,
            Known::Destroyed if self.domain.is_personal(command) => {
                return Err(Refusal::SubjectForgotten(subject).into());
            }
            Known::Destroyed => {
                return Ok(Some(Metadata { reason: Some(Personal::Erased), ..metadata.clone() }));
            }
            Known::Missing => return Err(Setback::NeedsKey(subject)),
        };
        let (mut metadata, mut sealed) = (metadata.clone(), Ok(()));
        let mut seal = |field: &str, text: &mut _| {
            if sealed.is_ok() {
                sealed = key.seal(&subject, &submission.metadata.command_id, field, text);
            }
        };
        if let Some(reason) = &mut metadata.reason {
            seal(REASON, reason);
        }
        for (_, event) in events {
            event.visit_personal(&mut seal);
        }
        sealed.map_err(|error| Refusal::Defect(format!("a text cannot be sealed: {error}")))?;
        Ok(Some(metadata))
    }
}
