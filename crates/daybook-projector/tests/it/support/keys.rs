//! A key store on a server of its own, and events sealed with its keys as the command service would.

use std::collections::{BTreeSet, HashSet};

use daybook_core::event::EventPayload as _;
use daybook_core::ids::{Actor, CommandId, CorrelationId};
use daybook_core::metadata::Metadata;
use daybook_core::personal::Personal;
use daybook_core::subject::event::{PersonalDataErased, SubjectForgotten};
use daybook_core::subject::{SubjectEvent, SubjectId, erasure_streams};
use daybook_core::system::SystemEvent;
use daybook_domains::DaybookEvent;
use daybook_keys::keys::REASON;
use daybook_keys::{KeyStore, SubjectKey};
use daybook_testkit::TestPostgres;
use sqlx::PgPool;

use super::{PARTITIONS, World};

/// What the tests search for: it stands in every personal text of a subject, and nowhere else.
pub(crate) fn secret(subject: &str) -> String {
    format!("secret-of-{subject}")
}

pub(crate) struct Keys {
    pub(crate) server: TestPostgres,
    store: KeyStore,
}

impl Keys {
    pub(crate) async fn start() -> Self {
        let server = TestPostgres::start_apart().await;
        let pool = PgPool::connect(&server.admin_url()).await.unwrap();
        daybook_keys::migrate::run(&pool).await.unwrap();
        pool.close().await;
        for role in ["daybook_command", "daybook_projector"] {
            server.allow_login(role).await.unwrap();
        }
        let url = server.url("daybook_command", "postgres");
        let store = KeyStore::connect_lazy(&url, "test").unwrap();
        Self { server, store }
    }

    /// For whoever only reads.
    pub(crate) fn url(&self) -> String {
        self.server.url("daybook_projector", "postgres")
    }

    /// As a projector has it.
    pub(crate) fn reader(&self) -> KeyStore {
        KeyStore::connect_lazy(&self.url(), "test").unwrap()
    }

    /// The key of a subject, made where there is none.
    pub(crate) async fn key(&self, subject: &str) -> SubjectKey {
        let subject = SubjectId::new(subject).unwrap();
        let keys = self.store.ensure_keys(&HashSet::from([subject.clone()])).await.unwrap();
        keys.get(&subject).flatten().unwrap().clone()
    }

    /// Events, each with the stream and the subject that it is sealed for, with a reason and metadata of its own.
    pub(crate) async fn sealed<'a>(
        &self,
        world: &World,
        events: &[(&'a str, DaybookEvent, &str)],
    ) -> Vec<(&'a str, DaybookEvent, Metadata)> {
        let mut sealed = Vec::new();
        for (position, (stream, event, subject)) in (world.log.next_position()..).zip(events) {
            let (event, metadata) = seal(&self.key(subject).await, subject, event, position);
            sealed.push((*stream, event, metadata));
        }
        sealed
    }

    /// Seals events and appends them.
    pub(crate) async fn record(&self, world: &mut World, events: &[(&str, DaybookEvent, &str)]) {
        let sealed = self.sealed(world, events).await;
        let recorded = world.log.append_with(&sealed).await;
        world.publish(recorded);
    }

    /// Destroys a key, and then tells everybody.
    pub(crate) async fn forget(&self, world: &mut World, subject: &str) {
        let subject_id = SubjectId::new(subject).unwrap();
        let stream = format!("subject-{subject}");
        let forgotten = SubjectForgotten { subject_id: subject_id.clone() };
        let forgotten = SystemEvent::from(SubjectEvent::from(forgotten));
        world.record(&[(&stream, forgotten.into())]).await;
        self.store.destroy(&BTreeSet::from([subject_id.clone()])).await.unwrap();
        let streams = erasure_streams(PARTITIONS);
        let all = [&*stream].into_iter().chain(streams.iter().map(|stream| stream.as_str()));
        let erased = SystemEvent::from(SubjectEvent::from(PersonalDataErased { subject_id }));
        let erased: Vec<_> =
            all.map(|stream| (stream, DaybookEvent::from(erased.clone()))).collect();
        world.record(&erased).await;
    }
}

/// An event as the command service would store it.
pub(crate) fn seal(
    key: &SubjectKey,
    subject: &str,
    event: &DaybookEvent,
    position: i64,
) -> (DaybookEvent, Metadata) {
    let (subject_id, mut event) = (SubjectId::new(subject).unwrap(), event.clone());
    let command_id = CommandId::new(format!("command-{position}")).unwrap();
    let mut reason = Personal::new(format!("because of {}", secret(subject))).unwrap();
    key.seal(&subject_id, &command_id, REASON, &mut reason).unwrap();
    event.visit_personal(&mut |field, text| {
        key.seal(&subject_id, &command_id, field, text).unwrap();
    });
    let metadata = Metadata {
        actor: Actor::new("teller").unwrap(),
        correlation_id: CorrelationId::new(format!("operation-{position}")).unwrap(),
        causation_id: None,
        command_id,
        reason: Some(reason),
        ip: None,
        traceparent: None,
    };
    (event, metadata)
}
