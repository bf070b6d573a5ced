//! Somebody with every right edits the database, trigger or not: what `daybook verify` finds of it, and where.
//!
//! Each edit is made in a copy of one database. What agrees with itself afterwards cannot be found by looking at log and read
//! models alone; those edits are listed too ([`g6_what_was_rewritten_whole_only_a_checkpoint_tells`]): a checkpoint of the
//! log that was kept elsewhere is what tells them.

use std::time::Duration;

use daybook_proof::KeyFile;
use daybook_testkit::eventually;
use daybook_testkit::servers::Service;
use sqlx::{AssertSqlSafe, PgPool};

use crate::command_line::daybook_must;
use crate::proof::checkpoint;
use crate::verify::{Verified, verify};
use crate::world::{BOUND, World, approve, by, deposit, execute, initiate};

const GRACE: Duration = Duration::from_secs(30);

/// A database that stands still, to be copied and edited.
struct Original {
    world: World,
    copies: usize,
    /// Flags of `daybook verify`: who signs, and the last checkpoint, kept outside the database.
    kept: String,
}

impl Original {
    /// Five accounts, a transfer, deposits of account `a1` one after the other at the end; snapshots of all; everything is
    /// projected and nobody is connected any more.
    async fn make() -> Self {
        let mut world = World::with(&[(Service::Command, &["--snapshot-every", "2"])]).await;
        world.open_accounts(5).await;
        world.command.initiate_transfer(by("ines", initiate("t", "a0", "a1", 500))).await.unwrap();
        world.command.approve_transfer(by("otto", approve("t"))).await.unwrap();
        world.command.execute_transfer(by("ines", execute("t"))).await.unwrap();
        for cents in 1..=6 {
            world.command.deposit(by("teller", deposit("a1", cents))).await.unwrap();
        }
        world.projected().await;
        let mut prover = world.stack.start_another(Service::Prover, &[]).await.unwrap();
        let head = world.head().await;
        let note = checkpoint(&world, head).await.note;
        prover.terminate(GRACE).await.unwrap();
        let key_file = std::fs::read_to_string(world.stack.key_file()).unwrap();
        let key = &KeyFile::parse(&key_file).unwrap().public_keys()[0];
        let path = world.stack.key_file().with_file_name("kept-checkpoint");
        std::fs::write(&path, note).unwrap();
        let kept = format!("--key {key} --checkpoint {}", path.display());
        world.stack.command.terminate(GRACE).await.unwrap();
        world.stack.projector.terminate(GRACE).await.unwrap();
        world.stack.query.terminate(GRACE).await.unwrap();
        Self { world, copies: 0, kept }
    }

    /// Where a version of a stream is in the log.
    async fn position(&self, stream_id: &str, version: i64) -> i64 {
        sqlx::query_scalar("SELECT position FROM log.events WHERE stream_id = $1 AND version = $2")
            .bind(stream_id)
            .bind(version)
            .fetch_one(&self.world.admin)
            .await
            .unwrap()
    }

    /// Verifies a copy in which these statements were run by the superuser.
    async fn edited(&mut self, statements: &str) -> Verified {
        self.edited_and_held_against(statements, "").await
    }

    /// The same with the flags that say what is trusted.
    async fn edited_and_held_against(&mut self, statements: &str, trusted: &str) -> Verified {
        let copy = self.edited_copy(statements).await;
        verify(&self.world, &copy, &format!("--all {trusted}")).await
    }

    /// A copy in which these statements were run by the superuser.
    async fn edited_copy(&mut self, statements: &str) -> String {
        self.copies += 1;
        let copy = format!("copy_{}", self.copies);
        let server = &self.world.stack.postgres;
        self.world.admin.close().await;
        let maintenance = PgPool::connect(&server.superuser_url("postgres")).await.unwrap();
        run(&maintenance, &format!("CREATE DATABASE {copy} TEMPLATE daybook")).await;
        let edited = PgPool::connect(&server.superuser_url(&copy)).await.unwrap();
        let statements = format!(
            "ALTER TABLE log.events DISABLE TRIGGER events_append_only;
             {statements};
             ALTER TABLE log.events ENABLE ALWAYS TRIGGER events_append_only"
        );
        run(&edited, &statements).await;
        edited.close().await;
        maintenance.close().await;
        self.world.admin = PgPool::connect(&server.superuser_url("daybook")).await.unwrap();
        copy
    }

