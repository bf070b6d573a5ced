//! What a projector says of itself, and at a start that cannot succeed.

use std::time::Duration;

use clap::Parser as _;
use daybook_projector::Settings;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use super::support::World;
use super::support::ledger::opened;

#[tokio::test]
async fn a_stopped_partition_is_told_and_takes_no_instance_out_of_service() {
    let mut world = World::start().await;
    let projector = world.projector().await;
    for name in ["", "daybook.log", "daybook.read", "daybook.redis", "daybook.projections"] {
        projector.says(name, true).await;
    }
    world
        .execute("ALTER TABLE read.accounts_1 ADD CONSTRAINT none CHECK (account_id <> 'a')")
        .await;
    world.record(&[("account-a", opened())]).await;
    projector.says("daybook.projections", false).await;
    assert!(projector.serves("").await.unwrap());
    projector.stop().await;
}

#[tokio::test]
async fn databases_and_redis_that_are_away_are_told_apart() {
    let mut world = World::start().await;
    let projector = world.projector().await;
    projector.says("", true).await;
    world.redis.stop().await.unwrap();
    projector.says("daybook.redis", false).await;
    assert!(projector.serves("").await.unwrap());
    world.postgres.stop_fast().await.unwrap();
    for (name, serves) in [("", false), ("daybook.log", false), ("liveness", true)] {
        projector.says(name, serves).await;
    }
    world.postgres.restart().await.unwrap();
    projector.says("", true).await;
    projector.stop().await;
}

#[tokio::test]
async fn what_can_never_work_is_said_in_one_sentence_and_ends_the_service() {
    let world = World::start().await;
    world.postgres.ensure_database("empty").await.unwrap();
    world.postgres.allow_login("daybook_query").await.unwrap();
    let cases = [
        (world.postgres.url("daybook_projector", "empty"), "run `daybook migrate`"),
        (
            world.postgres.url("daybook_query", "postgres"),
            "does not let role `daybook_query` UPDATE read.checkpoints",
        ),
    ];
    for (url, sentence) in cases {
        let redis_url = world.redis.url();
        let flags = ["daybook-projector", "--redis-url", &redis_url, "--log-database-url", &url];
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let settings = Settings::try_parse_from(flags).unwrap();
        let running = daybook_projector::run(settings, listener, CancellationToken::new());
        let ended = tokio::time::timeout(Duration::from_secs(20), running).await;
        let text = format!("{:#}", ended.expect("ends by itself").expect_err("cannot work"));
        assert!(text.contains(sentence) && !text.contains('\n'), "{text}");
    }
}
