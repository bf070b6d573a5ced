//! Making the read models, and who may do what with them.

use daybook_testkit::TestPostgres;
use sqlx::PgPool;

#[tokio::test]
async fn an_owner_who_is_no_superuser_can_migrate_and_the_services_get_their_rights() {
    let postgres = TestPostgres::start().await;
    let admin = PgPool::connect(&postgres.admin_url()).await.unwrap();
    let make = "CREATE ROLE operator LOGIN CREATEROLE";
    sqlx::raw_sql(make).execute(&admin).await.unwrap();
    sqlx::raw_sql("CREATE DATABASE models OWNER operator").execute(&admin).await.unwrap();
    postgres.allow_login("operator").await.unwrap();
    let owner = PgPool::connect(&postgres.url("operator", "models")).await.unwrap();
    // Twice at once, as by two machines that start.
    let (one, other) =
        tokio::join!(daybook_projector::migrate(&owner), daybook_projector::migrate(&owner));
    one.unwrap();
    other.unwrap();
    for role in ["daybook_projector", "daybook_query"] {
        postgres.allow_login(role).await.unwrap();
        let pool = PgPool::connect(&postgres.url(role, "models")).await.unwrap();
        let accounts: i64 = sqlx::query_scalar("SELECT count(*) FROM read.accounts_1")
            .fetch_one(&pool)
            .await
            .unwrap();
        assert_eq!(accounts, 0);
        let written = sqlx::query("DELETE FROM read.accounts_1").execute(&pool).await;
        assert_eq!(written.is_ok(), role == "daybook_projector", "{role}: {written:?}");
    }
}
