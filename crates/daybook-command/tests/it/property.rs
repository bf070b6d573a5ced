//! Random commands are thrown at a model and at two services.

use std::cell::Cell;
use std::collections::HashMap;

use daybook_proto::v1 as proto;
use daybook_proto::v1::expected_version::Kind;
use futures::future::join_all;
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};

use crate::model::{Answer, Model};
use crate::support::{Order, Service, What, World, reason};

/// What a caller believes of the version.
#[derive(Debug, Clone, Copy)]
enum Pin {
    Nothing,
    Right,
    Stale,
    NoStream,
    Exists,
}

/// One command, in numbers that a case makes ids of.
#[derive(Debug, Clone)]
struct Step {
    kind: u8,
    account: u8,
    other: u8,
    transfer: u8,
    cents: i64,
    actor: u8,
    pin: Pin,
    /// Sends the order so many steps back again, perhaps by somebody else.
    retry: Option<(u8, bool)>,
    second_service: bool,
}

fn step() -> impl Strategy<Value = Step> {
    let pin = prop_oneof![
        6 => Just(Pin::Nothing), 2 => Just(Pin::Right), 1 => Just(Pin::Stale),
        1 => Just(Pin::NoStream), 1 => Just(Pin::Exists),
    ];
    // Everyday commands are frequent, the end of an account is rare.
    let kind = prop_oneof![3 => 0_u8..1, 6 => 1_u8..4, 1 => 4_u8..7, 12 => 7_u8..13];
    let retry = prop::option::weighted(0.15, (1_u8..8, prop::bool::weighted(0.2)));
    (kind, 0_u8..4, 0_u8..4, 0_u8..6, 1_i64..120, 0_u8..3, pin, retry, any::<bool>()).prop_map(
        |(kind, account, other, transfer, cents, actor, pin, retry, second_service)| Step {
            kind,
            account,
            other,
            transfer,
            cents,
            actor,
            pin,
            retry,
            second_service,
        },
    )
}

/// The order of a step. `version` tells what a stream is believed to stand at.
fn order(case: u32, n: usize, step: &Step, version: impl Fn(&What) -> i64) -> Order {
    let account = format!("c{case}-{}", step.account);
    let other = format!("c{case}-{}", step.other);
    let transfer = format!("c{case}-t{}", step.transfer);
    let cents = step.cents;
    let what = match step.kind {
        0 => What::Open { account, overdraft: i64::from(step.other) * 20 },
        1 => What::Deposit { account, cents: cents * 2 },
        2 => What::Withdraw { account, cents },
        3 if cents % 2 == 0 => What::Fee { account, cents },
        3 => What::Refund { account, cents },
        4 => What::Freeze { account },
        5 => What::Unfreeze { account },
        6 => What::Close { account },
        7 | 8 => What::Initiate { transfer, from: account, to: other, cents },
        9 => What::Approve { transfer },
        10 => What::Reject { transfer },
        11 => What::Cancel { transfer },
        _ => What::Execute { transfer },
    };
    let known = version(&what);
    let order = Order::new(what).by(["ann", "ben", "cy"][usize::from(step.actor)]);
    let order = order.id(format!("c{case}-{n}"));
    match step.pin {
        Pin::Right if known > 0 => order.expecting(Kind::Exact(known)),
        Pin::Stale => order.expecting(Kind::Exact(known + 1)),
        Pin::NoStream => order.expecting(Kind::NoStream(true)),
        Pin::Exists => order.expecting(Kind::StreamExists(true)),
        Pin::Nothing | Pin::Right => order,
    }
}

/// An earlier order again, where a step says so.
fn or_retry(step: &Step, order: Order, earlier: &[Order]) -> Order {
    let Some((back, by_other)) = step.retry else { return order };
    let Some(index) = earlier.len().checked_sub(usize::from(back)) else { return order };
    let again = earlier[index].clone();
    if by_other { again.by("dora") } else { again }
}

fn streams(receipt: &proto::Receipt) -> Vec<(String, i64)> {
    receipt.streams.iter().map(|s| (s.stream_id.clone(), s.version)).collect()
}

