//! Writes a file of realistic commands from a seed, and knows what must come of it.
//!
//! The same seed and number give the same bytes. A few commands in a hundred must be refused: too much money, frozen or
//! closed accounts, wrong currencies, unknown ids, one's own approval, steps in the wrong order.

mod chance;
mod written;

use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, Write};

use daybook_bank::money::Currency;

use self::chance::Chance;
use self::written::Written;
use super::book::{Account, Book, Standing, Status, Step, Wish};

/// What must come of a generated file.
#[derive(Debug)]
pub(crate) struct Expected {
    /// Lines in it.
    pub(crate) lines: u64,
    /// The numbers of those that must be refused.
    pub(crate) refused: BTreeSet<u64>,
    /// What stands on each account in the end.
    pub(crate) standings: BTreeMap<String, Standing>,
}

/// Writes `lines` commands.
pub(crate) fn generate(seed: u64, lines: u64, out: impl Write) -> io::Result<Expected> {
    let mut author = Author {
        chance: Chance::new(seed),
        seed,
        book: Book::default(),
        accounts: Vec::new(),
        pending: Vec::new(),
        transfers: 0,
        lines: 0,
        refused: BTreeSet::new(),
        out,
    };
    // About forty commands an account: enough for balances to move, enough accounts to be busy in parallel.
    let accounts = (lines / 40).clamp(10, 2000);
    for number in 1..=accounts {
        author.open_account(number)?;
    }
    while author.lines < lines {
        author.go_on()?;
    }
    author.out.flush()?;
    let standings = author.book.accounts.iter().map(|(id, a)| (id.clone(), a.standing)).collect();
    Ok(Expected { lines: author.lines, refused: author.refused, standings })
}

struct Author<W> {
    chance: Chance,
    seed: u64,
    book: Book,
    accounts: Vec<String>,
    /// Transfers that are not over.
    pending: Vec<String>,
    transfers: u64,
    lines: u64,
    refused: BTreeSet<u64>,
    out: W,
}

impl<W: Write> Author<W> {
    fn open_account(&mut self, number: u64) -> io::Result<()> {
        let account = format!("acc-{}-{number:04}", self.seed);
        let currency = self.chance.currency();
        // Every tenth may go below zero.
        let overdraft_limit =
            if self.chance.percent(10) { self.chance.amount(currency, 500) } else { 0 };
        self.accounts.push(account.clone());
        let wish = Wish::Open { account: account.clone(), currency, overdraft_limit };
        self.write("open_account", wish, "registry", "new customer")?;
        let amount = self.chance.amount(currency, 5000);
        let wish = Wish::PutIn { account, currency, amount };
        self.write("deposit", wish, "teller-tom", "first deposit")
    }

    /// One more thing that happens on an ordinary day.
    fn go_on(&mut self) -> io::Result<()> {
        match self.chance.below(100) {
            0..30 => self.deposit(),
            30..48 => self.debit("withdraw", "teller-tom", "cash"),
            48..58 => self.debit("charge_fee", "billing", "monthly fee"),
            58..66 => self.debit("refund", "support-sue", "returned goods"),
            66..78 => self.initiate(),
            78..95 => self.advance_transfer(),
            95..97 => self.freeze_or_unfreeze(),
            _ => self.blunder(),
        }
    }

    fn deposit(&mut self) -> io::Result<()> {
        let (account, currency, _) = self.some_account();
        let amount = self.chance.amount(currency, 900);
        self.write("deposit", Wish::PutIn { account, currency, amount }, "teller-tom", "salary")
    }

    fn debit(&mut self, command: &'static str, actor: &str, reason: &str) -> io::Result<()> {
        let (account, currency, available) = self.some_account();
        let amount = match command {
            "charge_fee" => self.chance.amount(currency, 15),
            _ => self.chance.spend(currency, available),
        };
        self.write(command, Wish::TakeOut { account, currency, amount }, actor, reason)
    }

