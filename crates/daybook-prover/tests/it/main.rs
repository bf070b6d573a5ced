//! The prover against real servers: what it signs is what the log holds, whatever is killed, doubled, set back or tampered
//! with.

#![expect(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

mod growing;
mod health;
mod privileges;
mod published;
mod set_back;
mod tampering;
mod world;
