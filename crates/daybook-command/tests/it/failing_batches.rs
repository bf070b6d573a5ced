//! A batch that PostgreSQL refuses: the culprit alone is refused, and nothing that leaned on it is told to anybody.

use futures::future::join_all;
use tonic::Code;

use crate::support::{HeadLock, World, order, reason};

/// Deposits of 666 are refused by a trigger.
const POISON: &str = "
    CREATE FUNCTION poison() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
        IF NEW.data->'amount'->>'minor_units' = '666' THEN RAISE EXCEPTION 'poison'; END IF;
        RETURN NEW;
    END $$;
    CREATE TRIGGER poison BEFORE INSERT ON log.events FOR EACH ROW EXECUTE FUNCTION poison();";

#[tokio::test]
async fn a_poisonous_command_fails_alone_among_its_batch() {
    let world = World::new().await;
    let bank = world.ready_service(&[]).await;
    let accounts: Vec<String> = (0..40).map(|n| format!("a{n}")).collect();
    let names: Vec<&str> = accounts.iter().map(String::as_str).collect();
    bank.open_accounts(&names, 10).await;
    world.execute(POISON).await;
    let lock = HeadLock::take(&world.admin).await;
    let mut calls = Vec::new();
    for (n, account) in names.iter().enumerate() {
        let cents = if n % 13 == 5 { 666 } else { 7 };
        calls.push((cents, bank.spawn(order::deposit(account, cents).id(format!("in-{n}")))));
    }
    lock.is_waited_for(1).await;
    lock.release().await;

    for (n, (cents, call)) in calls.into_iter().enumerate() {
        match call.await.unwrap() {
            Ok(_) => assert_ne!(cents, 666, "{n}"),
            Err(status) => {
                assert_eq!(cents, 666, "{n}: {status}");
                assert_eq!(reason(&status), (Code::Internal, "INTERNAL".to_owned()));
                assert!(!status.message().contains("poison"), "the cause is for the log: {status}");
            }
        }
    }
    let ledger = world.ledger().await;
    for (n, account) in names.iter().enumerate() {
        assert_eq!(ledger.balance(account), if n % 13 == 5 { 10 } else { 17 }, "{account}");
    }
}

#[tokio::test]
async fn g12_nothing_that_leaned_on_a_batch_that_failed_is_told() {
    let world = World::new().await;
    let bank = world.ready_service(&["--snapshot-every", "2"]).await;
    bank.open_accounts(&["a", "b"], 0).await;
    world.execute(POISON).await;
    for round in 0..10 {
        // In memory the account has 666 for a moment. It never had.
        let lock = HeadLock::take(&world.admin).await;
        let poison = bank.spawn(order::deposit("a", 666).id(format!("poison-{round}")));
        lock.is_waited_for(1).await;
        let spend = bank.spawn(order::withdraw("a", 600));
        let stale = bank.spawn(order::deposit("a", 1).expecting_version(2));
        let refused = bank.spawn(order::withdraw("a", 667));
        let elsewhere = bank.spawn(order::deposit("b", 1));
        let opened_twice = bank.spawn(order::open("a"));
        let retry = bank.spawn(order::deposit("a", 666).id(format!("poison-{round}")));
        lock.release().await;

        assert_eq!(poison.await.unwrap().unwrap_err().code(), Code::Internal);
        assert_eq!(retry.await.unwrap().unwrap_err().code(), Code::Internal);
        let spend = spend.await.unwrap().unwrap_err();
        assert_eq!(crate::support::fact(&spend, "available"), "0");
        let stale = stale.await.unwrap().unwrap_err();
        assert_eq!(crate::support::fact(&stale, "actual"), "1");
        let refused = refused.await.unwrap().unwrap_err();
        assert_eq!(crate::support::fact(&refused, "available"), "0");
        assert_eq!(reason(&opened_twice.await.unwrap().unwrap_err()).1, "ACCOUNT_EXISTS");
        elsewhere.await.unwrap().unwrap();
    }
    bank.stop().await;
    let ledger = world.ledger().await;
    assert_eq!((ledger.balance("a"), ledger.balance("b")), (0, 10));
    // No snapshot of a version that never was.
    let snapshots: Vec<(String, i64)> =
        sqlx::query_as("SELECT stream_id, version FROM log.snapshots")
            .fetch_all(&world.admin)
            .await
            .unwrap();
    assert_eq!(snapshots, [("account-b".to_owned(), 10)]);
}

#[tokio::test]
async fn g12_a_batch_that_fails_once_costs_nobody_anything() {
    let world = World::new().await;
    let bank = world.ready_service(&[]).await;
    bank.open_accounts(&["a", "b"], 100).await;
    world
        .execute(
            "CREATE SEQUENCE failures;
             CREATE FUNCTION fail_once() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $$
             BEGIN
                 IF (SELECT count(*) FROM arrived) > 3 AND nextval('public.failures') = 1
                 THEN RAISE EXCEPTION 'this once'; END IF;
                 RETURN NULL;
             END $$;
             CREATE TRIGGER fail_once AFTER INSERT ON log.events REFERENCING NEW TABLE AS arrived
                 FOR EACH STATEMENT EXECUTE FUNCTION fail_once();",
        )
        .await;
    let mut withdrawn = 0;
    for round in 0_i64.. {
        let lock = HeadLock::take(&world.admin).await;
        let first = bank.spawn(order::deposit("a", 1));
        lock.is_waited_for(1).await;
        let calls: Vec<_> = (0..20)
            .map(|n| bank.spawn(order::withdraw("b", 10).id(format!("out-{round}-{n}"))))
            .collect();
        bank.health().await.unwrap();
        lock.release().await;
        first.await.unwrap().unwrap();
        // Ten times ten of the hundred: those that came first, whatever happened to their batch.
        let answers = join_all(calls).await.into_iter().map(Result::unwrap);
        let (ok, refused): (Vec<_>, Vec<_>) = answers.partition(Result::is_ok);
        assert_eq!(ok.len(), 10);
        withdrawn += 100;
        for status in refused.into_iter().map(Result::unwrap_err) {
            assert_eq!(reason(&status).1, "INSUFFICIENT_FUNDS", "{status}");
            assert_eq!(crate::support::fact(&status, "available"), "0");
        }
        let has_failed: bool = sqlx::query_scalar("SELECT is_called FROM failures")
            .fetch_one(&world.admin)
            .await
            .unwrap();
        if has_failed {
            break;
        }
        assert!(round < 20, "the batch was never large enough to fail");
        bank.send(order::deposit("b", 100)).await.unwrap();
    }
    let ledger = world.ledger().await;
    assert_eq!(ledger.balance("b"), 0);
    assert_eq!(
        ledger.stream("account-b").iter().filter(|e| e.event_type == "money-withdrawn").count(),
        withdrawn / 10
    );
}
