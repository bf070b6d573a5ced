//! Rolling back to the generation that the last rebuild kept: the same protocol, with the kept generation as the new one.
//! Its tables stand where they stood at the swap; it catches up first. The generation that it replaces is kept in turn.

use std::sync::Arc;

use daybook_core::event::EventPayload;

use super::build::Frontier;
use super::progress::{Phase, Watch};
use super::session::{Builder, Kept};
use super::{RebuildError, Rebuilder, Rebuilt};
use crate::projection::Projection;
use crate::skips::Skips;

impl Rebuilder {
    /// Makes the kept generation current again. Stopped before the swap, it stays kept, further along.
    ///
    /// # Errors
    /// When there is none, or it was filled by another version of the code or from another history of the log, or something
    /// fails on the way.
    pub async fn roll_back<E: EventPayload>(
        &self,
        projection: &Arc<dyn Projection<E>>,
        watch: &Watch,
    ) -> Result<Rebuilt, RebuildError> {
        let skips = Skips::load(&self.log, projection.name()).await?;
        let mut builder = Builder::connect(&self.connector).await?;
        let Kept { build, mut frontier } = builder.take_kept(projection, skips).await?;
        let builds = [Arc::new(build)];
        let [build] = &builds;
        let id = builder.id();
        let work = async {
            self.check_history(build.name(), &frontier).await?;
            self.swap(build, &mut frontier, true, id, watch).await
        };
        tokio::select! {
            done = work => done?,
            lost = builder.keep(&builds, watch) => return Err(lost),
        }
        watch.enter(Phase::Done);
        Ok(Rebuilt {
            projection: build.name(),
            from: build.live,
            to: build.generation,
            differences: Vec::new(),
            differences_total: 0,
        })
    }

    /// Whether the log still is the one that the rows were folded from.
    async fn check_history(
        &self,
        projection: &'static str,
        frontier: &Frontier,
    ) -> Result<(), RebuildError> {
        let head = self.log.head().await?.position;
        for reached in &frontier.0 {
            let known = match reached.applied {
                Some(tip) => self.log.event_id_at(tip.position).await? == Some(tip.event_id),
                None => true,
            };
            if reached.position > head || !known {
                let why = "cannot go back: the log was restored, and the kept generation is ahead of it; rebuild it";
                return Err(RebuildError::Refused { projection, why: why.to_owned() });
            }
        }
        Ok(())
    }
}
