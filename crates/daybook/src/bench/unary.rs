//! A caller that sends one call after the other, and waits for each answer.
//!
//! It tries nothing again: a lost answer is something that a measurement should show.

use std::sync::Mutex;
use std::time::{Duration, Instant};

use daybook_proto::v1::command_service_client::CommandServiceClient;
use tonic::Status;
use tonic::transport::Channel;

use super::pace::Pace;
use super::tally::Tally;
use super::workload::{Operation, Work};

/// After a refusal or failure, so that a service that is down is not asked a million times a second.
const PAUSE: Duration = Duration::from_millis(10);

/// Sends operations until the pace ends.
pub(crate) async fn call(
    mut client: CommandServiceClient<Channel>,
    mut work: Work,
    pace: Pace,
    tally: &Mutex<Tally>,
) {
    while let Some(due) = pace.next().await {
        lock(tally).begin();
        let done = perform(&mut client, work.next()).await;
        if settle(tally, due, done).is_err() {
            tokio::time::sleep(PAUSE).await;
        }
    }
}

/// Sends every step; gives the position of the last receipt.
async fn perform(
    client: &mut CommandServiceClient<Channel>,
    operation: Operation,
) -> Result<i64, Status> {
    let mut position = 0;
    for step in operation {
        position = step.call(client).await?.unwrap_or_default().position;
    }
    Ok(position)
}

fn settle(tally: &Mutex<Tally>, due: Instant, done: Result<i64, Status>) -> Result<(), ()> {
    match done {
        Ok(position) => {
            lock(tally).finish(due, position);
            Ok(())
        }
        Err(status) => {
            lock(tally).problem(&status);
            Err(())
        }
    }
}

/// Only whole additions are made under the lock: what a panic leaves behind is still a tally.
fn lock(tally: &Mutex<Tally>) -> std::sync::MutexGuard<'_, Tally> {
    tally.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
}
