//! A log of any length in seconds: events as the command service would have appended them, in bulk.
//!
//! They obey what the log promises (positions and versions without gaps, links, partitions, times that never decrease)
//! and what the domain promises (balances that add up), so that every read model folds from them. Which they are is left
//! to chance with a seed. Of a hundred commands ten are transfers, with seven events each; a fifth of the others go to ten
//! hot accounts.

use std::fmt::Write as _;

use anyhow::{Context, ensure};
use daybook_bank::BankEvent;
use daybook_bank::account::AccountId;
use daybook_bank::account::event::{
    AccountEvent, AccountOpened, FeeCharged, FundsHeld, HoldReleased, MoneyDeposited,
    MoneyWithdrawn, TransferCredited, TransferDebited,
};
use daybook_bank::money::{Currency, Money};
use daybook_bank::transfer::TransferId;
use daybook_bank::transfer::event::{
    TransferApproved, TransferEvent, TransferExecuted, TransferInitiated,
};
use daybook_core::event::EventPayload as _;
use daybook_core::ids::Actor;
use daybook_core::partition::Partition;
use daybook_core::personal::Personal;
use daybook_core::stream::StreamId;
use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};
use sqlx::{Connection, Executor, PgConnection};
use time::format_description::well_known::Rfc3339;
use time::{Duration, OffsetDateTime};

use super::tell;

/// Text that is sent at once, in bytes.
const CHUNK_BYTES: usize = 4 * 1024 * 1024;

/// Between two events: two million are a bit more than two days.
const BETWEEN_EVENTS: Duration = Duration::milliseconds(100);

/// How long ago the first event is.
const PAST: Duration = Duration::days(5);

const HOT_ACCOUNTS: u32 = 10;

const COPY: &str = "COPY log.events (position, prev_position, version, recorded_at, event_id, schema_version, partition,
    stream_id, stream_type, event_type, data, metadata) FROM STDIN";

/// Fills a log to which nobody else appends meanwhile.
pub(in crate::bench) struct Filler {
    url: String,
    random: StdRng,
    usd: Currency,
    /// By number; those that have a version are open.
    accounts: Vec<Account>,
    transfers: u64,
    /// The last event's.
    command_id: u64,
    position: i64,
    partition_positions: Vec<i64>,
    recorded_at: OffsetDateTime,
    /// Lines of COPY that were not sent yet.
    lines: String,
}

#[derive(Clone, Default)]
struct Account {
    version: i64,
    balance: i64,
}

impl Filler {
    /// `database_url`: as the log's owner.
    pub(in crate::bench) async fn new(
        database_url: &str,
        accounts: u32,
        seed: u64,
    ) -> anyhow::Result<Self> {
        let mut filler = Self {
            url: database_url.to_owned(),
            random: StdRng::seed_from_u64(seed),
            usd: "USD".parse()?,
            accounts: vec![Account::default(); usize::try_from(accounts)?],
            transfers: 0,
            command_id: 0,
            position: 0,
            partition_positions: Vec::new(),
            recorded_at: OffsetDateTime::UNIX_EPOCH,
            lines: String::new(),
        };
        filler.go_on().await?;
        // In the past: what is appended later, by a service, is recorded when it happens.
        filler.recorded_at -= PAST;
        Ok(filler)
    }

    /// Takes up the log where others have left it.
    pub(in crate::bench) async fn go_on(&mut self) -> anyhow::Result<()> {
        let mut connection =
            PgConnection::connect(&self.url).await.context("connect to the log")?;
        let head = "SELECT position, recorded_at, partition_positions FROM log.head";
        let (position, recorded_at, partition_positions): (i64, OffsetDateTime, Vec<i64>) =
            sqlx::query_as(head).fetch_one(&mut connection).await.context("read the head")?;
        self.position = position;
        self.recorded_at = recorded_at;
        self.partition_positions = partition_positions;
        Ok(connection.close().await?)
    }

    /// Appends at least so many events.
    pub(in crate::bench) async fn fill_by(&mut self, events: u64) -> anyhow::Result<()> {
        self.fill_to(u64::try_from(self.position)? + events).await
    }

