//! What the services say of themselves in numbers, held against the list in `deploy/metrics.md`.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::{Context as _, ensure};
use daybook_proto::v1::GetAccountRequest;
use daybook_testkit::eventually;
use daybook_testkit::servers::{Service, free_port};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use crate::world::{BOUND, World};

const CATALOGUE: &str = include_str!("../../../../deploy/metrics.md");
const SERVICES: [Service; 4] =
    [Service::Command, Service::Projector, Service::Query, Service::Prover];

/// A metric's type and the names of its labels, by its name.
type Metrics = BTreeMap<String, (String, BTreeSet<String>)>;

/// What the list says that a program serves.
fn listed(program: &str) -> Metrics {
    CATALOGUE
        .lines()
        .filter(|line| line.starts_with("| `"))
        .map(|line| line.trim_matches('|').split('|').map(str::trim).collect::<Vec<_>>())
        .filter(|columns| ["all", program].contains(&columns[3]))
        .map(|columns| {
            let labels = columns[2].split(',').map(|label| label.trim().to_owned());
            let labels = labels.filter(|label| !label.is_empty()).collect();
            (columns[0].trim_matches('`').to_owned(), (columns[1].to_owned(), labels))
        })
        .collect()
}

/// What a text in Prometheus's format has.
fn parsed(text: &str) -> Metrics {
    let mut metrics = Metrics::new();
    let mut current = String::new();
    for line in text.lines() {
        if let Some(family) = line.strip_prefix("# TYPE ") {
            let (name, kind) = family.split_once(' ').unwrap();
            current = name.to_owned();
            metrics.entry(current.clone()).or_default().0 = kind.to_owned();
        } else if let (false, Some((_, labels))) = (line.starts_with('#'), line.split_once('{')) {
            let labels = labels.split_once('}').unwrap().0.split("\",");
            let names = labels.filter_map(|label| Some(label.split_once('=')?.0.to_owned()));
            let known = &mut metrics.get_mut(&current).unwrap().1;
            known.extend(names.filter(|name| name != "le"));
        }
    }
    metrics
}

async fn scrape(port: u16) -> anyhow::Result<String> {
    let mut connection = TcpStream::connect(("127.0.0.1", port)).await?;
    let request = "GET /metrics HTTP/1.1\r\nHost: daybook\r\nConnection: close\r\n\r\n";
    connection.write_all(request.as_bytes()).await?;
    let mut answer = String::new();
    connection.read_to_string(&mut answer).await?;
    let (head, body) = answer.split_once("\r\n\r\n").context("no end of the headers")?;
    ensure!(head.starts_with("HTTP/1.1 200"), "{head}");
    Ok(body.to_owned())
}

#[tokio::test]
async fn every_service_serves_exactly_the_metrics_that_are_listed() {
    let ports = SERVICES.map(|_| free_port().unwrap());
    let flags = ports.map(|port| ["--metrics-listen".to_owned(), format!("127.0.0.1:{port}")]);
    let flags = flags.each_ref().map(|flags| flags.each_ref().map(String::as_str));
    let of_all: Vec<_> = SERVICES[..3].iter().zip(&flags).map(|(s, f)| (*s, &f[..])).collect();
    let mut world = World::with(&of_all).await;
    let _prover = world.stack.start_another(Service::Prover, &flags[3]).await.unwrap();
    // Something of each kind has happened.
    world.open_accounts(1).await;
    world.load(1, 10).await;
    world.projected().await;
    let nobody = GetAccountRequest { account_id: "nobody".to_owned(), min_position: 0 };
    world.query.clone().get_account(nobody).await.unwrap_err();
    for (service, port) in SERVICES.iter().zip(ports) {
        let program = service.program();
        eventually(program, BOUND, async || {
            let (found, listed) = (parsed(&scrape(port).await?), listed(program));
            let differs = |a: &Metrics, b: &Metrics| -> Vec<String> {
                a.iter()
                    .filter(|(name, is)| b.get(*name) != Some(is))
                    .map(|(n, is)| format!("{n} {is:?}"))
                    .collect()
            };
            let (missing, unlisted) = (differs(&listed, &found), differs(&found, &listed));
            ensure!(
                missing.is_empty() && unlisted.is_empty(),
                "listed and not served so: {missing:?}; served and not listed so: {unlisted:?}"
            );
            Ok(())
        })
        .await;
    }
    let values = |text: &str, name: &str| -> Vec<f64> {
        let lines = text.lines().filter(|line| line.starts_with(name));
        lines.map(|line| line.rsplit(' ').next().unwrap().parse().unwrap()).collect()
    };
    for (service, port) in SERVICES.iter().zip(ports) {
        eventually(service.program(), BOUND, async || {
            let text = scrape(port).await?;
            let up = values(&text, "daybook_dependency_up{");
            ensure!(!up.is_empty() && up.iter().all(|up| *up == 1.0), "{up:?}");
            ensure!(values(&text, "process_resident_memory_bytes")[0] > 1e6, "{text}");
            for level in ["daybook_projection_lag_events{", "daybook_prover_unsigned_events"] {
                ensure!(values(&text, level).iter().all(|lag| *lag == 0.0), "{level}: {text}");
            }
            Ok(())
        })
        .await;
    }
}
