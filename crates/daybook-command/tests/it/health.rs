//! What the service says of itself: from the first moment, while nobody asks it anything, and of each thing that it needs.

use std::time::{Duration, Instant};

use anyhow::ensure;
use clap::Parser as _;
use daybook_command::Settings;
use daybook_testkit::{TestPostgres, eventually};
use futures::future::join_all;
use sqlx::PgPool;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;
use tonic::Code;
use tonic_health::pb::HealthCheckRequest;
use tonic_health::pb::health_check_response::ServingStatus;
use tonic_health::pb::health_client::HealthClient;

use crate::support::{Service, World, fact, order, reason};

/// Every call is answered within this, whatever is away.
const AT_ONCE: Duration = Duration::from_secs(3);

/// A disk that is full for every table that the service writes.
const FULL_DISK: &str = "
    CREATE FUNCTION full_disk() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
        RAISE EXCEPTION 'could not extend file: No space left on device' USING ERRCODE = '53100';
    END $$;
    CREATE TRIGGER full_disk BEFORE INSERT ON log.events FOR EACH ROW EXECUTE FUNCTION full_disk();
    CREATE TRIGGER full_disk BEFORE INSERT ON log.write_probe FOR EACH ROW EXECUTE FUNCTION full_disk();";
const ROOM_AGAIN: &str = "DROP FUNCTION full_disk CASCADE";

impl Service {
    async fn part(&self, name: &str) -> anyhow::Result<bool> {
        let request = HealthCheckRequest { service: name.to_owned() };
        let mut client = HealthClient::new(self.channel.clone());
        let status = client.check(request).await?.into_inner().status();
        Ok(status == ServingStatus::Serving)
    }

    async fn part_is(&self, name: &str, serving: bool) {
        eventually(name, Duration::from_secs(30), async || {
            ensure!(self.part(name).await? == serving, "{name} is not {serving}");
            Ok(())
        })
        .await;
    }
}

#[tokio::test]
async fn with_its_log_away_at_the_start_it_answers_from_the_first_moment() {
    let mut world = World::new().await;
    world.postgres.stop_fast().await.unwrap();
    let bank = world.service(&[]).await;
    let health = tokio::time::timeout(AT_ONCE, bank.health()).await.expect("health at once");
    assert_eq!(health.unwrap(), ServingStatus::NotServing);
    assert!(bank.part("liveness").await.unwrap());
    let orders = [
        order::open("a"),
        order::deposit("a", 1),
        order::withdraw("a", 1),
        order::initiate("t", "a", "b", 1),
        order::execute("t"),
    ];
    let started = Instant::now();
    for status in join_all(orders.map(|order| bank.send(order))).await {
        let status = status.unwrap_err();
        assert_eq!(reason(&status), (Code::Unavailable, "NOT_APPLIED".to_owned()), "{status}");
        assert_eq!(fact(&status, "cause"), "CONNECTION_REFUSED", "{status}");
        assert!(status.message().contains("refuses connections"), "{status}");
    }
    assert!(started.elapsed() < AT_ONCE, "took {:?}", started.elapsed());
    world.postgres.restart().await.unwrap();
    bank.is_serving(true).await;
    bank.open_accounts(&["a"], 1).await;
    bank.stop().await;
}

#[tokio::test]
async fn an_idle_service_says_that_its_log_is_away_and_back() {
    let mut world = World::new().await;
    let bank = world.ready_service(&[]).await;
    world.postgres.stop_fast().await.unwrap();
    bank.is_serving(false).await;
    assert!(!bank.part("daybook.log").await.unwrap());
    assert!(bank.part("liveness").await.unwrap());
    world.postgres.restart().await.unwrap();
    bank.is_serving(true).await;
    bank.open_accounts(&["a"], 1).await;
}

