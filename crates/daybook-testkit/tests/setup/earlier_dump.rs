//! A dump that an earlier build's database was backed up with is loaded into this server, and migrated.

use daybook_testkit::TestPostgres;
use sqlx::{AssertSqlSafe, Connection as _, PgConnection, PgPool};

use crate::migrate_all;

#[tokio::test]
async fn a_dump_of_an_earlier_build_is_loaded_and_migrated() {
    let server = TestPostgres::start().await;
    // Makes the roles, which are the server's and in no dump.
    migrate_all(&PgPool::connect(&server.admin_url()).await.unwrap()).await.unwrap();
    server.create_database("restored").await.unwrap();
    let url = server.superuser_url("restored");
    for dump in [
        include_str!("../earlier_data/daybook.sql"),
        include_str!("../earlier_data/daybook_keys.sql"),
    ] {
        let mut connection = PgConnection::connect(&url).await.unwrap();
        sqlx::raw_sql(AssertSqlSafe(dump)).execute(&mut connection).await.unwrap();
        connection.close().await.unwrap();
    }
    let pool = PgPool::connect(&url).await.unwrap();
    migrate_all(&pool).await.unwrap();
    let events: i64 =
        sqlx::query_scalar("SELECT count(*) FROM log.events").fetch_one(&pool).await.unwrap();
    assert_eq!(events, 54);
}
