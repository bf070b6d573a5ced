//! G2: expected versions.

use daybook_proto::v1::expected_version::Kind;
use futures::future::join_all;
use tonic::Code;

use crate::support::{Order, World, fact, order, reason};

#[tokio::test]
async fn g2_of_32_callers_that_expect_the_same_version_exactly_one_wins() {
    let world = World::new().await;
    let (one, two) = (world.service(&[]).await, world.service(&[]).await);
    one.open_accounts(&["a"], 1000).await;
    for expected in 2..6 {
        let answers = join_all((0..32).map(|n| {
            let service = if n % 2 == 0 { &one } else { &two };
            service.send(order::deposit("a", 1).expecting_version(expected))
        }))
        .await;
        let (won, lost): (Vec<_>, Vec<_>) = answers.into_iter().partition(Result::is_ok);
        assert_eq!(won.len(), 1, "version {expected}");
        for status in lost.into_iter().map(Result::unwrap_err) {
            assert_eq!(
                reason(&status),
                (Code::Aborted, "WRONG_EXPECTED_VERSION".to_owned()),
                "{status}"
            );
            assert_eq!(fact(&status, "expected"), expected.to_string());
            assert_eq!(fact(&status, "actual"), (expected + 1).to_string());
            assert_eq!(fact(&status, "stream_id"), "account-a");
        }
    }
    assert_eq!(world.ledger().await.balance("a"), 1004);
}

#[tokio::test]
async fn g2_each_kind_of_expected_version_is_enforced() {
    let world = World::new().await;
    let bank = world.service(&[]).await;
    bank.open_accounts(&["a", "b"], 1000).await;
    bank.send(order::initiate("t", "a", "b", 10)).await.unwrap();
    bank.send(order::approve("t").by("bob")).await.unwrap();

    let refused: [(Order, &str, &str); 8] = [
        (order::deposit("a", 1).expecting(Kind::NoStream(true)), "no stream", "3"),
        (order::deposit("a", 1).expecting_version(2), "2", "3"),
        (order::deposit("a", 1).expecting_version(4), "4", "3"),
        (order::deposit("a", 1).expecting_version(i64::MAX), &i64::MAX.to_string(), "3"),
        (order::open("new").expecting(Kind::StreamExists(true)), "stream exists", "0"),
        (order::open("new").expecting_version(1), "1", "0"),
        // The stream named first: the source of an initiation, the transfer of everything later.
        (order::initiate("u", "a", "b", 1).expecting_version(2), "2", "3"),
        (order::execute("t").expecting_version(3), "3", "2"),
    ];
    for (order, expected, actual) in refused {
        let what = format!("{order:?}");
        let status = bank.send(order).await.unwrap_err();
        assert_eq!(status.code(), Code::Aborted, "{what}: {status}");
        assert_eq!(
            (fact(&status, "expected"), fact(&status, "actual")),
            (expected.to_owned(), actual.to_owned()),
            "{what}"
        );
    }
    let before = world.event_count().await;
    for order in [
        order::deposit("a", 1).expecting_version(3),
        order::deposit("a", 1).expecting(Kind::StreamExists(true)),
        order::open("new").expecting(Kind::NoStream(true)),
        order::execute("t").expecting_version(2),
    ] {
        bank.send(order).await.unwrap();
    }
    let ledger = world.ledger().await;
    assert_eq!(ledger.events.len(), usize::try_from(before).unwrap() + 3 + 4);
}
