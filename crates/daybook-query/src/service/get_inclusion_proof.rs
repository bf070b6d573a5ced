//! GetInclusionProof.

use std::collections::{BTreeMap, BTreeSet};

use daybook_core::event::StoredEvent;
use daybook_core::ids::Position;
use daybook_proof::proof::{inclusion, tiles_of_inclusion};
use daybook_proof::tile::Tiles;
use daybook_proof::{Checkpoint, leaf};
use daybook_proto::v1::{GetInclusionProofRequest, GetInclusionProofResponse, InclusionProof};

use super::Call;
use super::fields::checked;
use super::get_checkpoint::{newest, origin, size};
use crate::error::QueryError;
use crate::page::{self, PageSize};
use crate::queries::tree::get_tiles;

/// Events in one request, at most: two megabytes of tiles where none are neighbours.
const POSITIONS_MAX: usize = 256;

/// Events whose rows are read at once, at most 64 KiB each.
const ROWS_AT_ONCE: usize = 32;

pub(super) async fn answer(
    call: &Call<'_>,
    request: GetInclusionProofRequest,
) -> Result<GetInclusionProofResponse, QueryError> {
    let origin = origin(&request.origin)?;
    let positions = positions(&request.positions)?;
    let size = size("size", request.size)?;
    let (tree, checkpoint) = newest(call, origin, size).await?;
    for position in &positions {
        if index(*position) >= tree.size {
            let size = Position::new(checkpoint.size).unwrap_or_default();
            return Err(QueryError::NotInTree { position: *position, size });
        }
    }
    let ids: BTreeSet<_> = positions
        .iter()
        .flat_map(|position| tiles_of_inclusion(index(*position), tree.size))
        .collect();
    let database = &call.read_models.database;
    let reading = get_tiles(database.pool(), &tree.origin, &ids);
    let tiles = database.ask(&call.budget, reading).await?;

    let (mut proofs, mut bytes) = (Vec::new(), 0);
    for some in positions.chunks(ROWS_AT_ONCE) {
        let events = call.log.ask(&call.budget, call.log.reader.read_stored_at(some)).await?;
        let events: BTreeMap<_, _> =
            events.into_iter().map(|event| (event.position, event)).collect();
        for position in some {
            let event = events.get(&position.get()).ok_or_else(|| gone(*position))?;
            proofs.push(proof(event, *position, &tree, &tiles, request.with_texts)?);
        }
        bytes +=
            events.values().map(|event| event.data.len() + event.metadata.len()).sum::<usize>();
        if request.with_texts && bytes > page::PAGE_BYTES_MAX {
            break;
        }
    }
    let whole = PageSize::parse(1000)?;
    let (proofs, _) = page::cut(proofs, whole);
    Ok(GetInclusionProofResponse { checkpoint: Some(checkpoint), proofs })
}

fn proof(
    event: &StoredEvent,
    position: Position,
    tree: &Checkpoint,
    tiles: &Tiles,
    with_texts: bool,
) -> Result<InclusionProof, QueryError> {
    let hashes = inclusion(index(position), tree.size, |node| tiles.node(node))?;
    let text = |text: &String| if with_texts { text.clone() } else { String::new() };
    Ok(InclusionProof {
        position: position.get(),
        leaf: leaf::encode(event),
        hashes: hashes.into_iter().map(|hash| hash.0.to_vec()).collect(),
        data_json: text(&event.data),
        metadata_json: text(&event.metadata),
    })
}

fn positions(numbers: &[i64]) -> Result<Vec<Position>, QueryError> {
    let field = "positions";
    if numbers.is_empty() || numbers.len() > POSITIONS_MAX {
        let found = numbers.len();
        return Err(QueryError::invalid(
            field,
            format!("has {found}; 1 to {POSITIONS_MAX} are allowed"),
        ));
    }
    let position = |number: &i64| match checked(field, Position::new(*number))? {
        Position::ZERO => Err(QueryError::invalid(field, "begin at 1")),
        position => Ok(position),
    };
    numbers.iter().map(position).collect()
}

/// The leaf of an event.
fn index(position: Position) -> u64 {
    u64::try_from(position.get() - 1).unwrap_or(u64::MAX)
}

fn gone(position: Position) -> QueryError {
    QueryError::TreeDamaged(format!("the log lacks the event at position {position}"))
}
