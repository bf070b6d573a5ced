//! The proof that no cent was lost: for every account, what the file says must stand on it, what the events in the log
//! add up to, and what the read model shows.
//!
//! Nothing is taken from one side to help the other: the book was kept from the file alone, the log is added up event by
//! event, the read model is only read.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::Context;
use daybook_bank::money::Currency;
use daybook_proto::v1;
use serde::Serialize;
use serde_json::Value;
use tokio::task::JoinSet;

use super::Standing;
use crate::client::{Pages, QueryClient};
use crate::failure::Failure;
use crate::output::{Row, amount_text};

/// Accounts whose history is read at once.
const READERS: usize = 8;

type Standings = BTreeMap<String, Standing>;

/// The three sides, compared.
#[derive(Debug)]
pub(crate) struct Proof {
    /// One row a currency.
    pub(crate) totals: Vec<Total>,
    /// Accounts compared.
    pub(crate) accounts: usize,
    /// Those on which the three do not agree, in words.
    pub(crate) differences: Vec<String>,
}

/// The sums in one currency.
#[derive(Debug, Default, Serialize)]
pub(crate) struct Total {
    currency: String,
    accounts: u64,
    file: String,
    log: String,
    read_model: String,
    held: String,
    equal: bool,
}

/// Waits until the read models reflect `min_position`, and compares.
pub(crate) async fn prove(
    query: &QueryClient,
    file: &Standings,
    min_position: i64,
) -> Result<Proof, Failure> {
    let read_model = read_model(query, min_position).await?;
    let names: BTreeSet<String> = file.keys().chain(read_model.keys()).cloned().collect();
    let log = add_up(query, &names).await?;
    let difference = |id: &String| {
        let sides = [file.get(id), log.get(id), read_model.get(id)];
        (sides[0] != sides[1] || sides[1] != sides[2]).then(|| format!("{id}: {sides:?}"))
    };
    Ok(Proof {
        totals: totals(file, &log, &read_model),
        accounts: names.len(),
        differences: names.iter().filter_map(difference).collect(),
    })
}

async fn read_model(query: &QueryClient, min_position: i64) -> Result<Standings, Failure> {
    let mut standings = Standings::new();
    let mut pages = Pages::new(None);
    while let Some((page_size, page_token)) = pages.next() {
        let question =
            v1::ListAccountsRequest { page_size, page_token, min_position, ..Default::default() };
        let page = query.accounts(&question).await?;
        pages.advance(page.accounts.len(), page.next_page_token);
        for account in page.accounts {
            let standing = Standing {
                currency: currency(&account.currency)?,
                balance: account.balance_minor_units.into(),
                held: account.held_minor_units.into(),
            };
            standings.insert(account.account_id, standing);
        }
    }
    Ok(standings)
}

/// Adds up the log, some accounts at a time.
async fn add_up(query: &QueryClient, names: &BTreeSet<String>) -> Result<Standings, Failure> {
    let mut standings = Standings::new();
    let mut readers = JoinSet::new();
    let mut names = names.iter();
    loop {
        while readers.len() < READERS
            && let Some(id) = names.next()
        {
            let (query, id) = (query.clone(), id.clone());
            readers.spawn(async move { (add_up_one(&query, &id).await, id) });
        }
        let Some(read) = readers.join_next().await else { return Ok(standings) };
        let (standing, id) = read.context("read an account's history")?;
        if let Some(standing) = standing? {
            standings.insert(id, standing);
        }
    }
}

async fn add_up_one(query: &QueryClient, id: &str) -> Result<Option<Standing>, Failure> {
    let mut standing = None;
    let mut pages = Pages::new(None);
    while let Some((page_size, page_token)) = pages.next() {
        let stream_id = format!("account-{id}");
        let question =
            v1::GetEventHistoryRequest { stream_id, page_size, page_token, ..Default::default() };
        let page = query.history(&question).await?;
        pages.advance(page.events.len(), page.next_page_token);
        for event in page.events {
            add(&mut standing, &event)
                .with_context(|| format!("read the event at position {}", event.position))?;
        }
    }
    Ok(standing)
}

/// Adds one event's own amount; the balance that it carries is not looked at.
fn add(standing: &mut Option<Standing>, event: &v1::Event) -> anyhow::Result<()> {
    let data: Value = serde_json::from_str(&event.data_json)?;
    if event.event_type == "account-opened" {
        let code = data["currency"].as_str().context("no currency")?;
        *standing = Some(Standing { currency: code.parse()?, balance: 0, held: 0 });
        return Ok(());
    }
    let standing = standing.as_mut().context("an event before the account was opened")?;
    let amount = || data["amount"]["minor_units"].as_i64().map(i128::from).context("no amount");
    match event.event_type.as_str() {
        "money-deposited" | "transfer-credited" => standing.balance += amount()?,
        "money-withdrawn" | "fee-charged" | "money-refunded" | "transfer-debited" => {
            standing.balance -= amount()?;
        }
        "funds-held" => standing.held += amount()?,
        "hold-released" => standing.held -= amount()?,
        "account-frozen" | "account-unfrozen" | "account-closed" => {}
        unknown => anyhow::bail!("unknown event type `{unknown}`"),
    }
    Ok(())
}

fn totals(file: &Standings, log: &Standings, read_model: &Standings) -> Vec<Total> {
    let currencies: BTreeSet<Currency> =
        [file, log, read_model].iter().flat_map(|side| side.values()).map(|s| s.currency).collect();
    let sum = |side: &Standings, currency: Currency, what: fn(&Standing) -> i128| -> i128 {
        side.values().filter(|s| s.currency == currency).map(what).sum()
    };
    let total = |currency: Currency| {
        let sums = [file, log, read_model].map(|side| sum(side, currency, |s| s.balance));
        let held = [file, log, read_model].map(|side| sum(side, currency, |s| s.held));
        let text = |minor_units: i128| amount_text(minor_units, currency.code());
        let accounts = read_model.values().filter(|s| s.currency == currency).count();
        Total {
            currency: currency.code().to_owned(),
            accounts: u64::try_from(accounts).unwrap_or(u64::MAX),
            file: text(sums[0]),
            log: text(sums[1]),
            read_model: text(sums[2]),
            held: text(held[2]),
            equal: [sums, held].iter().all(|s| s[0] == s[1] && s[1] == s[2]),
        }
    };
    currencies.into_iter().map(total).collect()
}

fn currency(code: &str) -> Result<Currency, Failure> {
    code.parse().map_err(|error| Failure::Other(anyhow::Error::new(error)))
}

impl Row for Total {
    const COLUMNS: &'static [&'static str] = &[
        "currency",
        ">accounts",
        ">sum over the file",
        ">sum over the log",
        ">sum of the read model",
        ">of it held",
        "equal",
    ];

    fn cells(&self) -> Vec<String> {
        vec![
            self.currency.clone(),
            self.accounts.to_string(),
            self.file.clone(),
            self.log.clone(),
            self.read_model.clone(),
            self.held.clone(),
            if self.equal { "yes" } else { "NO" }.to_owned(),
        ]
    }
}