#[tokio::test]
async fn a_full_disk_is_named_and_it_serves_again_with_a_committed_write() {
    let world = World::new().await;
    let bank = world.ready_service(&[]).await;
    bank.open_accounts(&["a"], 100).await;
    world.execute(FULL_DISK).await;
    let status = bank.send(order::deposit("a", 1).id("d").within_ms(4_000)).await.unwrap_err();
    assert_eq!(reason(&status), (Code::Unavailable, "NOT_APPLIED".to_owned()), "{status}");
    assert_eq!(fact(&status, "cause"), "DISK_FULL", "{status}");
    assert!(status.message().contains("full disk"), "{status}");
    // Reading works all the while, and nobody sends a command any more.
    bank.is_serving(false).await;
    let writes = sqlx::query_scalar::<_, i64>("SELECT count(*) FROM log.write_probe");
    assert_eq!(writes.fetch_one(&world.admin).await.unwrap(), 0);
    world.execute(ROOM_AGAIN).await;
    bank.is_serving(true).await;
    let writes = sqlx::query_scalar::<_, i64>("SELECT count(*) FROM log.write_probe");
    assert!(writes.fetch_one(&world.admin).await.unwrap() > 0, "a write was committed first");
    bank.send(order::deposit("a", 1).id("d")).await.unwrap();
    assert_eq!(world.ledger().await.balance("a"), 101);
}

#[tokio::test]
async fn what_it_needs_beside_the_log_does_not_take_it_out_of_service() {
    let (world, mut keys) = tokio::join!(World::new(), TestPostgres::start_apart());
    let owner = PgPool::connect(&keys.admin_url()).await.unwrap();
    daybook_keys::migrate::run(&owner).await.unwrap();
    keys.allow_login("daybook_command").await.unwrap();
    let url = keys.url("daybook_command", "postgres");
    drop(owner);
    keys.stop_fast().await.unwrap();

    // Away already at the start.
    let bank = world.ready_service(&["--keys-database-url", &url]).await;
    assert!(!bank.part("daybook.keys").await.unwrap());
    bank.part_is("daybook.redis", true).await;
    let status = bank.send(order::open("a").within_ms(1_500)).await.unwrap_err();
    assert_eq!(reason(&status), (Code::Unavailable, "NOT_APPLIED".to_owned()), "{status}");
    assert!(status.message().contains("the key store refuses connections"), "{status}");
    keys.restart().await.unwrap();
    bank.part_is("daybook.keys", true).await;
    bank.open_accounts(&["a"], 5).await;

    // What needs no key goes on without.
    keys.stop_fast().await.unwrap();
    bank.part_is("daybook.keys", false).await;
    bank.send(order::deposit("a", 5)).await.unwrap();
    assert_eq!(bank.health().await.unwrap(), ServingStatus::Serving);
}

#[tokio::test]
async fn what_can_never_work_is_said_in_one_sentence_and_ends_the_service() {
    let world = World::new().await;
    world.postgres.ensure_database("empty").await.unwrap();
    world.postgres.allow_login("daybook_query").await.unwrap();
    let cases = [
        (world.postgres.url("daybook_command", "empty"), "run `daybook migrate`"),
        (
            world.postgres.url("daybook_query", "postgres"),
            "does not let role `daybook_query` UPDATE log.head",
        ),
        (
            world.postgres.url("daybook_command", "nowhere"),
            "has no database of the name in the URL",
        ),
        (world.postgres.url("stranger", "postgres"), "refuses the login"),
    ];
    for (url, sentence) in cases {
        let redis_url = world.redis.url();
        let flags = ["daybook-command", "--insecure-actor-header", "--redis-url", &redis_url];
        let settings =
            Settings::try_parse_from(flags.iter().chain(&["--log-database-url", &url])).unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let running = daybook_command::run(settings, listener, CancellationToken::new());
        let ended = tokio::time::timeout(Duration::from_secs(20), running).await;
        let error = ended.expect("ends by itself").expect_err("cannot work");
        let text = format!("{error:#}");
        assert!(text.contains(sentence) && text.contains("the log's database"), "{text}");
        assert!(!text.contains('\n'), "{text}");
    }
}
