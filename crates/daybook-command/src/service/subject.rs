//! Forgetting a person: the act, the end of their key, and the word to every partition, in this order.
//!
//! **Crash points.** Before the act is committed: nothing happened. After it: the log says that they are forgotten, and
//! [`Eraser::carry_on`] does the rest at the next start, as a repeated call does.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use daybook_core::domain::Domain;
use daybook_core::event::RecordedEvent;
use daybook_core::ids::{CausationId, CommandId, Position, Version};
use daybook_core::metadata::Metadata;
use daybook_core::stream::ExpectedVersion;
use daybook_core::subject::{SubjectCommand, SubjectId, erasure_streams};
use daybook_core::system::SystemCommand;
use daybook_eventlog::{Direction, LogReader, ReadError, StreamQuery};
use daybook_keys::{Forgotten, KeyStore, forgotten};
use daybook_proto::v1 as proto;
use daybook_runtime::{ids, status};
use tokio_util::sync::CancellationToken;
use tonic::{Code, Request, Status};

use super::desk::Desk;
use super::fields::{Caller, subject_id};
use super::{CommandRequest, Served};

/// How long the second step may wait to be decided, whatever the caller's own patience.
const RECORD_TIMEOUT: Duration = Duration::MAX;
/// Pause before an erasure that was left undone is tried again.
const RETRY_PAUSE: Duration = Duration::from_secs(1);

impl CommandRequest for proto::ForgetSubjectRequest {
    type Command = SystemCommand;

    const NEEDS_REASON: bool = true;

    fn take_context(&mut self) -> Option<proto::CommandContext> {
        self.context.take()
    }

    fn into_command(self) -> Result<SystemCommand, Status> {
        let subject_id = subject_id(&self.subject_id)?;
        Ok(SubjectCommand::ForgetSubject { subject_id }.into())
    }
}

/// Without keys there is nothing that could be destroyed.
pub(super) fn no_key_store() -> Status {
    status::failed_precondition(
        "NO_KEY_STORE",
        "keys",
        "this service keeps no keys, so personal texts were stored as they came and cannot be erased; start it with \
         --keys-database-url",
        Vec::new(),
    )
}

/// See the module.
pub(crate) struct Eraser<D: Domain> {
    desk: Arc<Desk<D>>,
    log: LogReader,
    keys: KeyStore,
    partition_count: u16,
}

impl<D: Served> Eraser<D> {
    pub(crate) fn new(
        desk: Arc<Desk<D>>,
        log: LogReader,
        keys: KeyStore,
        partition_count: u16,
    ) -> Self {
        Self { desk, log, keys, partition_count }
    }

    /// All three steps. Whoever is forgotten already is told so, after what was left undone is done.
    pub(super) async fn forget(
        &self,
        request: Request<proto::ForgetSubjectRequest>,
    ) -> Result<proto::Receipt, Status> {
        let subject = subject_id(&request.get_ref().subject_id)?;
        let act = self.desk.execute(request).await;
        if act.is_ok() || act.as_ref().is_err_and(|status| status.code() == Code::AlreadyExists) {
            // Not even now is the key destroyed on the word of an answer, only on that of the log.
            let erased = async {
                self.carry_through(&subject).await?;
                self.erased_up_to(&subject).await
            };
            let position = erased.await.map_err(|error| pending(&subject, &error))?;
            return act.map(|receipt| of_both(receipt, position));
        }
        act
    }

    /// Finishes, in the background, what was left undone.
    pub(crate) async fn carry_on(self: Arc<Self>, stopping: CancellationToken) {
        let finish = async || -> anyhow::Result<()> {
            for Forgotten { subject, is_erased } in forgotten(&self.log).await? {
                if !is_erased {
                    self.carry_through(&subject).await?;
                    tracing::info!(subject.id = %subject, "an erasure that was left undone is done");
                }
            }
            Ok(())
        };
        loop {
            let finished = tokio::select! {
                () = stopping.cancelled() => return,
                finished = finish() => finished,
            };
            let Err(error) = finished else { return };
            tracing::warn!(error = %format!("{error:#}"), "an erasure is still to be done");
            tokio::select! {
                () = stopping.cancelled() => return,
                () = tokio::time::sleep(RETRY_PAUSE) => {}
            }
        }
    }

    /// Where the last event of the erasure is, the word to the last partition.
    async fn erased_up_to(&self, subject: &SubjectId) -> anyhow::Result<Option<Position>> {
        let Some(erasure) = self.event(subject, Version::ZERO.next().next()).await? else {
            return Ok(None);
        };
        let command_id = erasure.parse_metadata()?.command_id;
        let positions = self.log.positions_of_command(command_id.as_str()).await?;
        Ok(positions.map(|(_, last)| last))
    }

    /// An event of a subject's stream.
    async fn event(
        &self,
        subject: &SubjectId,
        version: Version,
    ) -> Result<Option<RecordedEvent>, ReadError> {
        let query = StreamQuery {
            stream_id: subject.stream_id(),
            from_version: version,
            to_version: version,
            event_types: Vec::new(),
            direction: Direction::Forwards,
            limit: 1,
        };
        Ok(self.log.read_stream(&query).await?.pop())
    }

    /// The second and the third step, for a subject who is forgotten according to the log, and nothing for others.
    async fn carry_through(&self, subject: &SubjectId) -> anyhow::Result<()> {
        let act = self.event(subject, Version::ZERO.next()).await?;
        let Some(act) = act else { return Ok(()) };
        self.keys.destroy(&BTreeSet::from([subject.clone()])).await?;
        let metadata = act.parse_metadata()?;
        let command = SystemCommand::from(SubjectCommand::RecordErasure {
            subject_id: subject.clone(),
            erasure_streams: erasure_streams(self.partition_count),
        });
        let caller = Caller {
            metadata: Metadata {
                causation_id: Some(CausationId::new(metadata.command_id.as_str())?),
                command_id: CommandId::new(ids::time_ordered().to_string())?,
                reason: None,
                ..metadata
            },
            expected_version: ExpectedVersion::Any,
            gave_command_id: false,
        };
        match self.desk.execute_command(command.into(), caller, RECORD_TIMEOUT).await {
            Ok(_) => Ok(()),
            // Somebody else was faster.
            Err(status) if status.code() == Code::AlreadyExists => Ok(()),
            Err(status) => Err(anyhow::anyhow!("{}", status.message())),
        }
    }
}

/// The receipt of the act, at the end of the erasure: a query that is given its position shows nothing of them any more.
fn of_both(receipt: proto::Receipt, erased: Option<Position>) -> proto::Receipt {
    let position = erased.map_or(receipt.position, Position::get);
    proto::Receipt { position, ..receipt }
}

fn pending(subject: &SubjectId, error: &anyhow::Error) -> Status {
    tracing::error!(subject.id = %subject, error = %format!("{error:#}"), "an erasure could not be carried through");
    status::unavailable(
        "ERASURE_PENDING",
        format!(
            "it is recorded that subject `{subject}` is forgotten, but their key may still exist; it is tried again when \
             the service starts, or send it again"
        ),
    )
}