    /// Signs all of a copy with a key of the same name that somebody else has made.
    async fn sign_anew(&self, copy: &str) {
        let own = self.world.stack.key_file();
        let name = KeyFile::parse(&std::fs::read_to_string(&own).unwrap()).unwrap();
        let name = name.public_keys()[0].name().to_owned();
        let other = own.with_file_name(format!("{copy}.key"));
        let path = other.to_str().unwrap();
        daybook_must(&["proof", "key", "generate", "--name", &name, path], &[]).await;
        let url = self.world.stack.postgres.superuser_url(copy);
        let state = other.with_extension("state");
        let databases = ["--log-database-url", &url, "--read-database-url", &url];
        let own = ["--key-file", path, "--state-dir", state.to_str().unwrap(), "--first"];
        let flags = [&databases[..], &own].concat();
        let mut prover = self.world.stack.start_another(Service::Prover, &flags).await.unwrap();
        let edited = PgPool::connect(&url).await.unwrap();
        eventually("all of it is signed", BOUND, async || {
            let sql =
                "SELECT max(size) >= (SELECT max(position) FROM log.events) FROM proof.checkpoints";
            let signed: Option<bool> = sqlx::query_scalar(sql).fetch_one(&edited).await?;
            anyhow::ensure!(signed == Some(true));
            Ok(())
        })
        .await;
        edited.close().await;
        prover.terminate(GRACE).await.unwrap();
    }

    /// The edit must be found by this rule, at this place; gives what is wrong with that.
    async fn find(&mut self, edit: &Edit<'_>) -> Option<String> {
        let verified = self.edited(&edit.statements).await;
        let there = |finding: &serde_json::Value| {
            let is = |(field, value): &(&str, &str)| match &finding[field] {
                serde_json::Value::String(found) => found.contains(value),
                number => number.as_i64() == value.parse().ok(),
            };
            finding["rule"] == edit.rule && edit.place.iter().all(is)
        };
        if verified.code == Some(4) && verified.findings.iter().any(there) {
            return None;
        }
        let Edit { what, rule, place, .. } = edit;
        Some(format!(
            "{what}: no {rule} at {place:?}, code {:?}\n{}",
            verified.code, verified.printed
        ))
    }
}

/// An edit, and where it must be found.
struct Edit<'a> {
    what: &'a str,
    rule: &'a str,
    place: Vec<(&'a str, &'a str)>,
    statements: String,
}

fn edit<'a>(
    what: &'a str,
    rule: &'a str,
    place: &[(&'a str, &'a str)],
    statements: impl Into<String>,
) -> Edit<'a> {
    Edit { what, rule, place: place.to_vec(), statements: statements.into() }
}

async fn run(pool: &PgPool, statements: &str) {
    sqlx::raw_sql(AssertSqlSafe(statements.to_owned())).execute(pool).await.unwrap();
}

/// Takes the head back to where the last event now is.
const MOVE_HEAD: &str = "UPDATE log.head SET position = last.position, recorded_at = last.recorded_at,
         partition_positions = (
             SELECT array_agg(coalesce(p.last, 0) ORDER BY partition)
             FROM generate_series(0, 15) AS partition
             LEFT JOIN (SELECT partition, max(position) AS last FROM log.events GROUP BY partition) AS p
                 USING (partition))
     FROM (SELECT position, recorded_at FROM log.events ORDER BY position DESC LIMIT 1) AS last";

/// A deposit that nobody made, after the last event of account `a1`.
const FORGE: &str = r#"INSERT INTO log.events
     SELECT h.position + 1, e.position, e.version + 1, clock_timestamp(), '01890a5d-ac96-774b-bcce-b302099a8057', 1,
            e.partition, e.stream_id, e.stream_type, e.event_type,
            replace(e.data::text, '"balance":' || (e.data->>'balance'),
                    '"balance":' || ((e.data->>'balance')::bigint + (e.data->'amount'->>'minor_units')::bigint))::json,
            '{"actor":"teller","correlation_id":"forged","command_id":"forged"}'
     FROM log.events AS e, log.head AS h
     WHERE e.stream_id = 'account-a1' ORDER BY e.version DESC LIMIT 1"#;

