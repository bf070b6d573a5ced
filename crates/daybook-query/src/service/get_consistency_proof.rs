//! GetConsistencyProof.

use daybook_core::ids::Position;
use daybook_proof::proof::{consistency, tiles_of_consistency};
use daybook_proto::v1::{GetConsistencyProofRequest, GetConsistencyProofResponse};

use super::Call;
use super::get_checkpoint::{newest, origin, size};
use crate::error::QueryError;
use crate::queries::tree::get_tiles;

pub(super) async fn answer(
    call: &Call<'_>,
    request: GetConsistencyProofRequest,
) -> Result<GetConsistencyProofResponse, QueryError> {
    let origin = origin(&request.origin)?;
    let first = size("first_size", request.first_size)?;
    if first == 0 {
        return Err(QueryError::invalid("first_size", "is 0; every tree begins with an empty one"));
    }
    let second = size("second_size", request.second_size)?;
    let (tree, checkpoint) = newest(call, origin, second).await?;
    if first > checkpoint.size {
        let position = |number| Position::new(number).unwrap_or_default();
        let (position, size) = (position(first), position(checkpoint.size));
        return Err(QueryError::NotInTree { position, size });
    }
    let first = u64::try_from(first).unwrap_or(0);
    let database = &call.read_models.database;
    let ids = tiles_of_consistency(first, tree.size);
    let reading = get_tiles(database.pool(), &tree.origin, &ids);
    let tiles = database.ask(&call.budget, reading).await?;
    let hashes = consistency(first, tree.size, |node| tiles.node(node))?;
    let hashes = hashes.into_iter().map(|hash| hash.0.to_vec()).collect();
    Ok(GetConsistencyProofResponse { checkpoint: Some(checkpoint), hashes })
}
