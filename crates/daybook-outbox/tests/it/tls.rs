//! Redis over TLS with a private authority, as the users of `deploy/redis-users.conf`: who gets in, and what a refusal says.

use std::fs;
use std::path::{Path, PathBuf};

use daybook_outbox::{InvalidRedisSettings, RedisSettings};
use daybook_testkit::servers::free_port;
use daybook_testkit::{Issued, TestAuthority};
use tempfile::TempDir;

use super::*;

/// A Redis with a certificate for `localhost`, and what clients need.
struct World {
    redis: TestRedis,
    port: u16,
    authority: TestAuthority,
    client: Issued,
    dir: TempDir,
}

impl World {
    async fn start() -> Self {
        let authority = TestAuthority::new();
        let (issued, client) = (authority.issue("localhost"), authority.issue("client"));
        let port = free_port().unwrap();
        let mut settings = users();
        for (name, value) in [
            ("tls-port", port.to_string()),
            ("tls-cert-file", text(&issued.certificate)),
            ("tls-key-file", text(&issued.key)),
            ("tls-ca-cert-file", text(&authority.certificate())),
            ("tls-auth-clients", "optional".to_owned()),
        ] {
            settings.push((name, value));
        }
        let settings: Vec<_> =
            settings.iter().map(|(name, value)| (*name, value.as_str())).collect();
        let redis = TestRedis::start_with(&settings).await;
        let dir = tempfile::tempdir().unwrap();
        Self { redis, port, authority, client, dir }
    }

    /// As a user of the sample, with the password in a file.
    fn settings(&self, user: &str) -> RedisSettings {
        let password = user.rsplit('_').next().unwrap().to_uppercase();
        RedisSettings {
            redis_url: format!("rediss://{user}@localhost:{}/0", self.port),
            redis_password_file: Some(self.file(&format!("{password}\n"))),
            redis_ca_file: Some(self.authority.certificate()),
            redis_cert_file: None,
            redis_key_file: None,
        }
    }

    fn file(&self, content: &str) -> PathBuf {
        let path = self.dir.path().join(Uuid::now_v7().to_string());
        fs::write(&path, content).unwrap();
        path
    }

    /// What the log says of a Redis that cannot be reached with these settings.
    async fn refusal(&self, settings: RedisSettings) -> String {
        let log = self.file("");
        let writer = fs::File::create(&log).unwrap();
        let subscriber = tracing_subscriber::fmt().with_ansi(false).with_writer(writer).finish();
        // Threads of other tests have no subscriber, and would have the events that they meet first disabled for all.
        let _is_set_already =
            tracing::subscriber::set_global_default(tracing_subscriber::registry());
        let _guard = tracing::subscriber::set_default(subscriber);
        let draining = drain_as(settings.server().unwrap(), 100);
        let said = eventually("the log says why", BOUND, async || {
            let said = fs::read_to_string(&log)?;
            ensure!(said.contains("Redis is away"), "{said}");
            Ok(said)
        })
        .await;
        draining.stop().await;
        said
    }
}

fn text(path: &Path) -> String {
    path.to_str().unwrap().to_owned()
}

async fn positions_go_over(publisher: &Running, draining: &mut Draining) {
    eventually("positions go from one to the other", BOUND, async || {
        publisher.handle.publish(ORIGIN, vec![event(1)]);
        let positions = timeout(Duration::from_millis(100), draining.positions.recv()).await?;
        ensure!(positions.is_some());
        Ok(())
    })
    .await;
}

#[tokio::test]
async fn over_tls_the_users_of_the_sample_do_their_work_also_after_a_restart() {
    let mut world = World::start().await;
    let command = world.settings("daybook_command").server().unwrap();
    let projector = world.settings("daybook_projector").server().unwrap();
    let shown = format!("{command:?}");
    assert!(shown.contains("localhost") && !shown.contains("COMMAND"), "{shown}");
    let publisher = Running::start(PublisherSettings { redis: command, ..settings(&world.redis) });
    let mut draining = drain_as(projector, 100);
    positions_go_over(&publisher, &mut draining).await;
    world.redis.restart().await.unwrap();
    positions_go_over(&publisher, &mut draining).await;
    draining.stop().await;
    publisher.stop().await;
}

