//! The head's lock in the hands of a test: as long as it lasts, no service appends anything.

use std::time::Duration;

use anyhow::ensure;
use daybook_testkit::eventually;
use sqlx::{PgPool, Postgres, Transaction};

/// See the module. Dropping it gives the lock back.
pub(crate) struct HeadLock {
    transaction: Transaction<'static, Postgres>,
    admin: PgPool,
}

impl HeadLock {
    pub(crate) async fn take(admin: &PgPool) -> Self {
        let mut transaction = admin.begin().await.unwrap();
        sqlx::query("SELECT position FROM log.head FOR UPDATE")
            .fetch_one(&mut *transaction)
            .await
            .unwrap();
        Self { transaction, admin: admin.clone() }
    }

    /// Returns when so many appenders wait for the lock.
    pub(crate) async fn is_waited_for(&self, appenders: i64) {
        eventually("an append waits for the head", Duration::from_secs(10), async || {
            let waiting: i64 = sqlx::query_scalar(
                "SELECT count(*) FROM pg_stat_activity WHERE application_name = \
                 'daybook-command append' AND wait_event_type = 'Lock'",
            )
            .fetch_one(&self.admin)
            .await?;
            ensure!(waiting >= appenders, "{waiting} wait");
            Ok(())
        })
        .await;
    }

    pub(crate) async fn release(self) {
        self.transaction.rollback().await.unwrap();
    }
}
