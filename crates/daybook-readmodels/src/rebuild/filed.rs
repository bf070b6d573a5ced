//! What the database says of live generations, apart from their rows: `read.projections`, `read.generations` and
//! `read.checkpoints` must agree. An edit of one of them hides rows from readers, or keeps events from rows.

use std::sync::Arc;

use sqlx::Row as _;

use super::{RebuildError, Rebuilder};
use crate::projection::Projection;

/// Something that the database says of a live generation and that cannot be right.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Misfiled {
    /// Of which projection.
    pub projection: String,
    /// Where: the table and the row's key.
    pub row: String,
    /// Which column, or `row`.
    pub field: String,
    /// What would be right.
    pub expected: String,
    /// What is there.
    pub found: String,
}

impl Rebuilder {
    /// What is misfiled of the live generations of these projections. Changes nothing.
    ///
    /// # Errors
    /// When a database is away.
    pub async fn misfiled<E>(
        &self,
        projections: &[Arc<dyn Projection<E>>],
    ) -> Result<Vec<Misfiled>, RebuildError> {
        let names: Vec<_> = projections.iter().map(|projection| projection.name()).collect();
        let mut misfiled = Vec::new();
        let generations = sqlx::query(include_str!("queries/check_generations.sql"))
            .bind(&names)
            .fetch_all(&self.read)
            .await?;
        for row in generations {
            let projection: String = row.try_get("projection")?;
            let generation: Option<i32> = row.try_get("generation")?;
            let (state, filled_by): (Option<String>, Option<i32>) =
                (row.try_get("state")?, row.try_get("filled_by")?);
            let mut add = |row: String, field: &str, expected: String, found: String| {
                let (projection, field) = (projection.clone(), field.to_owned());
                misfiled.push(Misfiled { projection, row, field, expected, found });
            };
            let missing = || ("there".to_owned(), "missing".to_owned());
            let Some(generation) = generation else {
                let (expected, found) = missing();
                add(format!("read.projections {projection}"), "row", expected, found);
                continue;
            };
            let place = format!("read.generations {projection} {generation}");
            let Some((state, filled_by)) = state.zip(filled_by) else {
                let found = "missing, and read.projections says that it is current".to_owned();
                add(place, "row", missing().0, found);
                continue;
            };
            if state != "current" {
                let expected = "current, as read.projections says".to_owned();
                add(place.clone(), "state", expected, state);
            }
            let version: i32 = row.try_get("version")?;
            if version != filled_by {
                let expected = format!("{version}, as in read.projections");
                add(place, "version", expected, filled_by.to_string());
            }
        }
        let count = i32::from(self.log.identity().await?.partition_count);
        let checkpoints = sqlx::query(include_str!("queries/check_checkpoints.sql"))
            .bind(&names)
            .bind(count)
            .fetch_all(&self.read)
            .await?;
        for row in checkpoints {
            let (projection, generation): (String, i32) =
                (row.try_get("projection")?, row.try_get("generation")?);
            let partition: i32 = row.try_get("partition")?;
            misfiled.push(Misfiled {
                row: format!("read.checkpoints {projection} {generation}, partition {partition}"),
                field: row.try_get("field")?,
                expected: row.try_get("expected")?,
                found: row.try_get("found")?,
                projection,
            });
        }
        Ok(misfiled)
    }
}
