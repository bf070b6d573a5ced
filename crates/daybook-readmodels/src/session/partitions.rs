//! The partitions that a session works on: taken on when they are assigned, let go when they no longer are, when somebody
//! else moved their checkpoints, and, for a moment, when an operator decided that what stands may go on.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use daybook_core::event::EventPayload;
use daybook_core::partition::Partition;
use daybook_outbox::Lists;
use tokio::time::Instant;

use super::{Session, SessionError};
use crate::checkpoint::OpenError;

/// How long somebody who lost a partition leaves it alone: long against the other one's batches.
const LET_GO: Duration = Duration::from_secs(1);

/// How often it is looked, while something stands, whether an operator decided on it.
const DECISION_INTERVAL: Duration = Duration::from_secs(1);

/// How often it is looked whether a rebuild made another generation current.
const GENERATION_INTERVAL: Duration = Duration::from_secs(1);

/// Partitions in which this process has given what stands another try: it may be a better build than the one before.
#[derive(Debug, Default)]
pub(crate) struct Tried(BTreeSet<Partition>);

/// Who is worked on, and who is left alone.
#[derive(Debug, Default)]
pub(super) struct Partitions {
    held: BTreeSet<Partition>,
    /// Lost to somebody else, until when.
    resting: BTreeMap<Partition, Instant>,
    decisions_due: Option<Instant>,
    generations_due: Option<Instant>,
}

impl<E: EventPayload> Session<'_, E> {
    /// The partitions that are worked on.
    pub(crate) fn held(&self) -> &BTreeSet<Partition> {
        &self.partitions.held
    }

    /// The lists whose messages are of use.
    pub(crate) fn lists(&self) -> Lists {
        Lists { log_id: self.log_id, partitions: self.feed.level_partitions() }
    }

    /// Works on what is assigned and on nothing else. Called between two batches, so that nothing is in hand.
    pub(crate) async fn follow(
        &mut self,
        assigned: &BTreeSet<Partition>,
        tried: &mut Tried,
    ) -> Result<(), SessionError> {
        let now = Instant::now();
        self.partitions.resting.retain(|_, until| *until > now);
        self.follow_generations(now).await?;
        let gone: BTreeSet<_> = self.partitions.held.difference(assigned).copied().collect();
        if !gone.is_empty() {
            self.let_go(&gone);
        }
        let resting = &self.partitions.resting;
        let is_new = |p: &&Partition| !resting.contains_key(p);
        let new: BTreeSet<_> =
            assigned.difference(&self.partitions.held).filter(is_new).copied().collect();
        if !new.is_empty() {
            self.take_on(&new, tried).await?;
        }
        if self.models.anything_stands() {
            self.follow_decisions(now).await?;
        }
        Ok(())
    }

    /// Starts from the checkpoints, once it is sure that the log is theirs.
    async fn take_on(
        &mut self,
        new: &BTreeSet<Partition>,
        tried: &mut Tried,
    ) -> Result<(), SessionError> {
        // What was decided while others had them.
        self.models.refresh_skips(&self.desk.log.reader).await?;
        let untried = new.difference(&tried.0).copied().collect();
        self.open_anew(new, &untried).await?;
        // Noted as soon as it is given, and not after the look at history below: where that has them stand again, the next
        // session would give them another try, and so on without end.
        tried.0.extend(new);
        let decided = self.models.resume_decided().await.map_err(SessionError::Resume)?;
        self.open_anew(&decided, &BTreeSet::new()).await?;
        let head = self.desk.log.reader.head().await?;
        self.check_history(&head).await
    }

    /// Starts partitions from their checkpoints, whatever was known of them.
    async fn open_anew(
        &mut self,
        partitions: &BTreeSet<Partition>,
        resume: &BTreeSet<Partition>,
    ) -> Result<(), SessionError> {
        if partitions.is_empty() {
            return Ok(());
        }
        self.models.add(partitions, resume).await?;
        for partition in partitions {
            match self.models.frontier(*partition) {
                Some(frontier) => self.feed.add(*partition, frontier),
                None => self.feed.remove(*partition),
            }
        }
        self.partitions.held.extend(partitions);
        Ok(())
    }

    /// Where another generation is current, the partition is let go, to be taken on in that.
    async fn follow_generations(&mut self, now: Instant) -> Result<(), SessionError> {
        if self.partitions.generations_due.is_some_and(|due| now < due) {
            return Ok(());
        }
        self.partitions.generations_due = Some(now + GENERATION_INTERVAL);
        if !self.partitions.held.is_empty() {
            let superseded = self.models.superseded(&self.partitions.held).await;
            self.let_go(&superseded.map_err(OpenError::from)?);
        }
        Ok(())
    }

    async fn follow_decisions(&mut self, now: Instant) -> Result<(), SessionError> {
        if self.partitions.decisions_due.is_some_and(|due| now < due) {
            return Ok(());
        }
        self.partitions.decisions_due = Some(now + DECISION_INTERVAL);
        self.models.refresh_skips(&self.desk.log.reader).await?;
        let decided = self.models.resume_decided().await.map_err(SessionError::Resume)?;
        self.open_anew(&decided, &BTreeSet::new()).await
    }

    /// What is known of the partitions is thrown away: whoever has them next starts from the checkpoints.
    fn let_go(&mut self, partitions: &BTreeSet<Partition>) {
        self.models.remove(partitions);
        for partition in partitions {
            self.feed.remove(*partition);
            self.partitions.held.remove(partition);
        }
    }

    /// Lets go of partitions whose checkpoints were not where they were expected: for a while, or, where the generation
    /// was retired (`true`), to take on the current one at once.
    pub(super) fn let_go_of_lost(&mut self, lost: BTreeMap<Partition, bool>) {
        if lost.is_empty() {
            return;
        }
        let until = Instant::now() + LET_GO;
        self.let_go(&lost.keys().copied().collect());
        let for_a_while = lost.into_iter().filter(|(_, retired)| !retired);
        self.partitions.resting.extend(for_a_while.map(|(partition, _)| (partition, until)));
    }

    /// A partition in which every projection stands needs no events.
    pub(super) fn leave_where_nothing_goes_on(&mut self) {
        for partition in &self.partitions.held {
            if self.models.frontier(*partition).is_none() {
                self.feed.remove(*partition);
            }
        }
    }
}
