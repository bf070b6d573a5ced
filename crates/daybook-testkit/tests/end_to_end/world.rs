//! A stack with clients, and a load to put on it.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use anyhow::ensure;
use daybook_proto::v1 as proto;
use daybook_proto::v1::command_service_client::CommandServiceClient;
use daybook_proto::v1::query_service_client::QueryServiceClient;
use daybook_testkit::servers::Service;
use daybook_testkit::{TestStack, eventually};
use futures::StreamExt as _;
use sqlx::PgPool;
use tonic::transport::Channel;
use tonic::{Request, Status};

/// Long against everything here, even on a busy machine.
pub(crate) const BOUND: Duration = Duration::from_secs(120);

/// A stack, clients of it, and a look past its services.
pub(crate) struct World {
    pub(crate) stack: TestStack,
    pub(crate) command: CommandServiceClient<Channel>,
    pub(crate) query: QueryServiceClient<Channel>,
    /// As the superuser.
    pub(crate) admin: PgPool,
    /// How many loads there were: transfers of different ones have different ids.
    loads: AtomicUsize,
}

impl World {
    pub(crate) async fn new() -> Self {
        Self::with(&[]).await
    }

    pub(crate) async fn with(flags: &[(Service, &[&str])]) -> Self {
        Self::over(TestStack::start_with(flags).await).await
    }

    /// With personal texts sealed.
    pub(crate) async fn with_keys() -> Self {
        Self::over(TestStack::start_with_keys(&[]).await).await
    }

    async fn over(stack: TestStack) -> Self {
        let lazy = |url: &str| Channel::from_shared(url.to_owned()).unwrap().connect_lazy();
        Self {
            command: CommandServiceClient::new(lazy(&stack.command_url)),
            query: QueryServiceClient::new(lazy(&stack.query_url)),
            admin: PgPool::connect(&stack.admin_url()).await.unwrap(),
            loads: AtomicUsize::new(0),
            stack,
        }
    }

    pub(crate) async fn head(&self) -> i64 {
        sqlx::query_scalar("SELECT position FROM log.head").fetch_one(&self.admin).await.unwrap()
    }

    /// Waits until every partition of every projection has reached the head.
    pub(crate) async fn projected(&self) {
        let head = self.head().await;
        eventually("the read models reach the head", BOUND, async || {
            let lowest: Option<i64> =
                sqlx::query_scalar("SELECT min(position) FROM read.checkpoints WHERE NOT retired")
                    .fetch_one(&self.admin)
                    .await?;
            ensure!(lowest >= Some(head), "checkpoint {lowest:?} of {head}");
            Ok(())
        })
        .await;
    }

    /// Opens `accounts` accounts with $1,000.00 each, called a0, a1, ….
    pub(crate) async fn open_accounts(&mut self, accounts: usize) {
        for n in 0..accounts {
            let id = format!("a{n}");
            self.command.open_account(by("teller", open(&id))).await.unwrap();
            self.command.deposit(by("teller", deposit(&id, 100_000))).await.unwrap();
        }
    }

    /// Puts a load on the accounts: deposits, withdrawals and transfers, 32 at a time. Gives how many were acknowledged;
    /// what was refused was refused by a rule, and what failed because a service was away is left out.
    pub(crate) async fn load(&self, accounts: usize, commands: usize) -> usize {
        let load = self.loads.fetch_add(1, Ordering::Relaxed);
        let outcomes = futures::stream::iter(0..commands)
            .map(|n| one_command(self.command.clone(), accounts, load, n))
            .buffer_unordered(32)
            .collect::<Vec<_>>()
            .await;
        outcomes.into_iter().filter(Result::is_ok).count()
    }
}

/// The n-th command of a load: the mix repeats, the accounts wander.
async fn one_command(
    mut client: CommandServiceClient<Channel>,
    accounts: usize,
    load: usize,
    n: usize,
) -> Result<(), Status> {
    let account = format!("a{}", n * 7 % accounts);
    let other = format!("a{}", (n * 7 + 1) % accounts);
    let cents = i64::try_from(n % 50 + 1).unwrap();
    match n % 5 {
        0 | 1 => client.deposit(by("teller", deposit(&account, cents))).await.map(drop),
        2 => client.withdraw(by("teller", withdraw(&account, cents))).await.map(drop),
        3 => client.charge_fee(by("teller", fee(&account, cents))).await.map(drop),
        _ => {
            let id = format!("t{load}-{n}");
            client.initiate_transfer(by("ines", initiate(&id, &account, &other, cents))).await?;
            client.approve_transfer(by("otto", approve(&id))).await?;
            client.execute_transfer(by("ines", execute(&id))).await.map(drop)
        }
    }
}

/// A request by `actor`.
pub(crate) fn by<T>(actor: &str, message: T) -> Request<T> {
    let mut request = Request::new(message);
    request.metadata_mut().insert("x-daybook-actor", actor.parse().unwrap());
    request
}

pub(crate) fn usd(minor_units: i64) -> Option<proto::Money> {
    Some(proto::Money { minor_units, currency: "USD".to_owned() })
}

pub(crate) fn open(id: &str) -> proto::OpenAccountRequest {
    proto::OpenAccountRequest {
        account_id: id.to_owned(),
        owner: "Somebody".to_owned(),
        currency: "USD".to_owned(),
        ..Default::default()
    }
}

pub(crate) fn deposit(id: &str, cents: i64) -> proto::DepositRequest {
    proto::DepositRequest { context: None, account_id: id.to_owned(), amount: usd(cents) }
}

pub(crate) fn withdraw(id: &str, cents: i64) -> proto::WithdrawRequest {
    proto::WithdrawRequest { context: None, account_id: id.to_owned(), amount: usd(cents) }
}

pub(crate) fn fee(id: &str, cents: i64) -> proto::ChargeFeeRequest {
    proto::ChargeFeeRequest { context: None, account_id: id.to_owned(), amount: usd(cents) }
}

pub(crate) fn initiate(
    id: &str,
    from: &str,
    to: &str,
    cents: i64,
) -> proto::InitiateTransferRequest {
    proto::InitiateTransferRequest {
        context: None,
        source_account_id: from.to_owned(),
        transfer_id: id.to_owned(),
        destination_account_id: to.to_owned(),
        amount: usd(cents),
    }
}

pub(crate) fn approve(id: &str) -> proto::ApproveTransferRequest {
    proto::ApproveTransferRequest { context: None, transfer_id: id.to_owned() }
}

pub(crate) fn execute(id: &str) -> proto::ExecuteTransferRequest {
    proto::ExecuteTransferRequest { context: None, transfer_id: id.to_owned() }
}
