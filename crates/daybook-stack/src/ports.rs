//! Free ports on the loopback interface.
//!
//! A port is only known to be free at the moment it was tried; whoever starts a server on it must be
//! ready to lose it to somebody else and try another (see `Postgres::start`, `Redis::start`).

use std::collections::HashSet;
use std::net::{Ipv4Addr, TcpListener};
use std::sync::{Mutex, PoisonError};

use anyhow::Context;

/// Where ports are looked for: below the range from which Linux takes the ports of outgoing
/// connections (32768 and up), because a server that is restarted on its old port must not find a
/// mere client there. Redis Cluster also needs port + 10000 to exist.
const FIRST_PORT: u16 = 15_000;
const PORTS: u16 = 17_000;

/// How many of them are tried before the system is asked for any port at all.
const ATTEMPTS: usize = 64;

/// Those that this process was given: whoever asks for several before listening on one must not get one twice.
static GIVEN: Mutex<Option<HashSet<u16>>> = Mutex::new(None);

/// A port of 127.0.0.1 that nobody listened on a moment ago, and that this process was not given before.
///
/// # Errors
///
/// When no port can be bound at all.
pub fn free_port() -> anyhow::Result<u16> {
    for _ in 0..ATTEMPTS {
        let port = FIRST_PORT + random_u16() % PORTS;
        if !is_taken(port) && is_new(port) {
            return Ok(port);
        }
    }
    let any = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).context("find a free port")?;
    Ok(any.local_addr().context("find a free port")?.port())
}

/// Whether somebody listens there.
pub(crate) fn is_taken(port: u16) -> bool {
    TcpListener::bind((Ipv4Addr::LOCALHOST, port)).is_err()
}

fn is_new(port: u16) -> bool {
    let mut given = GIVEN.lock().unwrap_or_else(PoisonError::into_inner);
    given.get_or_insert_default().insert(port)
}

/// Two random bytes: counting up from a fixed port would send every process that starts at the same
/// time to the same ports.
fn random_u16() -> u16 {
    let bytes = *uuid::Uuid::new_v4().as_bytes();
    u16::from_le_bytes([bytes[0], bytes[1]])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_is_given_a_port_twice() {
        let mut given = HashSet::new();
        for _ in 0..2000 {
            assert!(given.insert(free_port().expect("a port")));
        }
    }
}
