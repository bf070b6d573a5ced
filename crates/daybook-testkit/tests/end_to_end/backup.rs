//! Backups of the database that holds the log and the read models, taken and restored as an operator would. Redis and the key
//! store are not part of them.

use std::path::{Path, PathBuf};
use std::process::Command;

use daybook_testkit::servers::{Service, postgres_bin_dir};
use sqlx::PgPool;

use crate::world::World;

/// How a backup is taken.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Backup {
    /// `pg_dump`, beside running services; `pg_restore` makes the database again.
    Dump,
    /// A copy of the data directory of a stopped server.
    Disk,
}

impl Backup {
    /// All services run before and afterwards.
    pub(crate) async fn take(self, world: &mut World) {
        match self {
            Self::Dump => {
                let file = self.path(world);
                let url = world.stack.admin_url();
                let to = ["--format", "custom", "--file", file.to_str().unwrap(), "--dbname", &url];
                run(Command::new(postgres_bin_dir().unwrap().join("pg_dump")).args(to));
            }
            Self::Disk => {
                stop_services(world).await;
                world.stack.postgres.stop_fast().await.unwrap();
                copy(world.stack.postgres.dir(), &self.path(world));
                world.stack.postgres.restart().await.unwrap();
                start_services(world, &[Service::Query, Service::Projector, Service::Command])
                    .await;
                world.admin = PgPool::connect(&world.stack.admin_url()).await.unwrap();
            }
        }
    }

    /// Kills the services first; afterwards none of them runs.
    pub(crate) async fn restore(self, world: &mut World) {
        stop_services(world).await;
        world.admin.close().await;
        match self {
            Self::Dump => {
                let (file, url) =
                    (self.path(world), world.stack.postgres.superuser_url("postgres"));
                let maintenance = PgPool::connect(&url).await.unwrap();
                let drop = "DROP DATABASE daybook WITH (FORCE)";
                sqlx::raw_sql(drop).execute(&maintenance).await.unwrap();
                maintenance.close().await;
                let program = postgres_bin_dir().unwrap().join("pg_restore");
                let from = ["--exit-on-error", "--create", "--dbname", &url];
                run(Command::new(program).args(from).arg(file));
            }
            Self::Disk => {
                world.stack.postgres.stop_fast().await.unwrap();
                let data = world.stack.postgres.dir().to_owned();
                std::fs::remove_dir_all(&data).unwrap();
                copy(&self.path(world), &data);
                world.stack.postgres.restart().await.unwrap();
            }
        }
        world.admin = PgPool::connect(&world.stack.admin_url()).await.unwrap();
    }

    fn path(self, world: &World) -> PathBuf {
        world.stack.postgres.dir().with_extension(format!("{self:?}").to_lowercase())
    }
}

async fn stop_services(world: &mut World) {
    let stack = &mut *world.stack;
    for service in [&mut stack.command, &mut stack.projector, &mut stack.query] {
        service.kill().await.unwrap();
    }
}

/// Starts them at their old addresses.
pub(crate) async fn start_services(world: &mut World, services: &[Service]) {
    for service in services {
        world.stack.start_again(*service).await.unwrap();
    }
}

/// With everything that belongs to its files.
fn copy(from: &Path, to: &Path) {
    run(Command::new("cp").arg("-a").arg(from).arg(to));
}

fn run(command: &mut Command) {
    let output = command.output().unwrap();
    assert!(output.status.success(), "{command:?}: {}", String::from_utf8_lossy(&output.stderr));
}