#[tokio::test]
async fn a_redis_that_is_not_the_right_one_or_does_not_let_us_in_is_refused_with_the_cause() {
    let world = World::start().await;
    let of = |change: &dyn Fn(&mut RedisSettings)| {
        let mut settings = world.settings("daybook_projector");
        change(&mut settings);
        settings
    };
    let another = TestAuthority::new();
    let cases = [
        (of(&|it| it.redis_ca_file = Some(another.certificate())), "UnknownIssuer"),
        (of(&|it| it.redis_ca_file = None), "UnknownIssuer"),
        (
            of(&|it| it.redis_url = it.redis_url.replace("localhost", "127.0.0.1")),
            "not valid for name \"127.0.0.1\"",
        ),
        (
            of(&|it| it.redis_password_file = Some(world.file("WRONG"))),
            "Password authentication failed",
        ),
    ];
    for (settings, cause) in cases {
        let said = world.refusal(settings).await;
        assert!(said.contains(cause), "{cause}: {said}");
    }

    let mut admin = connect(&world.redis).await;
    let mut required = redis::cmd("CONFIG");
    required.arg(&["SET", "tls-auth-clients", "yes"]).exec_async(&mut admin).await.unwrap();
    let said = world.refusal(world.settings("daybook_projector")).await;
    assert!(said.contains("CertificateRequired"), "{said}");
    let with_certificate = of(&|it| {
        it.redis_cert_file = Some(world.client.certificate.clone());
        it.redis_key_file = Some(world.client.key.clone());
    });
    let draining = drain_as(with_certificate.server().unwrap(), 100);
    eventually("the group is registered", BOUND, async || {
        ensure!(groups(&mut admin).await == ["default"]);
        Ok(())
    })
    .await;
    draining.stop().await;
}

#[test]
fn settings_that_contradict_each_other_or_name_no_usable_file_are_refused_in_words() {
    let (authority, another) = (TestAuthority::new(), TestAuthority::new());
    let (ca, pair, other) = (authority.certificate(), authority.issue("a"), another.issue("b"));
    let dir = tempfile::tempdir().unwrap();
    let (nonsense, empty) = (dir.path().join("nonsense"), dir.path().join("empty"));
    fs::write(&nonsense, "nonsense").unwrap();
    fs::write(&empty, "\n").unwrap();
    let missing = dir.path().join("missing");
    let refused = |url: &str, files: [Option<&PathBuf>; 4]| {
        let [password, ca, certificate, key] = files.map(|file| file.cloned());
        let settings = RedisSettings {
            redis_url: url.to_owned(),
            redis_password_file: password,
            redis_ca_file: ca,
            redis_cert_file: certificate,
            redis_key_file: key,
        };
        let error: InvalidRedisSettings = settings.server().unwrap_err();
        error.to_string()
    };
    let (tls, plain) = ("rediss://h", "redis://h");
    for (url, files, words) in [
        ("http://h", [None; 4], "--redis-url is not a Redis URL"),
        ("rediss://h/0?ssl_ca_certs=/ca.pem", [None; 4], "`ssl_ca_certs` is no parameter"),
        ("rediss://h/0#insecure", [None; 4], "`#insecure` is refused"),
        ("redis://user@h", [None; 4], "names a user without a password"),
        ("redis://user:p@h", [Some(&nonsense), None, None, None], "has a password too"),
        (plain, [Some(&missing), None, None, None], "--redis-password-file `"),
        (plain, [Some(&empty), None, None, None], "must be one line of UTF-8, the password"),
        (
            plain,
            [None, Some(&ca), None, None],
            "--redis-ca-file is given, but --redis-url is not encrypted",
        ),
        (plain, [None, None, None, Some(&pair.key)], "--redis-key-file is given, but"),
        (tls, [None, Some(&missing), None, None], "missing` cannot be read"),
        (tls, [None, Some(&nonsense), None, None], "has no certificate in PEM"),
        (tls, [None, Some(&pair.key), None, None], "has no certificate in PEM"),
        (tls, [None, None, Some(&pair.certificate), None], "given together or not at all"),
        (
            tls,
            [None, None, Some(&pair.certificate), Some(&pair.certificate)],
            "has no private key in PEM",
        ),
        (
            tls,
            [None, None, Some(&pair.certificate), Some(&other.key)],
            "is not the key of the certificate",
        ),
    ] {
        let said = refused(url, files);
        assert!(said.contains(words), "{url} {files:?}: {said}");
    }
}