    /// Appends until the log has at least so many events.
    pub(in crate::bench) async fn fill_to(&mut self, events: u64) -> anyhow::Result<()> {
        let target = i64::try_from(events)?;
        tell(&format!("filling the log from {} to {target} events", self.position));
        // One transaction with the head: a log that was half filled is none.
        let mut connection =
            PgConnection::connect(&self.url).await.context("connect to the log")?;
        let mut tx = connection.begin().await?;
        let mut copy = tx.copy_in_raw(COPY).await.context("fill the log")?;
        while self.position < target {
            self.command()?;
            if self.lines.len() >= CHUNK_BYTES {
                copy.send(self.lines.as_bytes()).await.context("fill the log")?;
                self.lines.clear();
            }
        }
        copy.send(self.lines.as_bytes()).await.context("fill the log")?;
        self.lines.clear();
        copy.finish().await.context("fill the log")?;
        let moved = sqlx::query(
            "UPDATE log.head SET position = $1, recorded_at = $2, partition_positions = $3",
        )
        .bind(self.position)
        .bind(self.recorded_at)
        .bind(&self.partition_positions)
        .execute(&mut *tx)
        .await
        .context("move the head")?;
        ensure!(moved.rows_affected() == 1, "the log has no head");
        tx.commit().await.context("fill the log")?;
        // As a log is that has been there for a while: rows are settled, statistics known, the disk is quiet.
        for statement in ["VACUUM (ANALYZE) log.events", "CHECKPOINT"] {
            connection.execute(statement).await.context("settle the log")?;
        }
        Ok(connection.close().await?)
    }

    /// The events of one command that nobody refused.
    fn command(&mut self) -> anyhow::Result<()> {
        let number = self.pick();
        if self.accounts[number].version == 0 {
            return self.open(number);
        }
        match self.random.random_range(0..100) {
            0..10 => {
                let to = self.pick();
                if to == number || self.accounts[to].version == 0 {
                    self.deposit(number)
                } else {
                    self.transfer(number, to)
                }
            }
            10..30 => self.withdraw(number),
            30..40 => self.charge(number),
            _ => self.deposit(number),
        }
    }

    fn pick(&mut self) -> usize {
        let all = u32::try_from(self.accounts.len()).unwrap_or(u32::MAX);
        let hot = self.random.random_range(0..5) == 0;
        let number = self.random.random_range(0..if hot { HOT_ACCOUNTS.min(all) } else { all });
        usize::try_from(number).unwrap_or_default()
    }

    fn open(&mut self, number: usize) -> anyhow::Result<()> {
        let owner = Personal::new(format!("Owner of number {number}"))?;
        let opened = AccountOpened { owner, currency: self.usd, overdraft_limit: 0 };
        self.on_account(number, AccountEvent::Opened(opened))
    }

    fn deposit(&mut self, number: usize) -> anyhow::Result<()> {
        let amount = self.amount(100_000);
        let balance = self.move_money(number, amount.minor_units);
        self.on_account(number, AccountEvent::Deposited(MoneyDeposited { amount, balance }))
    }

    fn withdraw(&mut self, number: usize) -> anyhow::Result<()> {
        let amount = self.amount(50_000);
        if self.accounts[number].balance < amount.minor_units {
            return self.deposit(number);
        }
        let balance = self.move_money(number, -amount.minor_units);
        self.on_account(number, AccountEvent::Withdrawn(MoneyWithdrawn { amount, balance }))
    }

    fn charge(&mut self, number: usize) -> anyhow::Result<()> {
        let amount = self.amount(500);
        if self.accounts[number].balance < amount.minor_units {
            return self.deposit(number);
        }
        let balance = self.move_money(number, -amount.minor_units);
        self.on_account(number, AccountEvent::FeeCharged(FeeCharged { amount, balance }))
    }

