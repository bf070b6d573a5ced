//! Ids that sort by the time at which they were made.

use std::time::{SystemTime, UNIX_EPOCH};

use uuid::{NoContext, Timestamp, Uuid};

/// A new id, version 7. Where the clock says that it is before 1970 it sorts as made in 1970, and is unique all the same.
#[must_use]
pub fn time_ordered() -> Uuid {
    at(SystemTime::now())
}

fn at(now: SystemTime) -> Uuid {
    match now.duration_since(UNIX_EPOCH) {
        // The library's own clock: it keeps the order within a millisecond too.
        Ok(_) => Uuid::now_v7(),
        Err(_) => Uuid::new_v7(Timestamp::from_unix(NoContext, 0, 0)),
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn a_clock_before_1970_gives_ids_that_differ() {
        let before = UNIX_EPOCH - Duration::from_secs(1);
        let (first, second) = (at(before), at(before));
        assert_ne!(first, second);
        assert_eq!(first.get_version_num(), 7);
        assert!(at(SystemTime::now()) > first);
    }
}
