//! Redis's own clock, so that the clocks of the machines do not matter.

use redis::RedisResult;
use redis::aio::ConnectionManager;

/// Now, in Unix milliseconds.
pub(crate) async fn now_ms(redis: &mut ConnectionManager) -> RedisResult<u64> {
    let (seconds, micros): (u64, u64) = redis::cmd("TIME").query_async(redis).await?;
    Ok(seconds.saturating_mul(1000).saturating_add(micros / 1000))
}