    fn transfer(&mut self, from: usize, to: usize) -> anyhow::Result<()> {
        let amount = self.amount(20_000);
        if self.accounts[from].balance < amount.minor_units {
            return self.deposit(from);
        }
        self.transfers += 1;
        let id = TransferId::new(format!("t-{:09}", self.transfers))?;
        let (source, destination) = (account_id(from)?, account_id(to)?);
        let initiated = TransferInitiated {
            source: source.clone(),
            destination: destination.clone(),
            amount,
            initiator: Actor::new("clerk-ann")?,
            approval_required: true,
        };
        self.on_transfer(&id, 1, TransferEvent::Initiated(initiated))?;
        let held = amount.minor_units;
        self.on_account(
            from,
            AccountEvent::FundsHeld(FundsHeld { transfer_id: id.clone(), amount, held }),
        )?;
        let approved = TransferApproved { approver: Actor::new("clerk-ben")? };
        self.on_transfer(&id, 2, TransferEvent::Approved(approved))?;
        self.on_transfer(&id, 3, TransferEvent::Executed(TransferExecuted {}))?;
        let released = HoldReleased { transfer_id: id.clone(), amount, held: 0 };
        self.on_account(from, AccountEvent::HoldReleased(released))?;
        let balance = self.move_money(from, -held);
        let debited =
            TransferDebited { transfer_id: id.clone(), counterparty: destination, amount, balance };
        self.on_account(from, AccountEvent::TransferDebited(debited))?;
        let balance = self.move_money(to, held);
        let credited = TransferCredited { transfer_id: id, counterparty: source, amount, balance };
        self.on_account(to, AccountEvent::TransferCredited(credited))
    }

    fn amount(&mut self, most: i64) -> Money {
        Money::new(self.random.random_range(1..=most), self.usd)
    }

    fn move_money(&mut self, number: usize, minor_units: i64) -> i64 {
        let account = &mut self.accounts[number];
        account.balance += minor_units;
        account.balance
    }

    fn on_account(&mut self, number: usize, event: AccountEvent) -> anyhow::Result<()> {
        self.accounts[number].version += 1;
        let version = self.accounts[number].version;
        self.event(&account_id(number)?.stream_id(), version, &event.into())
    }

    fn on_transfer(
        &mut self,
        id: &TransferId,
        version: i64,
        event: TransferEvent,
    ) -> anyhow::Result<()> {
        self.event(&id.stream_id(), version, &event.into())
    }

    /// One line of COPY. No text in it needs an escape: JSON without control characters or backslashes has none.
    fn event(
        &mut self,
        stream_id: &StreamId,
        version: i64,
        event: &BankEvent,
    ) -> anyhow::Result<()> {
        let partition_count = u16::try_from(self.partition_positions.len())?;
        let partition = Partition::of(stream_id, partition_count);
        self.position += 1;
        self.recorded_at += BETWEEN_EVENTS;
        let position = self.position;
        let prev = std::mem::replace(&mut self.partition_positions[partition.index()], position);
        let (event_id, command_id): (u128, u64) = (self.random.random(), self.random.random());
        // Each tenth is the consequence of the one before it.
        let cause = match position % 10 {
            0 => format!("\"causation_id\":\"command-{:016x}\",", self.command_id),
            _ => String::new(),
        };
        self.command_id = command_id;
        writeln!(
            self.lines,
            "{position}\t{prev}\t{version}\t{}\t{event_id:032x}\t{}\t{partition}\t{stream_id}\t{}\t{}\t{}\t\
             {{\"actor\":\"teller-{}\",\"correlation_id\":\"operation-{command_id:016x}\",\"command_id\":\
             \"command-{command_id:016x}\",{cause}\"reason\":{{\"plain\":\"invoice {} was due\"}},\"ip\":\"10.1.2.3\"}}",
            self.recorded_at.format(&Rfc3339)?,
            event.schema_version(),
            stream_id.stream_type(),
            event.event_type(),
            event.encode()?.get(),
            position % 50,
            position % 100_000,
        )?;
        Ok(())
    }
}

fn account_id(number: usize) -> anyhow::Result<AccountId> {
    Ok(AccountId::new(format!("c-{number:08}"))?)
}
