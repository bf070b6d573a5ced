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

/// The read models, without their generations.
const READ_MODELS: [&str; 4] = ["accounts", "account_entries", "transfers", "daily_activity"];

/// Waits until the read models are level, and compares each with the fold of the log.
pub(crate) async fn assert_read_models_equal_the_log(world: &World) {
    world.wait_until_level().await;
    assert_rows_equal_the_log(world).await;
}

/// Compares the current generation of each read model with the fold of the log.
pub(crate) async fn assert_rows_equal_the_log(world: &World) {
    for [rows, expected] in [ACCOUNTS, ENTRIES, TRANSFERS, ACTIVITY] {
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
