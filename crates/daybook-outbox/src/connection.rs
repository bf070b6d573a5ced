//! Connections to Redis that come back by themselves, with a bound on every wait.

use std::time::Duration;

use redis::aio::{ConnectionManager, ConnectionManagerConfig};
use redis::io::tcp::TcpSettings;
use redis::{Client, IntoConnectionInfo as _};

/// How long one attempt to connect may take.
const CONNECTION_TIMEOUT: Duration = Duration::from_secs(1);

/// A command that finds no connection tries this often to get one; whoever sent it goes on without it afterwards, and
/// the next command tries again.
const CONNECTION_RETRIES: usize = 1;

/// Why a Redis URL cannot be used. The URL itself is not repeated: it may hold a password.
#[derive(Debug, thiserror::Error)]
#[error("not a Redis URL such as redis://host:6379")]
pub struct InvalidRedisUrl(#[source] redis::RedisError);

/// Whether `url` can be used at all, for a check of settings before anything starts.
///
/// # Errors
/// When it is malformed.
pub fn check_url(url: &str) -> Result<(), InvalidRedisUrl> {
    Client::open(url).map(drop).map_err(InvalidRedisUrl)
}

/// A connection that is made when first used and made again when it was lost. Must be called inside a runtime.
pub(crate) fn connection(
    url: &str,
    response_timeout: Duration,
) -> Result<ConnectionManager, InvalidRedisUrl> {
    let tcp = TcpSettings::default().set_nodelay(true);
    let info = url.into_connection_info().map_err(InvalidRedisUrl)?.set_tcp_settings(tcp);
    let client = Client::open(info).map_err(InvalidRedisUrl)?;
    let config = ConnectionManagerConfig::new()
        .set_connection_timeout(Some(CONNECTION_TIMEOUT))
        .set_response_timeout(Some(response_timeout))
        .set_number_of_retries(CONNECTION_RETRIES)
        .set_max_delay(Duration::from_millis(200));
    ConnectionManager::new_lazy_with_config(client, config).map_err(InvalidRedisUrl)
}
