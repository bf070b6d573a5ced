//! Connections to Redis that come back by themselves, with a bound on every wait.

use std::time::Duration;

use redis::RedisResult;
use redis::aio::{ConnectionManager, ConnectionManagerConfig};

use crate::settings::RedisServer;

/// How long one attempt to connect may take.
const CONNECTION_TIMEOUT: Duration = Duration::from_secs(1);

/// A command that finds no connection tries this often to get one; whoever sent it goes on without it afterwards, and
/// the next command tries again.
const CONNECTION_RETRIES: usize = 1;

/// A connection that is made when first used and made again when it was lost. Must be called inside a runtime.
pub(crate) fn connection(
    server: &RedisServer,
    response_timeout: Duration,
) -> RedisResult<ConnectionManager> {
    let config = ConnectionManagerConfig::new()
        .set_connection_timeout(Some(CONNECTION_TIMEOUT))
        .set_response_timeout(Some(response_timeout))
        .set_number_of_retries(CONNECTION_RETRIES)
        .set_max_delay(Duration::from_millis(200));
    ConnectionManager::new_lazy_with_config(server.client(), config)
}
