//! Turns the named fields of one record into a command.
//!
//! Checked here: that the fields belong to the command and are there, that amounts and currencies can be read. What
//! they may be is for the service to say; its refusals are reported like these.

use std::fmt;

use daybook_bank::money::Currency;
use daybook_proto::v1;

use crate::client::{Actor, Command, ExpectedVersion};

/// Every field that a command may have, as files name them.
pub(super) const FIELDS: [&str; 16] = [
    "command",
    "account_id",
    "transfer_id",
    "source_account_id",
    "destination_account_id",
    "amount",
    "currency",
    "overdraft_limit",
    "owner",
    "customer",
    "actor",
    "reason",
    "command_id",
    "correlation_id",
    "causation_id",
    "expected_version",
];

/// A command that stands in a file.
#[derive(Debug)]
pub(crate) struct Line {
    /// The line that it begins on, from 1.
    pub(crate) number: u64,
    /// What to send.
    pub(crate) command: Command,
    /// Who does it; `None`: whoever imports.
    pub(crate) actor: Option<Actor>,
}

/// Why a record is no command.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct BadLine {
    /// The field that is wrong; `None`: the record as a whole.
    pub(crate) field: Option<String>,
    /// What is wrong with it.
    pub(crate) problem: String,
}

impl BadLine {
    pub(super) fn field(name: &str, problem: impl Into<String>) -> Self {
        // A name from the file may be of any length.
        Self { field: Some(name.chars().take(64).collect()), problem: problem.into() }
    }

    pub(super) fn whole(problem: impl Into<String>) -> Self {
        Self { field: None, problem: problem.into() }
    }
}

impl fmt::Display for BadLine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.field {
            Some(field) => write!(f, "`{field}` {}", self.problem),
            None => write!(f, "the line {}", self.problem),
        }
    }
}

/// The named fields of one record, each there at most once.
#[derive(Debug, Default)]
pub(super) struct Fields(Vec<(String, String)>);

impl Fields {
    pub(super) fn add(&mut self, name: String, value: String) -> Result<(), BadLine> {
        if self.0.iter().any(|(known, _)| *known == name) {
            return Err(BadLine::field(&name, "is there twice"));
        }
        self.0.push((name, value));
        Ok(())
    }

    fn take(&mut self, name: &str) -> Option<String> {
        let index = self.0.iter().position(|(known, _)| known == name)?;
        Some(self.0.swap_remove(index).1)
    }

    fn require(&mut self, name: &str) -> Result<String, BadLine> {
        self.take(name).ok_or_else(|| BadLine::field(name, "is missing"))
    }

    fn or_empty(&mut self, name: &str) -> String {
        self.take(name).unwrap_or_default()
    }

    fn currency(&mut self) -> Result<Currency, BadLine> {
        let code = self.require("currency")?;
        code.parse().map_err(|error| BadLine::field("currency", format!("is wrong: {error}")))
    }

    fn money(&mut self) -> Result<Option<v1::Money>, BadLine> {
        let amount = self.require("amount")?;
        let currency = self.currency()?;
        let minor_units = minor_units("amount", &amount, currency)?;
        Ok(Some(v1::Money { minor_units, currency: currency.code().to_owned() }))
    }

    /// What nobody asked for.
    fn finish(self, command: &str) -> Result<(), BadLine> {
        match self.0.first() {
            Some((name, _)) => Err(BadLine::field(name, format!("does not belong to {command}"))),
            None => Ok(()),
        }
    }
}

fn minor_units(field: &str, amount: &str, currency: Currency) -> Result<i64, BadLine> {
    currency
        .parse_minor_units(amount)
        .map_err(|error| BadLine::field(field, format!("is wrong: {error}")))
}