    fn initiate(&mut self) -> io::Result<()> {
        let (source, currency, available) = self.some_account();
        let (destination, ..) = self.partner(&source, currency);
        let amount = self.chance.spend(currency, available);
        let transfer = self.new_transfer_id();
        self.pending.push(transfer.clone());
        let wish = Wish::Initiate { transfer, source, destination, currency, amount };
        let clerk = self.chance.clerk();
        self.write("initiate_transfer", wish, clerk, "invoice")
    }

    /// The next step of a transfer that waits; most often the right one.
    fn advance_transfer(&mut self) -> io::Result<()> {
        if self.pending.is_empty() {
            return self.initiate();
        }
        let index = self.chance.index(self.pending.len());
        let transfer = self.pending[index].clone();
        let Some(known) = self.book.transfers.get(&transfer).filter(|t| t.step != Step::Over)
        else {
            self.pending.swap_remove(index);
            return self.flog_a_dead_horse(transfer);
        };
        let initiator = known.initiator.clone();
        let other = self.chance.clerk_other_than(&initiator);
        match (known.step, self.chance.below(100)) {
            (Step::Initiated, 0..80) => {
                self.write("approve_transfer", Wish::Approve { transfer }, other, "checked")
            }
            (Step::Initiated, 80..84) => {
                self.write("approve_transfer", Wish::Approve { transfer }, &initiator, "in a hurry")
            }
            (Step::Initiated, 84..88) => {
                self.write("execute_transfer", Wish::Execute { transfer }, other, "")
            }
            (Step::Initiated, 88..96) => {
                self.write("reject_transfer", Wish::Reject { transfer }, other, "not plausible")
            }
            (Step::Approved, 0..92) => {
                self.write("execute_transfer", Wish::Execute { transfer }, "night-run", "due")
            }
            _ => {
                self.write("cancel_transfer", Wish::Cancel { transfer }, &initiator, "typed wrong")
            }
        }
    }

    /// A transfer that is over, or never began: now and then somebody tries all the same, and is refused.
    fn flog_a_dead_horse(&mut self, transfer: String) -> io::Result<()> {
        match self.chance.below(20) {
            0 => self.write("execute_transfer", Wish::Execute { transfer }, "night-run", "again"),
            1 => self.write("approve_transfer", Wish::Approve { transfer }, "clerk-ben", "again"),
            _ => self.initiate(),
        }
    }

    fn freeze_or_unfreeze(&mut self) -> io::Result<()> {
        let (account, ..) = self.some_account();
        // A frozen account is let go again at the next chance, so that few are frozen at a time.
        let frozen = self.book.accounts.iter().find(|(_, a)| a.status == Status::Frozen);
        match frozen.map(|(id, _)| id.clone()) {
            Some(account) => {
                self.write("unfreeze_account", Wish::Unfreeze { account }, "compliance", "cleared")
            }
            None => {
                self.write("freeze_account", Wish::Freeze { account }, "compliance", "under review")
            }
        }
    }

    /// What must be refused.
    fn blunder(&mut self) -> io::Result<()> {
        let (account, currency, available) = self.some_account();
        let too_much = i64::try_from(available.max(0)).unwrap_or(i64::MAX / 2) + 1;
        match self.chance.below(5) {
            0 => {
                let wish = Wish::TakeOut { account, currency, amount: too_much };
                self.write("withdraw", wish, "teller-tom", "a large purchase")
            }
            1 => {
                let other = if currency.code() == "USD" { "EUR" } else { "USD" };
                let currency = other.parse().expect("a code of ISO 4217");
                let wish = Wish::PutIn { account, currency, amount: 100 };
                self.write("deposit", wish, "teller-tom", "foreign cash")
            }
            2 => {
                let account = format!("nobody-{}", self.chance.below(1000));
                let wish = Wish::PutIn { account, currency, amount: 100 };
                self.write("deposit", wish, "teller-tom", "typed wrong")
            }
            3 => {
                let wish = Wish::Open { account, currency, overdraft_limit: 0 };
                self.write("open_account", wish, "registry", "new customer")
            }
            _ => self.write("close_account", Wish::Close { account }, "registry", "moved away"),
        }
    }

