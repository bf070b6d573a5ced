//! What the read models must be, by SQL over the stored events alone: a second fold, in another language, by another way.

use sqlx::{AssertSqlSafe, PgPool};

/// Rows on which each read model differs from the fold of the log; a differing model is named with its count. The tables
/// are those of the first generation, and the current one's are put in their place.
const DIFFERENCES: &str = include_str!("fold.sql");

/// Asserts that every read model is exactly the fold of the log (G7), and that no money was made or lost (G10).
pub(crate) async fn assert_read_models_equal_the_fold(admin: &PgPool) {
    let mut sql = DIFFERENCES.to_owned();
    let current: Vec<(String, i32)> =
        sqlx::query_as("SELECT projection, generation FROM read.projections")
            .fetch_all(admin)
            .await
            .unwrap();
    for (projection, generation) in current {
        sql = sql
            .replace(&format!("read.{projection}_1"), &format!("read.{projection}_{generation}"));
    }
    let differences: Vec<(String, i64)> =
        sqlx::query_as(AssertSqlSafe(sql)).fetch_all(admin).await.unwrap();
    assert!(!differences.is_empty(), "the comparison compared nothing");
    let wrong: Vec<_> = differences.iter().filter(|(_, rows)| *rows != 0).collect();
    assert!(wrong.is_empty(), "read models differ from the fold of the log: {wrong:?}");
}

/// Asserts that positions and versions have no gap and that every `prev_position` is right (G2, G3).
pub(crate) async fn assert_the_log_is_whole(admin: &PgPool) {
    let broken: i64 = sqlx::query_scalar(
        "SELECT count(*) FROM (
             SELECT position, prev_position, version,
                    row_number() OVER (ORDER BY position) AS place,
                    row_number() OVER (PARTITION BY stream_id ORDER BY position) AS number,
                    coalesce(lag(position) OVER (PARTITION BY partition ORDER BY position), 0) AS before,
                    recorded_at >= lag(recorded_at, 1, recorded_at) OVER (ORDER BY position) AS in_time
             FROM log.events) AS e
         WHERE position <> place OR version <> number OR prev_position <> before OR NOT in_time",
    )
    .fetch_one(admin)
    .await
    .unwrap();
    assert_eq!(broken, 0, "events with a wrong position, version, link or time");
}
