//! Whether a database is set up for a service: that the tables are there and that the role may use them. Asked at the
//! start, where an operator still looks: a service that can never work says why in one sentence and ends, and one whose
//! database is away waits for it.

use std::time::Duration;

use sqlx::Row as _;

use crate::dependency::Database;
use crate::repeats::Repeats;
use crate::trouble::{Trouble, explain};

/// How long one try may take.
const TRY_MAX: Duration = Duration::from_secs(5);

/// Between two tries.
const PAUSE: Duration = Duration::from_millis(500);

/// A table, such as `log.events`, and what the service does with it: SELECT, INSERT, UPDATE or DELETE.
pub type Need = (&'static str, &'static str);

/// Why a database is of no use to a service, whatever it waits for.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct SetUpWrongly(String);

/// Returns when the database answers and has what the service needs. While it is away this waits for it; drop it to stop.
///
/// # Errors
/// When waiting is of no use: no such database, a refused login, missing tables or rights.
pub async fn wait_for(database: &Database, needs: &[Need]) -> Result<(), SetUpWrongly> {
    let repeats = Repeats::new();
    loop {
        let tried = tokio::time::timeout(TRY_MAX, check(database, needs)).await;
        let (topic, text) = match tried {
            Ok(Ok(None)) => return Ok(()),
            Ok(Ok(Some(lacks))) => return Err(SetUpWrongly(lacks)),
            Ok(Err(error)) => {
                let (trouble, text) = (Trouble::of(&error), explain(database.title(), &error));
                if trouble.is_setup() {
                    return Err(SetUpWrongly(text));
                }
                (trouble.cause(), text)
            }
            Err(_) => {
                let trouble = Trouble::Unreachable;
                (trouble.cause(), format!("{} {}", database.title(), trouble.advice()))
            }
        };
        if let Some(left_out) = repeats.note(topic) {
            tracing::warn!(repeated = left_out, "waiting: {text}");
        }
        tokio::time::sleep(PAUSE).await;
    }
}

/// What the database lacks; `None`: nothing.
async fn check(database: &Database, needs: &[Need]) -> Result<Option<String>, sqlx::Error> {
    let mut connection = database.connector.connect().await?;
    let (tables, rights): (Vec<&str>, Vec<&str>) = needs.iter().copied().unzip();
    let lacking = sqlx::query(include_str!("queries/lacking.sql"))
        .bind(tables)
        .bind(rights)
        .fetch_optional(&mut connection)
        .await?;
    let Some(lacking) = lacking else { return Ok(None) };
    let (table, right): (String, String) = (lacking.try_get("name")?, lacking.try_get("right")?);
    let (there, role): (bool, String) = (lacking.try_get("there")?, lacking.try_get("role")?);
    let title = database.title();
    Ok(Some(if there {
        format!(
            "{title} does not let role `{role}` {right} {table}: connect as the role of this service, or run `daybook \
             migrate`"
        )
    } else {
        format!(
            "{title} has no table {table}: run `daybook migrate`, or correct the database in the URL"
        )
    }))
}
