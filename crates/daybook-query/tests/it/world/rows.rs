//! Rows of the read models, with boring values where a test does not care.

use super::{World, partition_of};

/// A row of `accounts`.
pub(crate) struct AccountRow {
    pub(crate) id: &'static str,
    pub(crate) currency: &'static str,
    pub(crate) balance: i64,
    pub(crate) held: i64,
    pub(crate) overdraft_limit: i64,
    pub(crate) status: &'static str,
}

impl Default for AccountRow {
    fn default() -> Self {
        let (id, currency, status) = ("alice", "USD", "open");
        Self { id, currency, balance: 0, held: 0, overdraft_limit: 0, status }
    }
}

/// A row of `account_entries`, recorded at so many seconds after 2026-01-01.
pub(crate) struct EntryRow {
    pub(crate) account: &'static str,
    pub(crate) version: i64,
    pub(crate) second: i64,
    pub(crate) kind: &'static str,
    pub(crate) amount: i64,
    pub(crate) balance: i64,
}

/// A row of `transfers`.
pub(crate) struct TransferRow {
    pub(crate) id: String,
    pub(crate) source: &'static str,
    pub(crate) destination: &'static str,
    pub(crate) status: &'static str,
    pub(crate) position: i64,
}

/// `2026-01-01T00:00:00Z` in Unix seconds: the second 0 of every test.
pub(crate) const EPOCH: i64 = 1_767_225_600;

impl World {
    pub(crate) async fn account(&self, row: AccountRow) {
        let AccountRow { id, currency, balance, held, overdraft_limit, status } = row;
        let partition = partition_of(&format!("account-{id}"));
        self.sql(format!(
            "INSERT INTO read.accounts_1 VALUES ('{id}', {partition}, 'Owner of {id}', '{currency}', {balance}, {held},
             {overdraft_limit}, '{status}', 3, to_timestamp({EPOCH}), to_timestamp({EPOCH} + 60))"
        ))
        .await;
    }

    pub(crate) async fn entry(&self, row: EntryRow) {
        let EntryRow { account, version, second, kind, amount, balance } = row;
        let partition = partition_of(&format!("account-{account}"));
        let position = version * 10;
        self.sql(format!(
            "INSERT INTO read.account_entries_1 VALUES ('{account}', to_timestamp({EPOCH} + {second}), {version},
             {position}, {partition}, '{kind}', {amount}, {balance}, 'USD', 'bob', 't-1', 'clerk', 'rent', 'c-{version}')"
        ))
        .await;
    }

    pub(crate) async fn transfer(&self, row: TransferRow) {
        let TransferRow { id, source, destination, status, position } = row;
        let partition = partition_of(&format!("transfer-{id}"));
        let steps = format!(
            r#"[{{"status": "initiated", "actor": "clerk", "recorded_at": "2026-01-01T00:00:00Z", "reason": "rent",
                 "position": {position}}},
                {{"status": "{status}", "actor": "boss", "recorded_at": "2026-01-01T00:00:01.000005Z", "reason": null,
                 "position": {}}}]"#,
            position + 1
        );
        self.sql(format!(
            "INSERT INTO read.transfers_1 VALUES ('{id}', {partition}, '{source}', '{destination}', 20000, 'USD',
             '{status}', true, 2, {position}, '{steps}')"
        ))
        .await;
    }

    pub(crate) async fn activity(
        &self,
        day: &str,
        currency: &str,
        kind: &str,
        partition: u16,
        count: i64,
        volume: &str,
    ) {
        self.sql(format!(
            "INSERT INTO read.daily_activity_1 VALUES ('{day}', '{currency}', '{kind}', {partition}, {count}, {volume})"
        ))
        .await;
    }
}
