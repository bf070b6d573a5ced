//! Commands in, rows out, over real servers and real service processes that are killed, frozen and flushed on the way.
//! What the read models must be is worked out from the log by SQL of its own ([`fold`]), not by Daybook's code.
#![expect(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

mod auditor;
mod backup;
mod command_line;
mod crashes;
mod earlier_data;
mod export;
mod fleet;
mod fold;
mod foreign_streams;
mod forgetting;
mod forgotten_backup;
mod metrics;
mod operator;
mod poison;
mod proof;
mod rebuild;
mod rebuild_killed;
mod rebuild_restored;
mod redis_trouble;
mod restored_log;
mod skips;
mod story;
mod tampering;
mod verify;
mod watch;
mod world;
