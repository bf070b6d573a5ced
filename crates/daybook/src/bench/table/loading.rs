//! How long the command service needs to load an account that it has not in memory: without and with a snapshot.
//!
//! Told from outside, by what any caller would see: how much longer the first command on the account takes than the next
//! ones. The service was started anew and has loaded some other accounts before, so that it is the account that is cold
//! and not the connections. PostgreSQL has the pages in memory.

use std::time::{Duration, Instant};

use anyhow::{Context, bail};
use daybook_proto::v1::command_service_client::CommandServiceClient;
use daybook_stack::Stack;
use tonic::transport::Channel;

use super::figure::Figure;
use super::lines::{self, Phase};
use super::{Effort, restart};
use crate::bench::load::{self, Load};
use crate::bench::report::median;
use crate::bench::workload::Step;
use crate::bench::{Choice, accounts};
use crate::failure::Failure;
use crate::output::{describe, note};

/// Events of a long account.
const LONG: u32 = 10_000;

/// Events of a very long one.
const VERY_LONG: i64 = 1_000_000;

/// Numbers of accounts that no load uses.
const FIRST_WITHOUT: u32 = 1_000_000_000;
const FIRST_WITH: u32 = 1_001_000_000;

/// Accounts loaded before it is measured.
const WARMING: u32 = 30;

/// Commands after the first, with which that is compared.
const NEXT: usize = 9;

/// All three figures; the third only where the effort allows it.
pub(super) async fn run(stack: &mut Stack, effort: Effort) -> Result<Vec<Figure>, Failure> {
    let count = effort.long_accounts;
    let never = ["--snapshot-every", "0"];
    note("accounts with long histories are written\n");
    restart(stack, &never).await?;
    write(stack, FIRST_WITHOUT, count).await?;
    restart(stack, &never).await?;
    let without = measure(&stack.command_url, FIRST_WITHOUT, count).await?;

    restart(stack, &[]).await?;
    write(stack, FIRST_WITH, count).await?;
    restart(stack, &[]).await?;
    let with = measure(&stack.command_url, FIRST_WITH, count).await?;
    let mut figures = vec![
        figure("load of 10,000 events, cold, p50", &without, "< 30 ms", "15 ms"),
        figure("the same with a snapshot", &with, "< 1 ms", "0.5 ms"),
    ];
    if effort.million {
        figures.push(very_long(stack, effort).await?);
    }
    Ok(figures)
}

async fn write(stack: &Stack, first: u32, count: u32) -> anyhow::Result<()> {
    for account in first..first + count {
        accounts::open_with_history(&stack.command_url, account, LONG).await?;
    }
    Ok(())
}

fn figure(what: &str, loads_ms: &[f64], must: &str, aim: &str) -> Figure {
    let most = loads_ms.iter().copied().fold(0.0, f64::max);
    let middle = median(loads_ms.to_vec());
    let measured = format!("{middle:.2} ms (most {most:.2} ms, of {})", loads_ms.len());
    Figure::told(what, measured, must, aim)
}

/// For each account, how much longer its first command takes, in milliseconds.
async fn measure(url: &str, first: u32, count: u32) -> anyhow::Result<Vec<f64>> {
    let mut client = load::connect(url, 1).await?.swap_remove(0);
    for account in 0..WARMING {
        deposit(&mut client, account).await?;
    }
    let mut loads = Vec::new();
    for account in first..first + count {
        loads.push(load_time(&mut client, account).await?);
    }
    Ok(loads)
}

async fn load_time(
    client: &mut CommandServiceClient<Channel>,
    account: u32,
) -> anyhow::Result<f64> {
    let (first, _) = deposit(client, account).await?;
    let mut next = Vec::with_capacity(NEXT);
    for _ in 0..NEXT {
        next.push(deposit(client, account).await?.0);
    }
    Ok((first - median(next)).max(0.0))
}

/// Gives its latency in milliseconds, and the account's version after it.
async fn deposit(
    client: &mut CommandServiceClient<Channel>,
    account: u32,
) -> anyhow::Result<(f64, i64)> {
    let begun = Instant::now();
    let receipt = match Step::deposit(account, 1).call(client).await {
        Ok(receipt) => receipt.context("an answer without a receipt")?,
        Err(status) => bail!("{}", describe(&status)),
    };
    let latency = begun.elapsed().as_secs_f64() * 1000.0;
    Ok((latency, receipt.streams.first().map_or(0, |stream| stream.version)))
}

/// The account that the hot load went to is made a million events long.
async fn very_long(stack: &mut Stack, effort: Effort) -> Result<Figure, Failure> {
    let usual = lines::of(Phase::WithoutProjector, effort).swap_remove(3).load;
    let hot = Load { choice: Choice::Hot, duration: Duration::from_secs(3), ..usual };
    let mut client = load::connect(&stack.command_url, 1).await?.swap_remove(0);
    while deposit(&mut client, 0).await?.1 < VERY_LONG {
        load::run(&stack.command_url, &hot).await?;
    }
    let mut loads = Vec::new();
    for _ in 0..3 {
        restart(stack, &[]).await?;
        let mut client = load::connect(&stack.command_url, 1).await?.swap_remove(0);
        for account in 1..WARMING {
            deposit(&mut client, account).await?;
        }
        loads.push(load_time(&mut client, 0).await?);
    }
    Ok(figure("load of 1,000,000 events with a snapshot", &loads, "< 2 ms", ""))
}
