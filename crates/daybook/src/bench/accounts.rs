//! Opens the accounts that the load goes to, before anything is measured.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use anyhow::{Context, bail};
use tokio::task::JoinSet;
use tonic::Code;

use super::load::connect;
use super::workload::Step;

/// Commands in flight.
const IN_FLIGHT: u32 = 256;

/// Opens accounts `0..count`; those that are open from an earlier run stay as they are.
pub(crate) async fn open(url: &str, count: u32) -> anyhow::Result<()> {
    send(url, count, 0, |account| vec![Step::open(account)]).await.context("open accounts")
}

/// Opens account `account`, and puts `deposits` on it.
pub(crate) async fn open_with_history(
    url: &str,
    account: u32,
    deposits: u32,
) -> anyhow::Result<()> {
    let what = || format!("give account {account} a history");
    send(url, account + 1, account, |account| vec![Step::open(account)])
        .await
        .with_context(what)?;
    send(url, deposits, 0, move |_| vec![Step::deposit(account, 1)]).await.with_context(what)
}

/// Opens accounts `0..count`, and puts `deposits` on each, every one with a reason of its own.
pub(crate) async fn open_with_reasons(url: &str, count: u32, deposits: u32) -> anyhow::Result<()> {
    open(url, count).await?;
    let deposit = move |n| vec![Step::deposit_because(n % count, format!("invoice {n} was due"))];
    send(url, count * deposits, 0, deposit).await.context("deposit with reasons")
}

/// Sends `make(n)` for n from `first` to `end`, many at once.
async fn send(
    url: &str,
    end: u32,
    first: u32,
    make: impl Fn(u32) -> Vec<Step> + Copy + Send + 'static,
) -> anyhow::Result<()> {
    let clients = connect(url, 4).await?;
    let next = Arc::new(AtomicU32::new(first));
    let mut callers = JoinSet::new();
    let callers_wanted = IN_FLIGHT.min(end.saturating_sub(first));
    for mut client in clients.iter().cycle().take(usize::try_from(callers_wanted)?).cloned() {
        let next = Arc::clone(&next);
        callers.spawn(async move {
            loop {
                let number = next.fetch_add(1, Ordering::Relaxed);
                if number >= end {
                    return Ok(());
                }
                for step in make(number) {
                    match step.call(&mut client).await {
                        Ok(_) => {}
                        Err(status) if status.code() == Code::AlreadyExists => {}
                        Err(status) => return Err(status),
                    }
                }
            }
        });
    }
    while let Some(ended) = callers.join_next().await {
        if let Err(status) = ended.context("a caller broke down")? {
            bail!("{}", crate::output::describe(&status));
        }
    }
    Ok(())
}
