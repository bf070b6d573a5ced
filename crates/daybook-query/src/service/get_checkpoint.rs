//! GetCheckpoint.

use std::time::Duration;

use daybook_core::ids::Position;
use daybook_proto::v1::{Checkpoint, GetCheckpointRequest, GetCheckpointResponse};
use tokio::time::{Instant, sleep_until};

use super::Call;
use super::fields::{checked, min_position};
use super::words::timestamp;
use crate::error::{Kind, QueryError};
use crate::queries::tree::{CheckpointRow, get_checkpoint};

/// Between two looks for a checkpoint that is waited for. They come twice a second.
const LOOK_EVERY: Duration = Duration::from_millis(25);

pub(super) async fn answer(
    call: &Call<'_>,
    request: GetCheckpointRequest,
) -> Result<GetCheckpointResponse, QueryError> {
    let origin = origin(&request.origin)?;
    let min_position = min_position(request.min_position)?;
    call.log.check_reachable(min_position, &call.budget).await?;
    loop {
        let newest = newest(call, origin, 0).await;
        let covered = match &newest {
            Ok((_, checkpoint)) => Position::new(checkpoint.size).unwrap_or_default(),
            // The first one may be waited for too.
            Err(QueryError::NoCheckpoint) if min_position > Position::ZERO => Position::ZERO,
            Err(_) => Position::MAX,
        };
        if covered >= min_position {
            return newest
                .map(|(_, checkpoint)| GetCheckpointResponse { checkpoint: Some(checkpoint) });
        }
        let until = call.budget.wait_until();
        if Instant::now() >= until {
            return Err(QueryError::Behind {
                what: "checkpoint",
                min_position,
                checkpoint: covered,
            });
        }
        let _place = call.budget.wait()?;
        sleep_until(until.min(Instant::now() + LOOK_EVERY)).await;
    }
}

/// The checkpoint of a size, 0: the newest; as it is stored, and as the contract has it.
pub(super) async fn newest(
    call: &Call<'_>,
    origin: &str,
    size: i64,
) -> Result<(daybook_proof::Checkpoint, Checkpoint), QueryError> {
    let database = &call.read_models.database;
    let reading = get_checkpoint(database.pool(), origin, size);
    let row = database.ask(&call.budget, reading).await?;
    let Some(row) = row else {
        return Err(if size == 0 {
            QueryError::NoCheckpoint
        } else {
            QueryError::NotFound { kind: Kind::Checkpoint, id: size.to_string() }
        });
    };
    let checkpoint = row.checkpoint()?;
    Ok((checkpoint.clone(), contract(checkpoint, row)))
}

fn contract(checkpoint: daybook_proof::Checkpoint, row: CheckpointRow) -> Checkpoint {
    Checkpoint {
        origin: checkpoint.origin,
        size: i64::try_from(checkpoint.size).unwrap_or(i64::MAX),
        root: checkpoint.root.0.to_vec(),
        key_id: row.key_id(),
        signed_at: timestamp(row.signed_at),
        note: row.note,
    }
}

/// The field `origin`; empty: any.
pub(super) fn origin(text: &str) -> Result<&str, QueryError> {
    let right = text.is_empty() || daybook_proof::key::is_key_name(text);
    checked("origin", if right { Ok(text) } else { Err("is not the name of a key") })
}

/// A field that names the size of a checkpoint; 0: the newest.
pub(super) fn size(field: &'static str, number: i64) -> Result<i64, QueryError> {
    Ok(checked(field, Position::new(number))?.get())
}
