//! GetAggregateAt.

use daybook_core::domain::Domain as _;
use daybook_core::stream::StreamId;
use daybook_core::subject::ERASURE_STREAM_TYPE;
use daybook_domains::Daybook;
use daybook_proto::v1::{GetAggregateAtRequest, GetAggregateAtResponse};

use super::Call;
use super::fields::{checked, min_position};
use super::moment::{At, find_moment};
use super::words::timestamp;
use crate::error::{Kind, QueryError};

pub(super) async fn answer(
    call: &Call<'_>,
    request: GetAggregateAtRequest,
) -> Result<GetAggregateAtResponse, QueryError> {
    let min_position = min_position(request.min_position)?;
    let stream_id = checked("stream_id", StreamId::parse(&request.stream_id))?;
    if stream_id.stream_type() == ERASURE_STREAM_TYPE {
        return Err(QueryError::invalid(
            "stream_id",
            "is of a stream that has events and no state",
        ));
    }
    let at = At::check(request.at)?;

    call.log.reach(min_position, &call.budget).await?;
    let moment = find_moment(call, &stream_id, at)
        .await?
        .ok_or_else(|| QueryError::NotFound { kind: Kind::Stream, id: stream_id.to_string() })?;
    // What the operator decided plays no part in folding.
    let domain = Daybook::default();
    let folding = call.log.reader.state_at(&domain, &stream_id, moment.version);
    let folded = call.log.ask(&call.budget, folding).await?;
    let state = folded.state.ok_or_else(|| QueryError::NoState { id: stream_id.to_string() })?;
    Ok(GetAggregateAtResponse {
        state_json: domain.encode_state(&state).map_err(|source| QueryError::Encode { source })?,
        version: moment.version.get(),
        position: moment.position.get(),
        recorded_at: timestamp(moment.recorded_at),
        snapshot_version: folded.snapshot.get(),
    })
}
