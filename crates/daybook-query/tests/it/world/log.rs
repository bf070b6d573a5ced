//! Events in the log, as the command service leaves them.

use super::{World, partition_of};

/// An event with boring values where a test does not care.
pub(crate) struct NewEvent<'a> {
    pub(crate) stream_id: &'a str,
    pub(crate) event_type: &'a str,
    /// Seconds ago.
    pub(crate) age: u32,
    pub(crate) data: &'a str,
    pub(crate) command_id: &'a str,
    /// JSON.
    pub(crate) reason: &'a str,
}

impl Default for NewEvent<'_> {
    fn default() -> Self {
        let data = r#"{"b": 1,  "a": 1e2}"#;
        let reason = r#"{"plain": "rent"}"#;
        Self { stream_id: "", event_type: "", age: 0, data, command_id: "d-1", reason }
    }
}

impl World {
    /// Appends one event to the end of the log, recorded `age` seconds ago, and returns its position.
    pub(crate) async fn append(&self, stream_id: &str, event_type: &str, age: u32) -> i64 {
        self.append_event(NewEvent { stream_id, event_type, age, ..NewEvent::default() }).await
    }

    /// As [`World::append`], with anything in it.
    pub(crate) async fn append_event(&self, event: NewEvent<'_>) -> i64 {
        let NewEvent { stream_id, event_type, age, data, command_id, reason } = event;
        let partition = partition_of(stream_id);
        let stream_type = stream_id.split('-').next().unwrap();
        let mut tx = self.admin.begin().await.unwrap();
        let position: i64 = sqlx::query_scalar(
            "INSERT INTO log.events
             SELECT h.position + 1, h.partition_positions[$3 + 1],
                 (SELECT count(*) + 1 FROM log.events WHERE stream_id = $1),
                 clock_timestamp() - make_interval(secs => $5), gen_random_uuid(), 1, $3, $1, $4, $2, $6::json,
                 format('{\"actor\": \"clerk\", \"correlation_id\": \"c-1\", \"causation_id\": \"m-1\", \"command_id\": \"%s\",
                   \"reason\": %s}', $7::text, $8::text)::json
             FROM log.head h RETURNING position",
        )
        .bind(stream_id)
        .bind(event_type)
        .bind(i32::from(partition))
        .bind(stream_type)
        .bind(f64::from(age))
        .bind(data)
        .bind(command_id)
        .bind(reason)
        .fetch_one(&mut *tx)
        .await
        .unwrap();
        sqlx::query("UPDATE log.head SET position = $1, partition_positions[$2] = $1")
            .bind(position)
            .bind(i32::from(partition) + 1)
            .execute(&mut *tx)
            .await
            .unwrap();
        tx.commit().await.unwrap();
        position
    }
}