/// Makes the command. `derived_id` gives the command_id where the record names none.
pub(super) fn read(
    number: u64,
    mut fields: Fields,
    derived_id: impl FnOnce() -> String,
) -> Result<Line, BadLine> {
    let name = fields.require("command")?;
    let actor = fields
        .take("actor")
        .map(|name| name.parse().map_err(|problem: String| BadLine::field("actor", problem)))
        .transpose()?;
    let context = Some(context(&mut fields, derived_id)?);
    let command = command(&name, context, &mut fields)?;
    fields.finish(&name)?;
    Ok(Line { number, command, actor })
}

fn context(
    fields: &mut Fields,
    derived: impl FnOnce() -> String,
) -> Result<v1::CommandContext, BadLine> {
    let expected_version = fields
        .take("expected_version")
        .map(|text| text.parse::<ExpectedVersion>().map(Into::into))
        .transpose()
        .map_err(|problem| BadLine::field("expected_version", problem))?;
    Ok(v1::CommandContext {
        command_id: fields.take("command_id").unwrap_or_else(derived),
        correlation_id: fields.or_empty("correlation_id"),
        causation_id: fields.or_empty("causation_id"),
        reason: fields.or_empty("reason"),
        expected_version,
    })
}

fn command(
    name: &str,
    context: Option<v1::CommandContext>,
    fields: &mut Fields,
) -> Result<Command, BadLine> {
    if let Some(command) = account_command(name, &context, fields)? {
        return Ok(command);
    }
    if name == "initiate_transfer" {
        return Ok(Command::InitiateTransfer(v1::InitiateTransferRequest {
            context,
            source_account_id: fields.require("source_account_id")?,
            transfer_id: fields.require("transfer_id")?,
            destination_account_id: fields.require("destination_account_id")?,
            amount: fields.money()?,
        }));
    }
    type Step = fn(Option<v1::CommandContext>, String) -> Command;
    let step: Step = match name {
        "approve_transfer" => |context, transfer_id| {
            Command::ApproveTransfer(v1::ApproveTransferRequest { context, transfer_id })
        },
        "reject_transfer" => |context, transfer_id| {
            Command::RejectTransfer(v1::RejectTransferRequest { context, transfer_id })
        },
        "cancel_transfer" => |context, transfer_id| {
            Command::CancelTransfer(v1::CancelTransferRequest { context, transfer_id })
        },
        "execute_transfer" => |context, transfer_id| {
            Command::ExecuteTransfer(v1::ExecuteTransferRequest { context, transfer_id })
        },
        unknown => {
            let unknown: String = unknown.chars().take(64).collect();
            return Err(BadLine::field("command", format!("is unknown: `{unknown}`")));
        }
    };
    Ok(step(context, fields.require("transfer_id")?))
}

/// The commands to one account; `None` where the name is another.
fn account_command(
    name: &str,
    context: &Option<v1::CommandContext>,
    fields: &mut Fields,
) -> Result<Option<Command>, BadLine> {
    let context = context.clone();
    let mut account_id = || fields.require("account_id");
    Ok(Some(match name {
        "open_account" => open_account(context, account_id()?, fields)?,
        "deposit" => Command::Deposit(v1::DepositRequest {
            context,
            account_id: account_id()?,
            amount: fields.money()?,
        }),
        "withdraw" => Command::Withdraw(v1::WithdrawRequest {
            context,
            account_id: account_id()?,
            amount: fields.money()?,
        }),
        "charge_fee" => Command::ChargeFee(v1::ChargeFeeRequest {
            context,
            account_id: account_id()?,
            amount: fields.money()?,
        }),
        "refund" => Command::Refund(v1::RefundRequest {
            context,
            account_id: account_id()?,
            amount: fields.money()?,
            customer: fields.require("customer")?,
        }),
        "freeze_account" => {
            Command::FreezeAccount(v1::FreezeAccountRequest { context, account_id: account_id()? })
        }
        "unfreeze_account" => Command::UnfreezeAccount(v1::UnfreezeAccountRequest {
            context,
            account_id: account_id()?,
        }),
        "close_account" => {
            Command::CloseAccount(v1::CloseAccountRequest { context, account_id: account_id()? })
        }
        _ => return Ok(None),
    }))
}

