//! What the read models must hold: the fold of the log once more, by SQL over its events, with nothing of the
//! projector's code in it.

use super::World;

const ACCOUNTS: [&str; 2] = [
    "SELECT account_id, balance, version, updated_at FROM read.accounts ORDER BY 1",
    "SELECT substr(stream_id, 9) AS account_id, sum(CASE
         WHEN event_type IN ('money-deposited', 'transfer-credited') THEN (data -> 'amount' ->> 'minor_units')::bigint
         WHEN event_type IN ('money-withdrawn', 'transfer-debited') THEN -(data -> 'amount' ->> 'minor_units')::bigint
         ELSE 0 END)::bigint AS balance, count(*) AS version, max(recorded_at) AS updated_at
     FROM log.events WHERE stream_type = 'account' GROUP BY stream_id ORDER BY 1",
];

const ENTRIES: [&str; 2] = [
    "SELECT account_id, version, position, abs(amount) AS amount, balance, actor, reason FROM read.account_entries
     ORDER BY position",
    "SELECT substr(stream_id, 9) AS account_id, version, position, (data -> 'amount' ->> 'minor_units')::bigint AS amount,
         (data ->> 'balance')::bigint AS balance, metadata ->> 'actor' AS actor,
         metadata -> 'reason' ->> 'plain' AS reason
     FROM log.events WHERE stream_type = 'account' AND data -> 'balance' IS NOT NULL ORDER BY position",
];

const TRANSFERS: [&str; 2] = [
    "SELECT transfer_id, version, jsonb_array_length(steps) AS steps, status FROM read.transfers ORDER BY 1",
    "SELECT substr(stream_id, 10) AS transfer_id, count(*) AS version, count(*) AS steps,
         substr((array_agg(event_type ORDER BY version DESC))[1], 10) AS status
     FROM log.events WHERE stream_type = 'transfer' GROUP BY stream_id ORDER BY 1",
];

const ACTIVITY: [&str; 2] = [
    "SELECT day, currency, partition, sum(count)::bigint AS count, sum(volume) AS volume FROM read.daily_activity
     GROUP BY 1, 2, 3 ORDER BY 1, 2, 3",
    "SELECT (recorded_at AT TIME ZONE 'UTC')::date AS day, data -> 'amount' ->> 'currency' AS currency, partition,
         count(*) AS count, sum((data -> 'amount' ->> 'minor_units')::numeric) AS volume
     FROM log.events WHERE data -> 'balance' IS NOT NULL GROUP BY 1, 2, 3 ORDER BY 1, 2, 3",
];

const POSTINGS: [&str; 2] = [
    "SELECT position, debit, credit, amount, currency FROM read.postings ORDER BY 1",
    "SELECT position,
         CASE event_type WHEN 'money-deposited' THEN 'cash-clearing' WHEN 'transfer-credited' THEN 'transfers-in-transit'
             ELSE 'customer:' || substr(stream_id, 9) END AS debit,
         CASE event_type WHEN 'money-withdrawn' THEN 'cash-clearing' WHEN 'transfer-debited' THEN 'transfers-in-transit'
             ELSE 'customer:' || substr(stream_id, 9) END AS credit,
         (data -> 'amount' ->> 'minor_units')::bigint AS amount, data -> 'amount' ->> 'currency' AS currency
     FROM log.events WHERE data -> 'balance' IS NOT NULL ORDER BY 1",
];

const POSTING_TOTALS: [&str; 2] = [
    "SELECT block, partition, account, currency, debits, credits FROM read.posting_totals ORDER BY 1, 2, 3",
    "SELECT position / 65536 AS block, partition,
         CASE WHEN side = customer THEN 'customers' WHEN event_type LIKE 'money-%' THEN 'cash-clearing'
             ELSE 'transfers-in-transit' END AS account,
         data -> 'amount' ->> 'currency' AS currency,
         sum(CASE side WHEN 'debit' THEN (data -> 'amount' ->> 'minor_units')::numeric ELSE 0 END) AS debits,
         sum(CASE side WHEN 'credit' THEN (data -> 'amount' ->> 'minor_units')::numeric ELSE 0 END) AS credits
     FROM log.events
     CROSS JOIN LATERAL (SELECT CASE WHEN event_type IN ('money-deposited', 'transfer-credited') THEN 'credit'
         ELSE 'debit' END AS customer) AS c
     CROSS JOIN (VALUES ('debit'), ('credit')) AS sides (side)
     WHERE data -> 'balance' IS NOT NULL GROUP BY 1, 2, 3, 4 ORDER BY 1, 2, 3",
];

const AUDIT: [&str; 2] = [
    "SELECT position, stream_id, version, event_id, event_type, actor, reason, correlation_id, command_id, recorded_at,
         amount, magnitude FROM read.audit ORDER BY 1",
    "SELECT position, stream_id, version, event_id, event_type, metadata ->> 'actor' AS actor,
         metadata -> 'reason' ->> 'plain' AS reason, metadata ->> 'correlation_id' AS correlation_id,
         metadata ->> 'command_id' AS command_id, recorded_at,
         (data -> 'amount' ->> 'minor_units')::bigint AS amount,
         CASE WHEN data -> 'amount' IS NOT NULL
             THEN 8 * shift + ((data -> 'amount' ->> 'minor_units')::bigint >> shift)
             WHEN stream_type = 'transfer' THEN 0 END AS magnitude
     FROM log.events
     CROSS JOIN LATERAL (SELECT greatest(0, length(ltrim((data -> 'amount' ->> 'minor_units')::bigint::bit(64)::text, '0')) - 4)
         AS shift) AS s
     ORDER BY 1",
];

/// The read models, without their generations.
const READ_MODELS: [&str; 7] = [
    "accounts",
    "account_entries",
    "transfers",
    "daily_activity",
    "postings",
    "posting_totals",
    "audit",
];

/// Waits until the read models are level, and compares each with the fold of the log.
pub(crate) async fn assert_read_models_equal_the_log(world: &World) {
    world.wait_until_level().await;
    assert_rows_equal_the_log(world).await;
}

/// Compares the current generation of each read model with the fold of the log.
pub(crate) async fn assert_rows_equal_the_log(world: &World) {
    let all = [ACCOUNTS, ENTRIES, TRANSFERS, ACTIVITY, POSTINGS, POSTING_TOTALS, AUDIT];
    for [rows, expected] in all {
        let rows = world.rows(&of_current_generations(world, rows).await).await;
        let expected = world.rows(expected).await;
        let difference = rows.iter().zip(&expected).find(|(row, expected)| row != expected);
        assert_eq!(difference, None);
        assert_eq!(rows.len(), expected.len());
    }
}

/// Puts the tables' generations in.
async fn of_current_generations(world: &World, sql: &str) -> String {
    let mut sql = sql.to_owned();
    for model in READ_MODELS {
        let generation = world.generation(model).await;
        sql = sql.replace(&format!("read.{model} "), &format!("read.{model}_{generation} "));
        sql = sql.replace(&format!("read.{model}\n"), &format!("read.{model}_{generation}\n"));
    }
    sql
}
