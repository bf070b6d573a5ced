//! One instance of the command service, as far as the log sees it: it appends after the head that it saw last.

use daybook_core::event::NewEvent;
use daybook_eventlog::append::{AppendError, Appended, Appender, Batch, CatchUp, Plan};
use daybook_eventlog::{Head, Tip};
use sqlx::postgres::PgConnectOptions;
use time::OffsetDateTime;

use super::build;

pub(crate) struct Writer {
    pub(crate) appender: Appender,
    pub(crate) head: Head,
    pub(crate) tip: Option<Tip>,
}

impl Writer {
    /// Connects and looks where the log ends.
    pub(crate) async fn connect(options: PgConnectOptions) -> Self {
        let mut appender = Appender::new(options);
        appender.connect(None).await.unwrap();
        let (head, tip) = appender.head_and_tip().await.unwrap();
        Self { appender, head, tip }
    }

    /// Events after the head as this instance knows it.
    pub(crate) fn plan(&self, events: Vec<NewEvent>) -> Plan {
        self.plan_batch(build::batch(events))
    }

    pub(crate) fn plan_batch(&self, batch: Batch) -> Plan {
        Plan::new(batch, &self.head)
    }

    /// Appends, and knows the new head if that succeeded.
    pub(crate) async fn append(&mut self, plan: &Plan) -> Result<Appended, AppendError> {
        let result = self.appender.append(plan).await;
        self.learn(plan, &result);
        result
    }

    /// Finds out what became of an append, and knows the new head if it is in the log.
    pub(crate) async fn resolve(&mut self, plan: &Plan) -> Result<Appended, AppendError> {
        let result = self.appender.resolve(plan, self.tip).await;
        self.learn(plan, &result);
        result
    }

    /// Appends events that must go in, and says when they were recorded.
    pub(crate) async fn must_append(&mut self, events: Vec<NewEvent>) -> OffsetDateTime {
        self.must_append_batch(build::batch(events)).await
    }

    pub(crate) async fn must_append_batch(&mut self, batch: Batch) -> OffsetDateTime {
        let plan = self.plan_batch(batch);
        match self.append(&plan).await {
            Ok(Appended::Committed { recorded_at }) => recorded_at,
            other => panic!("not committed: {other:?}"),
        }
    }

    /// Locks the head and knows where it stands.
    pub(crate) async fn lock_head(&mut self) -> Result<CatchUp, AppendError> {
        let caught_up = self.appender.lock_head(self.tip, 1_000).await?;
        (self.head, self.tip) = (caught_up.head.clone(), caught_up.tip);
        Ok(caught_up)
    }

    /// Appends under the lock.
    pub(crate) async fn append_locked(&mut self, plan: &Plan) -> Result<Appended, AppendError> {
        let result = self.appender.append_locked(plan).await;
        self.learn(plan, &result);
        result
    }

    fn learn(&mut self, plan: &Plan, result: &Result<Appended, AppendError>) {
        if let Ok(Appended::Committed { recorded_at }) = result {
            self.head = plan.head_after(*recorded_at);
            self.tip = plan.tip();
        }
    }
}