fn open_account(
    context: Option<v1::CommandContext>,
    account_id: String,
    fields: &mut Fields,
) -> Result<Command, BadLine> {
    let owner = fields.require("owner")?;
    let currency = fields.currency()?;
    let limit = fields.take("overdraft_limit").unwrap_or_else(|| "0".to_owned());
    Ok(Command::OpenAccount(v1::OpenAccountRequest {
        context,
        account_id,
        owner,
        currency: currency.code().to_owned(),
        overdraft_limit_minor_units: minor_units("overdraft_limit", &limit, currency)?,
    }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::import::{csv, jsonl};

    fn line(text: &str) -> Result<Line, BadLine> {
        read(1, jsonl::fields(text.as_bytes())?, || "derived".to_owned())
    }

    fn problem(text: &str) -> String {
        line(text).unwrap_err().to_string()
    }

    #[test]
    fn every_field_reaches_the_command() {
        let line = line(
            r#"{"command":"refund","account_id":"a","amount":"12.5","currency":"USD","customer":"C",
            "command_id":"c-1","actor":"ann","reason":"r","correlation_id":"k","causation_id":"l","expected_version":3}"#,
        )
        .unwrap();
        assert!(line.actor.is_some());
        let Command::Refund(refund) = line.command else { panic!("not a refund") };
        assert_eq!(
            refund.amount,
            Some(v1::Money { minor_units: 1250, currency: "USD".to_owned() })
        );
        assert_eq!((refund.account_id.as_str(), refund.customer.as_str()), ("a", "C"));
        let context = refund.context.unwrap();
        assert_eq!(context.command_id, "c-1");
        assert_eq!((context.reason.as_str(), context.correlation_id.as_str()), ("r", "k"));
        assert_eq!(context.causation_id, "l");
        assert_eq!(context.expected_version, Some(ExpectedVersion::Exact(3).into()));
    }

    #[test]
    fn csv_and_json_lines_make_the_same_command() {
        let cells = |row: &[&str]| row.iter().map(|cell| cell.as_bytes().to_vec()).collect();
        let header =
            ["command", "account_id", "owner", "currency", "overdraft_limit", "command_id"];
        let header = csv::Header::read(cells(&header)).unwrap();
        let row = cells(&["open_account", "a", "Lee, Ann", "JPY", "100", "c"]);
        let from_csv = read(2, header.fields(row).unwrap(), String::new).unwrap();
        let json = r#"{"command":"open_account","account_id":"a","owner":"Lee, Ann","currency":"JPY",
            "overdraft_limit":"100","command_id":"c"}"#;
        assert_eq!(from_csv.command, line(json).unwrap().command);
    }

    #[test]
    fn what_is_wrong_is_said_with_the_field() {
        let deposit =
            |rest: &str| problem(&format!(r#"{{"command":"deposit","account_id":"a"{rest}}}"#));
        assert_eq!(deposit(""), "`amount` is missing");
        assert_eq!(deposit(r#","amount":"1""#), "`currency` is missing");
        assert!(deposit(r#","amount":"1.234","currency":"USD""#).starts_with("`amount` is wrong"));
        assert!(deposit(r#","amount":1.5,"currency":"USD""#).starts_with("`amount` must be text"));
        assert!(deposit(r#","amount":"1","currency":"usd""#).starts_with("`currency` is wrong"));
        assert_eq!(
            deposit(r#","amount":"1","currency":"USD","owner":"x""#),
            "`owner` does not belong to deposit"
        );
        assert_eq!(deposit(r#","account_id":"b""#), "`account_id` is there twice");
        assert_eq!(problem(r#"{"command":"fly"}"#), "`command` is unknown: `fly`");
        assert_eq!(problem("{}"), "`command` is missing");
        assert!(problem("[1]").starts_with("the line is not a JSON object"));
        assert!(problem("{} {}").starts_with("the line is not a JSON object"));
    }
}
