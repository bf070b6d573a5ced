//! Which errors pass by themselves, and which are the fault of an event.

/// Whether the same work may succeed later: the connection was lost, another transaction was in the way, the server is
/// short of something, shuts down or is a standby. Nothing is lost by waiting then; everything else would fail again.
pub(crate) fn passes(error: &sqlx::Error) -> bool {
    match error {
        sqlx::Error::Io(_)
        | sqlx::Error::Tls(_)
        | sqlx::Error::Protocol(_)
        | sqlx::Error::PoolTimedOut
        | sqlx::Error::PoolClosed
        | sqlx::Error::WorkerCrashed
        | sqlx::Error::BeginFailed => true,
        sqlx::Error::Database(error) => error.code().is_some_and(|code| code_passes(&code)),
        _ => false,
    }
}

/// By SQLSTATE: classes 08 connection, 25 wrong kind of transaction (a server that became read-only), 40 rollback, 53
/// resources, 55 not in the right state (locks), 57 operator (shutdown, timeouts), 58 system.
fn code_passes(code: &str) -> bool {
    matches!(code.get(..2), Some("08" | "25" | "40" | "53" | "55" | "57" | "58"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_of_the_moment_passes_and_an_error_of_the_event_does_not() {
        // Deadlock, serialization, shutdown, statement timeout, lock timeout, disk full, too many connections.
        for code in ["40P01", "40001", "57P01", "57014", "55P03", "53100", "53300", "08006"] {
            assert!(code_passes(code), "{code}");
        }
        // Not null, unique, check, out of range, no such table.
        for code in ["23502", "23505", "23514", "22003", "42P01", ""] {
            assert!(!code_passes(code), "{code}");
        }
        assert!(passes(&sqlx::Error::PoolTimedOut));
        assert!(!passes(&sqlx::Error::RowNotFound));
    }
}