#[tokio::test]
async fn g6_every_edit_of_the_database_is_found_where_it_was_made() {
    let mut original = Original::make().await;
    let head = original.world.head().await;
    let last = head.to_string();
    let in_the_middle = original.position("account-a1", 6).await;
    let middle = in_the_middle.to_string();
    let opened = original.position("account-a3", 1).await;
    let deposited = original.position("account-a3", 2).await;
    let approved = original.position("transfer-t", 2).await.to_string();
    assert_eq!(original.edited("SELECT 1").await.code, Some(0));

    let amount = "UPDATE log.events SET data = replace(data::text, '100000', '900000')::json
                  WHERE stream_id = 'account-a3' AND version = 2";
    let amount_alone =
        "UPDATE log.events SET data = replace(data::text, ':100000,', ':900000,')::json
                        WHERE stream_id = 'account-a3' AND version = 2";
    let read_model_too =
        "UPDATE log.events SET metadata = replace(metadata::text, 'teller', 'mallory')::json
                          WHERE stream_id = 'account-a3' AND version = 2";
    let one_of_several =
        "UPDATE log.events SET metadata = replace(metadata::text, 'ines', 'mallory')::json
                          WHERE stream_id = 'account-a0' AND version = 4";
    let earlier = format!(
        "UPDATE log.events SET recorded_at = recorded_at - interval '1 hour' WHERE position = {deposited}"
    );
    let a_little_later = format!(
        "UPDATE log.events SET recorded_at = recorded_at + interval '1 microsecond' WHERE position = {deposited}"
    );
    let swap = format!(
        "UPDATE log.events SET position = -1 WHERE position = {opened};
         UPDATE log.events SET position = {opened} WHERE position = {deposited};
         UPDATE log.events SET position = {deposited} WHERE position = -1"
    );
    let delete = |position: i64| format!("DELETE FROM log.events WHERE position = {position}");
    let forged_and_head = format!("{FORGE}; {MOVE_HEAD}");
    let twice = format!(
        "UPDATE log.events SET event_id = (SELECT event_id FROM log.events WHERE position = {opened})
         WHERE position = {deposited}"
    );
    let snapshot = "UPDATE log.snapshots SET state = replace(state::text, '100000', '100001')::json
                    WHERE stream_id = 'account-a3'";
    let row = "UPDATE read.accounts_1 SET balance = balance + 1 WHERE account_id = 'a3'";

    let p = deposited.to_string();
    let a3 = ("stream_id", "account-a3");
    let edits = [
        edit("amount", "balance", &[("position", &p), a3, ("field", "balance")], amount_alone),
        edit("amount and balance, where it fits", "snapshot", &[a3], amount),
        edit("actor", "read-model", &[("position", &p), ("field", "actor")], read_model_too),
        edit(
            "actor of one event of several",
            "metadata",
            &[("stream_id", "account-a0"), ("version", "4")],
            one_of_several,
        ),
        edit("a time, back", "time", &[("position", &p)], earlier),
        edit(
            "a time, forth",
            "read-model",
            &[("position", &p), ("found", "missing")],
            a_little_later,
        ),
        edit("two events swapped", "stream-order", &[("version", "2"), a3], swap),
        edit("the last event", "gap", &[("position", &last)], delete(head)),
        edit(
            "the last event and the head",
            "command",
            &[("position", &last)],
            format!("{}; {MOVE_HEAD}", delete(head)),
        ),
        edit(
            "the last event, head and command",
            "read-model",
            &[("position", &last)],
            format!(
                "{}; {MOVE_HEAD}; DELETE FROM log.commands WHERE first_position = {head}",
                delete(head)
            ),
        ),
        edit("one in the middle", "gap", &[("position", &middle)], delete(in_the_middle)),
        edit("one forged", "head", &[("stream_id", "account-a1")], FORGE),
        edit("one forged and the head", "command", &[("field", "forged")], forged_and_head),
        edit(
            "a snapshot",
            "snapshot",
            &[a3, ("found", "100001"), ("expected", "100000")],
            snapshot,
        ),
        edit(
            "a snapshot for states as of a moment",
            "snapshot",
            &[a3, ("row", "log.past_snapshots"), ("field", "state"), ("found", "100001")],
            "INSERT INTO log.past_snapshots
             SELECT stream_id, 0, version, fingerprint, replace(state::text, '100000', '100001')::json
             FROM log.snapshots WHERE stream_id = 'account-a3'",
        ),
        edit(
            "its mark",
            "snapshot",
            &[a3, ("row", "log.past_snapshots"), ("field", "mark"), ("found", "1000")],
            "INSERT INTO log.past_snapshots
             SELECT stream_id, 1000, version, fingerprint, state
             FROM log.snapshots WHERE stream_id = 'account-a3'",
        ),
        edit(
            "a row",
            "read-model",
            &[("row", "accounts_1"), ("row", "a3"), ("found", "100001")],
            row,
        ),
        edit("an event id", "event-id", &[("position", &p)], twice),
        edit(
            "no actor",
            "metadata",
            &[("position", &p), ("field", "actor")],
            format!(
                "ALTER TABLE log.events DROP CONSTRAINT events_actor_check;
                 UPDATE log.events SET metadata = '{{}}' WHERE position = {deposited}"
            ),
        ),
        edit(
            "the partition",
            "partition",
            &[("position", &p)],
            format!(
                "UPDATE log.events SET partition = (partition + 1) % 16 WHERE position = {deposited}"
            ),
        ),
        edit(
            "a link",
            "link",
            &[("position", &p)],
            format!("UPDATE log.events SET prev_position = 0 WHERE position = {deposited}"),
        ),
        edit(
            "a transfer's amount",
            "transfer",
            &[("field", "amount")],
            "UPDATE log.events SET data = replace(data::text, ':500,', ':501,')::json
             WHERE stream_id = 'transfer-t' AND version = 1",
        ),
        edit(
            "a command's row",
            "command",
            &[("field", "row"), ("position", &approved)],
            format!("DELETE FROM log.commands WHERE first_position = {approved}"),
        ),
        edit(
            "a read model's row that is gone",
            "read-model",
            &[("row", "account_entries_1"), ("position", &p), ("expected", r#""amount":100000"#)],
            format!("DELETE FROM read.account_entries_1 WHERE position = {deposited}"),
        ),
        edit(
            "a read model's row that is forged",
            "read-model",
            &[("row", "postings_1"), ("expected", "none"), ("found", r#""amount":777"#)],
            "INSERT INTO read.postings_1
             SELECT position + 1000, 777, partition, currency, debit, credit
             FROM read.postings_1 ORDER BY position DESC LIMIT 1",
        ),
        edit(
            "a text of a read model's row",
            "read-model",
            &[("row", "accounts_1"), ("row", "a3"), ("expected", "open"), ("found", "frozen")],
            "UPDATE read.accounts_1 SET status = 'frozen' WHERE account_id = 'a3'",
        ),
        edit(
            "the state of the generation that is read",
            "read-model",
            &[("row", "read.generations audit 1"), ("field", "state"), ("found", "retired")],
            "UPDATE read.generations SET state = 'retired', since = '-infinity' WHERE projection = 'audit'",
        ),
        edit(
            "which generation is read",
            "read-model",
            &[("row", "read.generations accounts 2"), ("found", "missing")],
            "UPDATE read.projections SET generation = 2 WHERE projection = 'accounts'",
        ),
    ];
    let mut missed = Vec::new();
    for edit in &edits {
        missed.extend(original.find(edit).await);
    }
    assert!(missed.is_empty(), "{}", missed.join("\n\n"));
}

/// What log and read models alone cannot tell. The tree in the same database tells the first two, and where it was taken back
/// with them, a checkpoint that was kept elsewhere. An event that is forged beyond every checkpoint is as good as any other
/// that somebody with the right to append has made.
#[tokio::test]
async fn g6_what_was_rewritten_whole_only_a_checkpoint_tells() {
    let mut original = Original::make().await;
    let head = original.world.head().await;
    let deposited = original.position("account-a3", 2).await;
    let actor = format!(
        "UPDATE log.events SET metadata = replace(metadata::text, 'teller', 'mallory')::json
         WHERE position = {deposited};
         UPDATE read.account_entries_1 SET actor = 'mallory' WHERE position = {deposited};
         UPDATE read.audit_1 SET actor = 'mallory' WHERE position = {deposited}"
    );
    let rewound = format!(
        "DELETE FROM log.events WHERE position = {head}; {MOVE_HEAD};
         DELETE FROM log.commands WHERE first_position = {head};
         DELETE FROM log.snapshots;
         DELETE FROM log.past_snapshots;
         DELETE FROM read.account_entries_1 WHERE position = {head};
         DELETE FROM read.audit_1 WHERE position = {head};
         DELETE FROM read.postings_1 WHERE position = {head};
         UPDATE read.posting_totals_1
         SET debits = debits - CASE account WHEN 'cash-clearing' THEN 6 ELSE 0 END,
             credits = credits - CASE account WHEN 'customers' THEN 6 ELSE 0 END
         WHERE partition = (SELECT partition FROM read.accounts_1 WHERE account_id = 'a1');
         UPDATE read.accounts_1 AS a SET balance = e.balance, version = e.version, updated_at = e.recorded_at
         FROM (SELECT DISTINCT ON (account_id) * FROM read.account_entries_1 ORDER BY account_id, version DESC) AS e
         WHERE a.account_id = e.account_id AND a.account_id = 'a1';
         UPDATE read.daily_activity_1 SET count = count - 1, volume = volume - 6
         WHERE kind = 'deposit' AND partition = (SELECT partition FROM read.accounts_1 WHERE account_id = 'a1');
         UPDATE read.checkpoints SET position = {head} - 1, applied_position = least(applied_position, {head} - 1),
             applied_event_id = CASE WHEN applied_position = {head}
                 THEN (SELECT event_id FROM log.events WHERE position = {head} - 1) ELSE applied_event_id END"
    );
    let forged = format!(
        "{FORGE}; {MOVE_HEAD};
         INSERT INTO log.commands VALUES ('forged', {head} + 1, 1, sha256('forged'))"
    );
    let tree = "TRUNCATE proof.trees, proof.tiles; ALTER TABLE proof.checkpoints DISABLE TRIGGER ALL;
                TRUNCATE proof.checkpoints; ALTER TABLE proof.checkpoints ENABLE ALWAYS TRIGGER checkpoints_append_only";
    let kept = original.kept.clone();
    let key_alone = kept.split(" --checkpoint").next().unwrap().to_owned();
    let at = |position: i64, verified: &Verified| {
        let is = |finding: &serde_json::Value| {
            finding["rule"] == "tree" && finding["position"] == position
        };
        verified.code == Some(4) && verified.findings.iter().any(is)
    };
    assert_eq!(original.edited_and_held_against("SELECT 1", &kept).await.code, Some(0));
    for (edit, statements, position) in
        [("actor, with its read model", &actor, deposited), ("rewound", &rewound, head)]
    {
        let verified = original.edited(statements).await;
        assert_eq!(verified.code, Some(0), "{edit}: {}", verified.printed);
        let verified = original.edited_and_held_against(statements, &key_alone).await;
        assert!(at(position, &verified), "{edit}, by the stored tree: {}", verified.printed);
        let with_tree = format!("{statements}; {tree}");
        let verified = original.edited_and_held_against(&with_tree, &key_alone).await;
        assert_eq!(verified.code, Some(0), "{edit}, with the tree: {}", verified.printed);
        let verified = original.edited_and_held_against(&with_tree, &kept).await;
        // One root covers all: without the tree's leaves it is told that something differs, and not where.
        let somewhere = if edit == "rewound" { head } else { 1 };
        assert!(at(somewhere, &verified), "{edit}, by a kept checkpoint: {}", verified.printed);
    }
    // Who has no copy of the true key signs with another one, of the same name.
    let copy = original.edited_copy(&format!("{actor}; {tree}")).await;
    original.sign_anew(&copy).await;
    let verified = verify(&original.world, &copy, &format!("--all {key_alone}")).await;
    let trusted = &verified.findings[0]["rule"];
    assert!(
        verified.code == Some(4) && trusted == "tree",
        "signed anew, by the key: {}",
        verified.printed
    );
    let verified = verify(&original.world, &copy, &format!("--all {kept}")).await;
    assert!(at(1, &verified), "signed anew, by a kept checkpoint: {}", verified.printed);

    let verified = original.edited_and_held_against(&forged, &kept).await;
    assert_eq!(verified.code, Some(0), "forged beyond it: {}", verified.printed);
}
