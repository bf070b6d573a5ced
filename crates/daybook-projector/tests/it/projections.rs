//! The rows that events make. Each story is told one event at a time and all at once, with every message twice, and must
//! make the same rows.

use daybook_bank_readmodels::Transfers;
use daybook_domains::DaybookEvent;
use daybook_readmodels::projection::{Fact, Projection as _, RowChange, RowChanges};

use super::support::World;
use super::support::ledger::*;

struct Story<'a> {
    events: &'a [(&'a str, DaybookEvent)],
}

/// What is recorded.
fn given<'a>(events: &'a [(&'a str, DaybookEvent)]) -> Story<'a> {
    Story { events }
}

impl Story<'_> {
    /// The rows of `query`, each as JSON.
    async fn then(self, query: &str, expected: &[&str]) {
        for at_once in [1, self.events.len()] {
            let mut world = World::start().await;
            let projector = world.projector().await;
            world.wait_for_messages().await;
            for events in self.events.chunks(at_once) {
                let recorded = world.record(events).await;
                world.publish(recorded);
                world.wait_until_level().await;
            }
            assert_eq!(world.rows(query).await, expected, "{at_once} at once");
            projector.stop().await;
        }
    }
}

const ACCOUNTS: &str =
    "SELECT account_id, balance, held, overdraft_limit AS overdraft, status, version, owner, currency,
     opened_at AT TIME ZONE 'UTC' AS opened, updated_at AT TIME ZONE 'UTC' AS updated FROM read.accounts_1 ORDER BY 1";

#[tokio::test]
async fn accounts_has_an_account_as_its_events_leave_it() {
    given(&[
        ("account-a", opened()),
        ("account-a", deposited(50_000, 50_000)),
        ("account-b", opened()),
        ("account-a", held("t", 20_000, 20_000)),
        ("account-b", frozen()),
    ])
    .then(
        ACCOUNTS,
        &[
            r#"{"account_id":"a","balance":50000,"held":20000,"overdraft":100,"status":"open","version":3,"owner":"Ada","currency":"USD","opened":"2026-11-23T23:59:01","updated":"2026-11-23T23:59:04"}"#,
            r#"{"account_id":"b","balance":0,"held":0,"overdraft":100,"status":"frozen","version":2,"owner":"Ada","currency":"USD","opened":"2026-11-23T23:59:03","updated":"2026-11-23T23:59:05"}"#,
        ],
    )
    .await;
}

#[tokio::test]
async fn account_entries_has_each_movement_with_balance_who_and_why() {
    given(&[
        ("account-a", opened()),
        ("account-a", deposited(500, 500)),
        ("account-a", held("t", 200, 200)),
        ("account-a", released("t", 200, 0)),
        ("account-a", debited("t", "b", 200, 300)),
        ("account-b", credited("t", "a", 200, 200)),
        ("account-a", refunded(50, 250)),
    ])
    .then(
        "SELECT account_id AS id, version, kind, amount, balance, counterparty AS other, transfer_id AS transfer, actor, \
         reason FROM read.account_entries_1 ORDER BY position",
        &[
            r#"{"id":"a","version":2,"kind":"deposit","amount":500,"balance":500,"other":null,"transfer":null,"actor":"teller-2","reason":"because of 2"}"#,
            r#"{"id":"a","version":5,"kind":"transfer_out","amount":-200,"balance":300,"other":"b","transfer":"t","actor":"teller-2","reason":"because of 5"}"#,
            r#"{"id":"b","version":1,"kind":"transfer_in","amount":200,"balance":200,"other":"a","transfer":"t","actor":"teller-0","reason":"because of 6"}"#,
            r#"{"id":"a","version":6,"kind":"refund","amount":-50,"balance":250,"other":"Bob","transfer":null,"actor":"teller-1","reason":"because of 7"}"#,
        ],
    )
    .await;
}

#[tokio::test]
async fn transfers_has_who_took_each_step() {
    given(&[
        ("transfer-t", initiated("a", "b", 200)),
        ("transfer-t", approved()),
        ("transfer-u", initiated("b", "a", 7)),
        ("transfer-t", executed()),
    ])
    .then(
        "SELECT transfer_id AS id, source_account_id AS src, destination_account_id AS dst, amount, status, version AS v,
         initiated_position AS p, approval_required AS four_eyes,
         (SELECT string_agg(concat_ws(' ', s->>'status', s->>'actor', s->>'recorded_at', s->>'reason', s->>'position'), '; ')
          FROM jsonb_array_elements(steps) AS s) AS steps
         FROM read.transfers_1 ORDER BY 1",
        &[
            r#"{"id":"t","src":"a","dst":"b","amount":200,"status":"executed","v":3,"p":1,"four_eyes":true,"steps":"initiated teller-1 2026-11-23T23:59:01Z because of 1 1; approved teller-2 2026-11-23T23:59:02Z because of 2 2; executed teller-1 2026-11-23T23:59:04Z because of 4 4"}"#,
            r#"{"id":"u","src":"b","dst":"a","amount":7,"status":"initiated","v":1,"p":3,"four_eyes":true,"steps":"initiated teller-0 2026-11-23T23:59:03Z because of 3 3"}"#,
        ],
    )
    .await;
}

/// Two deposits of the greatest amount: their sum needs more than 64 bits. (That days are UTC days is in the comparison
/// with the log, whose business crosses midnight.)
#[tokio::test]
async fn daily_activity_counts_by_kind_and_sums_beyond_64_bits() {
    given(&[
        ("account-a", opened()),
        ("account-a", deposited(i64::MAX, i64::MAX)),
        ("account-a", withdrawn(i64::MAX, 0)),
        ("account-a", deposited(i64::MAX, i64::MAX)),
    ])
        .then(
            "SELECT day, kind, sum(count)::bigint AS count, sum(volume) AS volume FROM read.daily_activity_1
             GROUP BY 1, 2 ORDER BY 1, 2",
            &[
                r#"{"day":"2026-11-23","kind":"deposit","count":2,"volume":18446744073709551614}"#,
                r#"{"day":"2026-11-23","kind":"withdrawal","count":1,"volume":9223372036854775807}"#,
            ],
        )
        .await;
}

fn row_count(changes: RowChanges) -> usize {
    let rows = |change| match change {
        RowChange::Insert(rows)
        | RowChange::Update(rows, _)
        | RowChange::Upsert(rows, _)
        | RowChange::Erase(rows, _) => rows.len(),
    };
    changes.map(rows).sum()
}

/// So what piles up in a rebuild depends on the transfers under way, and not on how many there were.
#[tokio::test]
async fn a_transfer_that_was_executed_does_not_wait_for_the_end_of_the_log() {
    let mut world = World::start().await;
    let story = [
        ("transfer-t", initiated("a", "b", 200)),
        ("transfer-u", initiated("b", "a", 7)),
        ("transfer-t", approved()),
        ("transfer-t", executed()),
    ];
    let mut changes = Transfers.changes();
    for recorded in &world.log.append(&story).await {
        let (metadata, payload) = (recorded.parse_metadata().unwrap(), recorded.decode().unwrap());
        changes
            .apply(Fact { recorded, metadata: &metadata, payload: &payload, words: Ok(None) })
            .unwrap();
    }
    assert_eq!(row_count(changes.take_final()), 1);
    assert_eq!(row_count(changes.take_final()), 0);
    assert_eq!(row_count(changes.take()), 1);
}

#[tokio::test]
async fn postings_has_what_each_movement_debits_and_credits() {
    given(&[
        ("account-a", opened()),
        ("account-a", deposited(500, 500)),
        ("account-a", held("t", 200, 200)),
        ("account-a", debited("t", "b", 200, 300)),
        ("account-b", credited("t", "a", 200, 200)),
        ("account-a", refunded(50, 250)),
        ("account-b", withdrawn(10, 190)),
    ])
    .then(
        "SELECT position AS p, debit, credit, amount, currency FROM read.postings_1 ORDER BY position",
        &[
            r#"{"p":2,"debit":"cash-clearing","credit":"customer:a","amount":500,"currency":"USD"}"#,
            r#"{"p":4,"debit":"customer:a","credit":"transfers-in-transit","amount":200,"currency":"USD"}"#,
            r#"{"p":5,"debit":"transfers-in-transit","credit":"customer:b","amount":200,"currency":"USD"}"#,
            r#"{"p":6,"debit":"customer:a","credit":"refunds-payable","amount":50,"currency":"USD"}"#,
            r#"{"p":7,"debit":"customer:b","credit":"cash-clearing","amount":10,"currency":"USD"}"#,
        ],
    )
    .await;
}

/// Two deposits of the greatest amount: their sum needs more than 64 bits.
#[tokio::test]
async fn posting_totals_sum_both_sides_beyond_64_bits() {
    given(&[
        ("account-a", opened()),
        ("account-a", deposited(i64::MAX, i64::MAX)),
        ("account-a", withdrawn(i64::MAX, 0)),
        ("account-a", deposited(i64::MAX, i64::MAX)),
    ])
    .then(
        "SELECT block, account, currency, debits, credits FROM read.posting_totals_1 ORDER BY account",
        &[
            r#"{"block":0,"account":"cash-clearing","currency":"USD","debits":18446744073709551614,"credits":9223372036854775807}"#,
            r#"{"block":0,"account":"customers","currency":"USD","debits":9223372036854775807,"credits":18446744073709551614}"#,
        ],
    )
    .await;
}

#[tokio::test]
async fn audit_has_every_event_with_who_why_and_how_much() {
    given(&[
        ("account-a", opened()),
        ("account-a", deposited(16, 16)),
        ("transfer-t", initiated("a", "b", 15)),
        ("transfer-t", approved()),
        ("account-a", frozen()),
    ])
    .then(
        "SELECT position AS p, version AS v, stream_id AS stream, event_type AS type, actor, reason, amount, magnitude AS m,
         currency, command_id AS command, correlation_id AS operation, causation_id AS cause, ip FROM read.audit_1 ORDER BY 1",
        &[
            r#"{"p":1,"v":1,"stream":"account-a","type":"account-opened","actor":"teller-1","reason":"because of 1","amount":null,"m":null,"currency":null,"command":"command-1","operation":"operation-1","cause":null,"ip":null}"#,
            r#"{"p":2,"v":2,"stream":"account-a","type":"money-deposited","actor":"teller-2","reason":"because of 2","amount":16,"m":16,"currency":"USD","command":"command-2","operation":"operation-2","cause":null,"ip":null}"#,
            r#"{"p":3,"v":1,"stream":"transfer-t","type":"transfer-initiated","actor":"teller-0","reason":"because of 3","amount":15,"m":15,"currency":"USD","command":"command-3","operation":"operation-3","cause":null,"ip":null}"#,
            r#"{"p":4,"v":2,"stream":"transfer-t","type":"transfer-approved","actor":"teller-1","reason":"because of 4","amount":null,"m":0,"currency":null,"command":"command-4","operation":"operation-4","cause":null,"ip":null}"#,
            r#"{"p":5,"v":3,"stream":"account-a","type":"account-frozen","actor":"teller-2","reason":"because of 5","amount":null,"m":null,"currency":null,"command":"command-5","operation":"operation-5","cause":null,"ip":null}"#,
        ],
    )
    .await;
}
