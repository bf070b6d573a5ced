//! GetTransferStory.

use daybook_bank::transfer::TransferId;
use daybook_proto::v1::{GetTransferStoryRequest, GetTransferStoryResponse};

use super::Call;
use super::fields::{checked, min_position};
use super::get_event_history::event;
use crate::error::{Kind, QueryError};
use crate::queries::get_transfer_story::get_transfer_story;

pub(super) async fn answer(
    call: &Call<'_>,
    request: GetTransferStoryRequest,
) -> Result<GetTransferStoryResponse, QueryError> {
    let min_position = min_position(request.min_position)?;
    let transfer_id = checked("transfer_id", TransferId::new(&request.transfer_id))?;

    call.log.reach(min_position, &call.budget).await?;
    let story = get_transfer_story(&call.log.reader, &transfer_id);
    let mut story = call.log.ask(&call.budget, story).await?;
    if story.is_empty() {
        return Err(QueryError::NotFound { kind: Kind::Transfer, id: request.transfer_id });
    }
    call.opener.open(&mut story, &call.budget).await?;
    let events = story.iter().map(event).collect::<Result<_, _>>()?;
    Ok(GetTransferStoryResponse { events })
}
