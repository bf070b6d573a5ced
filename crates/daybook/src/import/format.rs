//! The format of import files. What is said here is what `daybook import --help` prints.

use clap::ValueEnum;

/// How the commands are written down.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// One JSON object a line.
    Jsonl,
    /// Comma-separated values with a header.
    Csv,
}

impl Format {
    /// As the file's name says.
    pub(crate) fn of_name(name: &str) -> Option<Self> {
        match name.rsplit_once('.')?.1.to_ascii_lowercase().as_str() {
            "jsonl" | "ndjson" | "json" => Some(Self::Jsonl),
            "csv" => Some(Self::Csv),
            _ => None,
        }
    }
}

/// The long help of `daybook import`.
pub(crate) const HELP: &str = r#"THE FILE
  JSON Lines: one object a line; every value is text, expected_version may be a number, null is the same as absent.
  CSV: the same fields as columns separated by commas, named by the header in any order; an empty cell is the same as
  absent; quoted as in RFC 4180; a record ends with CR, LF or CR LF. UTF-8. A record has at most 64 KiB. Empty lines are
  skipped. An unknown field or column is an error, so that a misspelt one does not go unnoticed, and so is a file without
  a command. A quote that is not closed, or is followed by text, ends the import: the lines after it could be inside it.

  {"command":"open_account","account_id":"alice","owner":"Alice A.","currency":"USD","overdraft_limit":"100.00"}
  {"command":"deposit","account_id":"alice","amount":"500.00","currency":"USD","reason":"salary"}
  {"command":"initiate_transfer","transfer_id":"t-1","source_account_id":"alice","destination_account_id":"bob","amount":"20","currency":"USD","actor":"ann"}
  {"command":"approve_transfer","transfer_id":"t-1","actor":"ben"}

COMMANDS AND THEIR FIELDS
  open_account       account_id, owner, currency; overdraft_limit (default 0)
  deposit            account_id, amount, currency
  withdraw           account_id, amount, currency
  charge_fee         account_id, amount, currency
  refund             account_id, amount, currency, customer
  freeze_account     account_id
  unfreeze_account   account_id
  close_account      account_id
  initiate_transfer  transfer_id, source_account_id, destination_account_id, amount, currency
  approve_transfer   transfer_id
  reject_transfer    transfer_id
  cancel_transfer    transfer_id
  execute_transfer   transfer_id

FIELDS
  command            which command, as above
  account_id, transfer_id, source_account_id, destination_account_id
                     1 to 100 of A–Z a–z 0–9 . _ : -
  amount             as people write it, "12.50"; more than zero, no more decimals than the currency has
  currency           ISO 4217 code in capitals, "USD"
  overdraft_limit    how far below zero the available balance may go, as an amount; zero or more
  owner, customer    a name, 1 to 1000 bytes; personal data
  optional, with every command:
  actor              who does it; default: --actor
  reason             why, up to 1000 bytes; personal data
  command_id         1 to 200 bytes, unique per intended effect; default: see below
  correlation_id     the business operation that it is part of, up to 200 bytes; default: the command_id
  causation_id       the message that caused it, up to 200 bytes
  expected_version   version of the account or transfer named first (initiate_transfer: the source account) that must
                     hold: a number from 1 on, "no-stream" or "stream-exists"

ORDER
  Many commands are in flight at once, but two that touch the same account or transfer are decided in the order of the
  file. approve, reject, cancel and execute touch the accounts of their transfer, too; where its initiate_transfer is
  not in this file (or was too long ago), the line waits for all before it and all after it wait for the line.
  Fastest are lines on the same account by the same actor, which follow each other without waiting; a line by another
  actor, or after a step of a transfer, waits until what is before it on the same account is answered.

WHEN A SERVER GOES AWAY
  What was sent and not answered is sent again with the same command_id, in the old order, for up to --timeout seconds;
  it has its effect once. Only a service that gave a command back after waiting for its database may have decided a later
  one on the same account before: both have their effect, or are refused, as if they stood in the other order.

RUNNING IT AGAIN
  A line without a command_id gets "line:" and a SHA-256 of --batch, its text, and how many lines before it have the same
  text. So the same file imported again has no effect twice, and is how to go on after an interruption, also after lines
  were mended, deleted or added: only a line whose text is new is a new command. Two files that may hold the same lines on
  purpose need different --batch names, or their own command_ids; lines that had their effect before are counted as such
  in the totals. A line that was refused had no effect, and is decided again.

  A file that shares most of its lines with an earlier import under another --batch is refused without --again. Known are
  the last 64 imports of files by this user, from this machine, to this --command-url; of a file with more than 4096 lines
  a sample. Not known are imports from standard input, and lines whose text was changed.

  --dry-run reads the whole file, says what is in it and which lines cannot be read, and sends nothing."#;
