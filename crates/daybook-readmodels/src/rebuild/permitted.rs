//! Events that an operator has permitted to be left out (a skip). Each is applied by itself, so that it can be taken back
//! without what is around it, and is left out where that fails: a skip by mistake changes nothing.

use std::panic::{AssertUnwindSafe, catch_unwind};

use daybook_core::event::RecordedEvent;
use daybook_core::ids::Position;
use sqlx::{Connection as _, PgConnection};

use super::RebuildError;
use super::build::Build;
use crate::decoded::Decoded;
use crate::projection::RowChanges;

impl<E> Build<E> {
    /// Whether the event is to be applied with [`Build::apply_permitted`].
    pub(super) fn may_leave_out(&self, event: &RecordedEvent) -> bool {
        self.skips.permits(event.partition, event.position)
    }

    /// Applies one event, or leaves it out where it cannot be applied. All that came before it must be in the tables.
    pub(super) async fn apply_permitted(
        &self,
        connection: &mut PgConnection,
        event: &Decoded<E, &RecordedEvent>,
    ) -> Result<(), RebuildError> {
        let mut tx = connection.begin().await?;
        let applied = match self.fold_alone(event) {
            Ok(changes) => self.write(&mut tx, changes, event.recorded.position.next()).await,
            Err(error) => Err(error),
        };
        match applied {
            Ok(()) => tx.commit().await?,
            Err(error) if error.is_of_an_event() => {
                tx.rollback().await?;
                tracing::warn!(
                    projection.name = self.name(),
                    event.position = %event.recorded.position,
                    %error,
                    "left out an event that cannot be applied, as an operator permitted"
                );
            }
            Err(error) => return Err(error),
        }
        Ok(())
    }

    fn fold_alone(&self, event: &Decoded<E, &RecordedEvent>) -> Result<RowChanges, RebuildError> {
        let mut changes = self.projection.changes();
        let fold = || self.fold(changes.as_mut(), event);
        // What is half changed is thrown away.
        catch_unwind(AssertUnwindSafe(fold)).unwrap_or(Err(RebuildError::Panicked))?;
        Ok(changes.take())
    }

    /// Writes rows with the statements that are used live. `before`: where the log was read up to, for errors.
    pub(super) async fn write(
        &self,
        connection: &mut PgConnection,
        changes: RowChanges,
        before: Position,
    ) -> Result<(), RebuildError> {
        for change in changes {
            let write = change.statement(self.generation);
            let changed = write.query.execute(&mut *connection).await?.rows_affected();
            let expected = write.rows_expected.unwrap_or(changed);
            if expected != changed {
                let projection = self.name();
                return Err(RebuildError::RowMissing { projection, expected, changed, before });
            }
        }
        Ok(())
    }
}