/// Runs each of some random lists of steps in one world, under a number of its own.
fn for_random_steps(
    cases: u32,
    length: std::ops::Range<usize>,
    check: impl AsyncFn(&World, [&Service; 2], u32, Vec<Step>),
) {
    let runtime =
        tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    let world = runtime.block_on(World::new());
    let services = runtime.block_on(async {
        [world.service(&["--snapshot-every", "5"]).await, world.service(&[]).await]
    });
    let case = Cell::new(0);
    let config =
        Config { cases, max_shrink_iters: 40, failure_persistence: None, ..Config::default() };
    let result = TestRunner::new(config).run(&prop::collection::vec(step(), length), |steps| {
        case.set(case.get() + 1);
        let [one, two] = &services;
        runtime.block_on(check(&world, [one, two], case.get(), steps));
        Ok(())
    });
    if let Err(error) = result {
        panic!("{error}");
    }
    runtime.block_on(world.ledger());
}

#[test]
fn random_commands_are_answered_as_the_model_answers_them() {
    for_random_steps(8, 60..100, async |world, services, case, steps| {
        let (mut model, mut sent) = (Model::default(), Vec::new());
        // In half of the cases one service is alone, in the other half two take turns at random.
        let both = case % 2 == 0;
        for (n, step) in steps.iter().enumerate() {
            let order = order(case, n, step, |what| model.version(what));
            let order = or_retry(step, order, &sent);
            let expected = model.answer(&order);
            let service = services[usize::from(both && step.second_service)];
            let answer: Answer = match service.send(order.clone()).await {
                Ok(receipt) => Ok((streams(&receipt), receipt.replayed)),
                Err(status) => Err(reason(&status)),
            };
            assert_eq!(answer, expected, "step {n}: {order:?}");
            sent.push(order);
        }
        let ledger = world.ledger().await;
        for (account, balance, version) in model.balances() {
            assert_eq!(ledger.balance(account), i128::from(balance), "{account}");
            let stream = ledger.stream(&format!("account-{account}"));
            assert_eq!(stream.len(), usize::try_from(version).unwrap(), "{account}");
        }
    });
}

#[test]
fn random_commands_at_the_same_time_are_as_if_one_after_the_other() {
    for_random_steps(5, 120..200, async |world, services, case, steps| {
        // Versions are guesses here: nobody knows what the others have done meanwhile.
        let guess = |what: &What| match what {
            What::Open { .. } => 0,
            _ => 2,
        };
        let mut sent: Vec<Order> = Vec::new();
        for (n, step) in steps.iter().enumerate() {
            let order = or_retry(step, order(case, n, step, guess), &sent);
            sent.push(order);
        }
        let mut receipts = Vec::new();
        for (orders, steps) in sent.chunks(24).zip(steps.chunks(24)) {
            let calls = orders.iter().zip(steps).map(|(order, step)| {
                services[usize::from(step.second_service)].send(order.clone())
            });
            receipts.extend(join_all(calls).await.into_iter().zip(orders));
        }

        let ledger = world.ledger().await;
        for (answer, order) in &receipts {
            match answer {
                Ok(receipt) => ledger.check_receipt(receipt),
                // Its id may have had its effect through another caller; never is it unclear.
                Err(status) => assert!(!reason(status).1.is_empty(), "{order:?}: {status}"),
            }
        }
        // The log is one order in which all of it could have happened, one after the other.
        let winners = winners(&receipts);
        let (mut model, mut last) = (Model::default(), "");
        for event in &ledger.events {
            let command_id = event.metadata["command_id"].as_str().unwrap();
            if command_id == last || !command_id.starts_with(&format!("c{case}-")) {
                continue;
            }
            last = command_id;
            let (order, receipt) = winners[command_id];
            let expected = model.answer(order);
            assert_eq!(expected, Ok((streams(receipt), false)), "{order:?}");
        }
    });
}

/// Of each command id that had an effect, the order that had it and its receipt.
fn winners<'a>(
    receipts: &'a [(Result<proto::Receipt, tonic::Status>, &Order)],
) -> HashMap<&'a str, (&'a Order, &'a proto::Receipt)> {
    let effects = receipts.iter().filter_map(|(answer, order)| {
        let receipt = answer.as_ref().ok().filter(|receipt| !receipt.replayed)?;
        Some((receipt.command_id.as_str(), (*order, receipt)))
    });
    effects.collect()
}
