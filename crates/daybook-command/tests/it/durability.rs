//! G1: what was acknowledged is there, whatever the server's own settings say.

use crate::support::{World, order};

#[tokio::test]
async fn g1_what_was_acknowledged_is_there_after_a_power_cut() {
    // A server that would acknowledge before it has written; the services ask for better.
    let mut world =
        World::with_postgres(&[("synchronous_commit", "off"), ("wal_writer_delay", "10000")]).await;
    let bank = world.service(&[]).await;
    bank.open_accounts(&["a"], 0).await;
    for round in 1..=2 {
        let receipt = bank.send(order::deposit("a", 100).id(format!("pay-{round}"))).await.unwrap();
        world.postgres.kill_immediately().await.unwrap();
        world.postgres.restart().await.unwrap();

        let ledger = world.ledger().await;
        ledger.check_receipt(&receipt);
        assert_eq!(ledger.balance("a"), 100 * round);
    }
    bank.stop().await;
}

#[tokio::test]
async fn g1_every_append_asks_for_synchronous_commit() {
    let world = World::with_postgres(&[("synchronous_commit", "off")]).await;
    world
        .execute(
            "CREATE TABLE seen (setting text);
             CREATE FUNCTION see() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $$ BEGIN
                 INSERT INTO public.seen VALUES (current_setting('synchronous_commit'));
                 RETURN NULL;
             END $$;
             CREATE TRIGGER see AFTER INSERT ON log.events EXECUTE FUNCTION see();",
        )
        .await;
    let (one, two) = (world.service(&[]).await, world.service(&[]).await);
    one.open_accounts(&["a"], 100).await;
    // The second appends under the lock, a transaction of several statements.
    two.send(order::deposit("a", 1)).await.unwrap();
    one.send(order::deposit("a", 1)).await.unwrap();

    let seen: Vec<String> =
        sqlx::query_scalar("SELECT setting FROM seen").fetch_all(&world.admin).await.unwrap();
    assert!(seen.len() >= 4 && seen.iter().all(|setting| setting == "on"), "{seen:?}");
}
