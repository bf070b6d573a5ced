//! GetLog.

use daybook_core::ids::Position;
use daybook_proto::v1::{GetLogRequest, GetLogResponse};

use super::Call;
use super::fields::min_position;
use super::words::timestamp;
use crate::error::QueryError;

pub(super) async fn answer(
    call: &Call<'_>,
    request: GetLogRequest,
) -> Result<GetLogResponse, QueryError> {
    let asked = min_position(request.position)?;
    let log = &call.log.reader;
    let log_history = call.log.history(&call.budget).await?;
    let head = call.log.ask(&call.budget, log.head()).await?.position;
    let found = match Position::new(asked.get() - 1) {
        Ok(before) => call.log.ask(&call.budget, log.read_log(before, 1)).await?,
        Err(_) => Vec::new(),
    };
    let recorded_at = found
        .first()
        .filter(|event| event.position == asked)
        .and_then(|event| timestamp(event.recorded_at));
    Ok(GetLogResponse { log_history, head: head.get(), recorded_at })
}
