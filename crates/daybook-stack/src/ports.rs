//! Free ports on the loopback interface.
//!
//! A port is only known to be free at the moment it was tried; whoever starts a server on it must be
//! ready to lose it to somebody else and try another (see `Postgres::start`, `Redis::start`).

use std::net::{Ipv4Addr, TcpListener};

use anyhow::Context;

/// Where ports are looked for: below the range from which Linux takes the ports of outgoing
/// connections (32768 and up), because a server that is restarted on its old port must not find a
/// mere client there. Redis Cluster also needs port + 10000 to exist.
const FIRST_PORT: u16 = 15_000;
const PORTS: u16 = 17_000;

/// How many of them are tried before the system is asked for any port at all.
const ATTEMPTS: usize = 64;

/// A port of 127.0.0.1 that nobody listened on a moment ago.
///
/// # Errors
///
/// When no port can be bound at all.
pub fn free_port() -> anyhow::Result<u16> {
    for _ in 0..ATTEMPTS {
        let port = FIRST_PORT + random_u16() % PORTS;
        if TcpListener::bind((Ipv4Addr::LOCALHOST, port)).is_ok() {
            return Ok(port);
        }
    }
    let any = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).context("find a free port")?;
    Ok(any.local_addr().context("find a free port")?.port())
}

/// Two random bytes: counting up from a fixed port would send every process that starts at the same
/// time to the same ports.
fn random_u16() -> u16 {
    let bytes = *uuid::Uuid::new_v4().as_bytes();
    u16::from_le_bytes([bytes[0], bytes[1]])
}
