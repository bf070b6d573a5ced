//! PostgreSQL is killed, restarted, restored: what the service says meanwhile, and that it goes on by itself.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use anyhow::ensure;
use daybook_testkit::eventually;
use futures::future::join_all;
use tokio::process::Command;
use tonic::Code;

use crate::support::{World, order, reason};

#[tokio::test]
async fn postgresql_killed_in_the_middle_of_a_load_loses_and_doubles_nothing() {
    let mut world = World::new().await;
    let bank = world.ready_service(&[]).await;
    bank.open_accounts(&["a", "b", "c", "d"], 0).await;
    let (stop, acknowledged) = (AtomicBool::new(false), AtomicUsize::new(0));
    let load = join_all((0..16_usize).map(|caller| {
        let (bank, stop, acknowledged) = (&bank, &stop, &acknowledged);
        async move {
            let account = ["a", "b", "c", "d"][caller % 4];
            let (mut receipts, mut open) = (Vec::new(), Vec::new());
            for n in 0.. {
                if stop.load(Ordering::Relaxed) {
                    break;
                }
                let order = order::deposit(account, 1).id(format!("c-{caller}-{n}"));
                // Not retried at once: what was told of it is checked against the log.
                match bank.send(order.clone().within_ms(2000)).await {
                    Ok(receipt) => {
                        acknowledged.fetch_add(1, Ordering::Relaxed);
                        receipts.push(receipt);
                    }
                    Err(status) => open.push((order, status)),
                }
            }
            (receipts, open)
        }
    }));
    let kills = async {
        for _ in 0..3 {
            let before = acknowledged.load(Ordering::Relaxed);
            eventually("commands go on", Duration::from_secs(20), async || {
                let now = acknowledged.load(Ordering::Relaxed);
                ensure!(now > before + 50, "{now} acknowledged");
                Ok(())
            })
            .await;
            world.postgres.kill_immediately().await.unwrap();
            world.postgres.restart().await.unwrap();
        }
        stop.store(true, Ordering::Relaxed);
    };
    let (outcomes, ()) = tokio::join!(load, kills);

    let mut retried = Vec::new();
    let ledger = world.ledger().await;
    for (receipts, open) in &outcomes {
        receipts.iter().for_each(|receipt| ledger.check_receipt(receipt));
        for (order, status) in open {
            let command_id = &order.context.command_id;
            let count = ledger.of_command(command_id).len();
            match (status.code(), reason(status).1.as_str()) {
                (Code::Unavailable | Code::DeadlineExceeded, "NOT_APPLIED") => {
                    assert_eq!(count, 0, "{command_id} was said not to be applied");
                }
                (Code::Unavailable, "OUTCOME_UNKNOWN") | (Code::Cancelled, _) => {}
                other => panic!("{command_id}: {other:?} {status}"),
            }
            retried.push((order.clone(), count));
        }
    }
    for (order, count) in retried {
        let receipt = bank.send_until_certain(order).await.unwrap();
        assert_eq!(receipt.replayed, count == 1);
    }
    let sent: usize = outcomes.iter().map(|(receipts, open)| receipts.len() + open.len()).sum();
    let ledger = world.ledger().await;
    assert_eq!(ledger.from_outside, i128::try_from(sent).unwrap());
}

#[tokio::test]
async fn while_postgresql_is_away_commands_are_not_applied_and_health_says_so() {
    let mut world = World::new().await;
    let bank = world.ready_service(&[]).await;
    bank.open_accounts(&["a"], 100).await;
    world.postgres.stop_fast().await.unwrap();
    // Whoever finds out has a connection that broke, and perhaps an unknown outcome.
    let finds_out = bank.send(order::deposit("a", 1).id("first").within_ms(500)).await.unwrap_err();
    assert!(matches!(finds_out.code(), Code::Unavailable | Code::Cancelled), "{finds_out}");
    bank.is_serving(false).await;
    let orders = [
        order::deposit("a", 1),
        order::withdraw("a", 1_000),
        order::open("new"),
        order::deposit("cold", 1),
        order::execute("cold"),
    ];
    let answers = join_all(orders.map(|order| bank.send(order.id("x").within_ms(1000)))).await;
    for status in answers.into_iter().map(Result::unwrap_err) {
        assert_eq!(reason(&status), (Code::Unavailable, "NOT_APPLIED".to_owned()), "{status}");
    }
    world.postgres.restart().await.unwrap();
    bank.is_serving(true).await;
    bank.send(order::deposit("a", 5)).await.unwrap();
    let ledger = world.ledger().await;
    let first = ledger.of_command("first").len();
    assert_eq!(ledger.balance("a"), 105 + i128::try_from(first).unwrap());
    assert!(ledger.of_command("x").is_empty());
}

