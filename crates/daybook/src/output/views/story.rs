//! An event of a story that goes over several streams.

use daybook_proto::v1;
use serde::Serialize;

use super::event::EventView;
use crate::output::Row;

#[derive(Serialize)]
pub(crate) struct StoryView {
    #[serde(flatten)]
    event: EventView,
}

impl From<v1::Event> for StoryView {
    fn from(event: v1::Event) -> Self {
        Self { event: event.into() }
    }
}

impl Row for StoryView {
    const COLUMNS: &'static [&'static str] =
        &[">position", "when (UTC)", "stream", "event", "who", "why", "data"];

    fn cells(&self) -> Vec<String> {
        self.event.cells_of_story()
    }
}