    fn some_account(&mut self) -> (String, Currency, i128) {
        let index = self.chance.index(self.accounts.len());
        self.details(index)
    }

    /// An account that takes the currency, where one is found soon.
    fn partner(&mut self, source: &str, currency: Currency) -> (String, Currency, i128) {
        let first = self.chance.index(self.accounts.len());
        let around = (0..self.accounts.len()).map(|step| (first + step) % self.accounts.len());
        let fits = |index: &usize| {
            let id = &self.accounts[*index];
            id != source && self.book.accounts[id].standing.currency == currency
        };
        let index = around.clone().find(fits).unwrap_or(first);
        self.details(index)
    }

    fn details(&self, index: usize) -> (String, Currency, i128) {
        let id = self.accounts[index].clone();
        let account: &Account = &self.book.accounts[&id];
        (id, account.standing.currency, account.available())
    }

    fn new_transfer_id(&mut self) -> String {
        self.transfers += 1;
        format!("tr-{}-{:05}", self.seed, self.transfers)
    }

    fn write(
        &mut self,
        command: &'static str,
        wish: Wish,
        actor: &str,
        reason: &str,
    ) -> io::Result<()> {
        self.lines += 1;
        let command_id = format!("demo-{}-{}", self.seed, self.lines);
        let customer = self.chance.person();
        let line = Written::new(command, &wish, customer, actor, reason, command_id);
        serde_json::to_writer(&mut self.out, &line)?;
        self.out.write_all(b"\n")?;
        if self.book.enter(&wish, actor).is_none() {
            self.refused.insert(self.lines);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use sha2::{Digest, Sha256};

    use super::*;

    fn file(seed: u64, lines: u64) -> (Vec<u8>, Expected) {
        let mut bytes = Vec::new();
        let expected = generate(seed, lines, &mut bytes).unwrap();
        (bytes, expected)
    }

    #[test]
    fn the_same_seed_gives_the_same_bytes_and_another_seed_others() {
        assert_eq!(file(7, 2000).0, file(7, 2000).0);
        assert_ne!(file(7, 2000).0, file(8, 2000).0);
    }

    #[test]
    fn some_commands_must_be_refused_and_most_must_not() {
        let (bytes, expected) = file(1, 10_000);
        let lines = bytes.iter().filter(|&&byte| byte == b'\n').count();
        assert_eq!((lines, expected.lines), (10_000, 10_000));
        let refused = expected.refused.len();
        assert!((300..1500).contains(&refused), "{refused} refused");
        assert!(expected.standings.len() >= 200);
    }

    #[test]
    fn every_kind_of_command_occurs() {
        let text = String::from_utf8(file(1, 10_000).0).unwrap();
        for command in [
            "open_account",
            "deposit",
            "withdraw",
            "charge_fee",
            "refund",
            "freeze_account",
            "unfreeze_account",
            "close_account",
            "initiate_transfer",
            "approve_transfer",
            "reject_transfer",
            "cancel_transfer",
            "execute_transfer",
        ] {
            assert!(text.contains(&format!(r#""command":"{command}""#)), "{command}");
        }
    }

    /// A seed that somebody wrote down must give the same file for ever. Changing the generator on purpose changes this
    /// number; anything else that changes it is an error.
    #[test]
    fn the_bytes_of_a_seed_are_pinned() {
        let digest = Sha256::digest(file(1, 1000).0);
        assert_eq!(
            format!("{:02x}{:02x}{:02x}{:02x}", digest[0], digest[1], digest[2], digest[3]),
            "d05e50a4"
        );
    }
}