#[tokio::test]
async fn a_service_that_starts_before_its_log_waits_for_it() {
    let mut world = World::new().await;
    world.postgres.stop_fast().await.unwrap();
    let bank = world.service(&[]).await;
    world.postgres.restart().await.unwrap();
    bank.is_serving(true).await;
    bank.open_accounts(&["a"], 1).await;
    bank.stop().await;
}

#[tokio::test]
async fn g12_after_a_restore_the_service_decides_on_the_restored_log() {
    let mut world = World::new().await;
    let bank = world.ready_service(&["--snapshot-every", "3"]).await;
    bank.open_accounts(&["a", "b"], 100).await;
    // The backup, as PostgreSQL would be found after a restore of it.
    let (data, backup) = (world.postgres.dir().join("data"), world.postgres.dir().join("backup"));
    world.postgres.stop_fast().await.unwrap();
    copy(&data, &backup).await;
    world.postgres.restart().await.unwrap();
    bank.is_serving(true).await;

    let lost = order::deposit("a", 900).id("lost");
    bank.send_until_certain(lost.clone()).await.unwrap();
    bank.send(order::deposit("b", 7)).await.unwrap();
    bank.send(order::open("later")).await.unwrap();
    world.postgres.stop_fast().await.unwrap();
    std::fs::remove_dir_all(&data).unwrap();
    copy(&backup, &data).await;
    world.postgres.restart().await.unwrap();

    // The service was not restarted, and remembers nothing of what never happened.
    let refused = bank.send_until_certain(order::withdraw("a", 101)).await.unwrap_err();
    assert_eq!(reason(&refused).1, "INSUFFICIENT_FUNDS");
    assert_eq!(crate::support::fact(&refused, "available"), "100");
    let unknown = bank.send(order::deposit("later", 1)).await.unwrap_err();
    assert_eq!(unknown.code(), Code::NotFound);
    let again = bank.send(lost).await.unwrap();
    assert!(!again.replayed);
    bank.send(order::withdraw("a", 1000)).await.unwrap();
    bank.send(order::withdraw("b", 100).expecting_version(2)).await.unwrap();
    let ledger = world.ledger().await;
    assert_eq!((ledger.balance("a"), ledger.balance("b")), (0, 0));
}

async fn copy(from: &std::path::Path, to: &std::path::Path) {
    let status = Command::new("cp").arg("-a").arg(from).arg(to).status().await.unwrap();
    assert!(status.success());
}

#[tokio::test]
async fn g12_a_snapshot_of_what_a_restore_took_back_is_never_written() {
    let mut world = World::new().await;
    let bank = world.ready_service(&["--snapshot-every", "1"]).await;
    bank.open_accounts(&["a"], 100).await;
    let (data, backup) = (world.postgres.dir().join("data"), world.postgres.dir().join("backup"));
    world.postgres.stop_fast().await.unwrap();
    copy(&data, &backup).await;
    world.postgres.restart().await.unwrap();

    bank.send_until_certain(order::deposit("a", 900)).await.unwrap();
    // The next snapshots wait: one for this lock, the others for that one.
    let mut blocking = world.admin.begin().await.unwrap();
    sqlx::query("LOCK TABLE log.snapshots IN EXCLUSIVE MODE")
        .execute(&mut *blocking)
        .await
        .unwrap();
    for _ in 0..3 {
        bank.send(order::deposit("a", 900)).await.unwrap();
    }
    world.postgres.stop_fast().await.unwrap();
    drop(blocking);
    std::fs::remove_dir_all(&data).unwrap();
    copy(&backup, &data).await;
    world.postgres.restart().await.unwrap();

    let refused = bank.send_until_certain(order::withdraw("a", 101)).await.unwrap_err();
    assert_eq!(crate::support::fact(&refused, "available"), "100");
    // Everything that was still to be written is, when the service has stopped.
    bank.stop().await;
    let later = world.service(&[]).await;
    let refused = later.send(order::withdraw("a", 101)).await.unwrap_err();
    assert_eq!(crate::support::fact(&refused, "available"), "100");
    later.send(order::deposit("a", 1).expecting_version(2)).await.unwrap();
    assert_eq!(world.ledger().await.balance("a"), 101);
}
