//! The clock of the log's database jumps: into the future nothing is recorded, and one jump does not date the books for ever.

use daybook_proto::v1 as proto;
use time::OffsetDateTime;
use tonic::{Code, Status};

use crate::support::{Service, World, by, fact, order, reason};

/// A clock for the role of the service that a test can set; PostgreSQL finds it before its own.
const CLOCK: &str = "CREATE SCHEMA fake;
    CREATE TABLE fake.clock (jump interval NOT NULL);
    INSERT INTO fake.clock VALUES ('0');
    CREATE FUNCTION fake.clock_timestamp() RETURNS timestamptz LANGUAGE sql VOLATILE AS
        'SELECT pg_catalog.clock_timestamp() + (SELECT jump FROM fake.clock)';
    GRANT USAGE ON SCHEMA fake TO daybook_command;
    GRANT SELECT ON fake.clock TO daybook_command;
    ALTER ROLE daybook_command SET search_path = fake, pg_catalog";

/// As a version without a bound left it: the last event has a time in the future, and so has the head.
const FUTURE: &str = "ALTER TABLE log.events DISABLE TRIGGER events_append_only;
    UPDATE log.events SET recorded_at = recorded_at + interval '30000 days'
        WHERE position = (SELECT position FROM log.head);
    ALTER TABLE log.events ENABLE ALWAYS TRIGGER events_append_only;
    UPDATE log.head SET recorded_at = recorded_at + interval '30000 days'";

async fn accept(bank: &Service, position: i64, reason: &str) -> Result<proto::Receipt, Status> {
    let context = proto::CommandContext { reason: reason.to_owned(), ..Default::default() };
    let request = proto::AcceptLogTimeRequest { context: Some(context), position };
    let answer = bank.client.clone().accept_log_time(by("olga", request)).await?;
    Ok(answer.into_inner().receipt.unwrap())
}

fn year(receipt: &proto::Receipt) -> i32 {
    let seconds = receipt.recorded_at.unwrap().seconds;
    OffsetDateTime::from_unix_timestamp(seconds).unwrap().year()
}

#[tokio::test]
async fn a_jump_of_the_databases_clock_is_refused_and_leaves_no_trace() {
    let world = World::new().await;
    world.execute(CLOCK).await;
    let bank = world.ready_service(&[]).await;
    bank.open_accounts(&["a"], 0).await;
    let year_of_now = OffsetDateTime::now_utc().year();

    world.execute("UPDATE fake.clock SET jump = '30000 days'").await;
    for _ in 0..2 {
        let status = bank.send(order::deposit("a", 1)).await.unwrap_err();
        assert_eq!(reason(&status), (Code::FailedPrecondition, "LOG_CLOCK_AHEAD".to_owned()));
        assert_eq!(fact(&status, "position"), "1", "{status}");
        assert!(status.message().contains("daybook accept-time 1"), "{status}");
    }
    // Less than the bound is how clocks are.
    world.execute("UPDATE fake.clock SET jump = '9 minutes'").await;
    bank.send(order::deposit("a", 2)).await.unwrap();
    world.execute("UPDATE fake.clock SET jump = '0'").await;
    let receipt = bank.send(order::deposit("a", 3)).await.unwrap();
    assert!(year(&receipt) <= year_of_now + 1, "{receipt:?}");
    assert_eq!(world.ledger().await.balance("a"), 5);
    bank.stop().await;
}

#[tokio::test]
async fn a_log_that_lies_in_the_future_goes_on_when_an_operator_has_accepted_it() {
    let world = World::new().await;
    world.execute(CLOCK).await;
    let first = world.ready_service(&[]).await;
    first.open_accounts(&["a"], 1).await;
    first.stop().await;
    world.execute(FUTURE).await;
    let (bank, other) = (world.ready_service(&[]).await, world.ready_service(&[]).await);
    let status = bank.send(order::deposit("a", 1)).await.unwrap_err();
    assert_eq!(reason(&status).1, "LOG_CLOCK_AHEAD", "{status}");
    assert_eq!(fact(&status, "position"), "2");

    let refusals = [
        (accept(&bank, 2, "").await, Code::InvalidArgument, "INVALID_FIELD"),
        (accept(&bank, 0, "why").await, Code::InvalidArgument, "INVALID_FIELD"),
        (accept(&bank, 3, "why").await, Code::NotFound, "NO_SUCH_POSITION"),
        (accept(&bank, 1, "why").await, Code::FailedPrecondition, "TIME_NOT_IN_THE_FUTURE"),
    ];
    for (answer, code, why) in refusals {
        assert_eq!(reason(&answer.unwrap_err()), (code, why.to_owned()));
    }
    let accepted = accept(&bank, 2, "the host's clock was set wrong").await.unwrap();
    assert_eq!(accepted.position, 3);
    let again = accept(&other, 2, "why").await.unwrap_err();
    assert_eq!(reason(&again), (Code::AlreadyExists, "TIME_ACCEPTED_ALREADY".to_owned()));

    // It goes on with the time that it has, here and at an instance that learns of it from the log.
    for instance in [&bank, &other, &bank] {
        let receipt = instance.send(order::deposit("a", 1)).await.unwrap();
        assert!(year(&receipt) > 2100, "{receipt:?}");
    }
    // Another jump is another jump.
    world.execute("UPDATE fake.clock SET jump = '40000 days'").await;
    let status = other.send(order::deposit("a", 1)).await.unwrap_err();
    assert_eq!(reason(&status).1, "LOG_CLOCK_AHEAD", "{status}");
    assert_eq!(world.ledger().await.balance("a"), 4);
    bank.stop().await;
    other.stop().await;
}
