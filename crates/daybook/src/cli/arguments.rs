//! Flags that several verbs share.

use clap::Args;
use clap::builder::PossibleValuesParser;
use daybook_bank::money::Currency;
use daybook_core::event::EventPayload as _;
use daybook_domains::DaybookEvent;
use daybook_proto::v1;

use crate::client::ExpectedVersion;
use crate::commands::Session;
use crate::failure::Failure;

/// What every command takes beside its own arguments.
#[derive(Debug, Clone, Default, Args)]
#[command(next_help_heading = "Every command")]
pub(crate) struct CommandArgs {
    /// Why, in your own words; recorded with the event. Treated as personal data.
    #[arg(long, value_name = "TEXT")]
    reason: Option<String>,

    /// An id for this command, unique per intended effect: sent again, it has no second effect. Default: a new UUID.
    #[arg(long, value_name = "ID")]
    command_id: Option<String>,

    /// The id of the business operation that this is part of. Default: the command's id.
    #[arg(long, value_name = "ID")]
    correlation_id: Option<String>,

    /// The id of the message that directly caused this.
    #[arg(long, value_name = "ID")]
    causation_id: Option<String>,

    /// Only if this is the version of the account or transfer that is named first: a number, `no-stream` or
    /// `stream-exists`. Default: whatever it is.
    #[arg(long, value_name = "VERSION")]
    expected_version: Option<ExpectedVersion>,
}

impl CommandArgs {
    /// As the service takes it.
    pub(crate) fn context(&self) -> v1::CommandContext {
        let text = |option: &Option<String>| option.clone().unwrap_or_default();
        v1::CommandContext {
            command_id: text(&self.command_id),
            correlation_id: text(&self.correlation_id),
            causation_id: text(&self.causation_id),
            reason: text(&self.reason),
            expected_version: self.expected_version.map(Into::into),
        }
    }
}

/// An amount of money on an account.
#[derive(Debug, Clone, Args)]
pub(crate) struct AmountArgs {
    /// How much, with the decimals of the currency at most: 237.50
    #[arg(allow_negative_numbers = true)]
    amount: String,

    /// Of which currency, ISO 4217. Default: the account's, which is then asked for.
    #[arg(long, value_name = "CODE")]
    currency: Option<Currency>,
}

impl AmountArgs {
    /// The amount in minor units; in the currency of `account_id` where none was given.
    pub(crate) async fn read(
        &self,
        session: &Session,
        account_id: &str,
    ) -> Result<v1::Money, Failure> {
        let currency = match self.currency {
            Some(currency) => currency,
            None => currency_of(session, account_id).await?,
        };
        let minor_units = currency
            .parse_minor_units(&self.amount)
            .map_err(|error| Failure::Usage(format!("amount: {error}")))?;
        Ok(v1::Money { minor_units, currency: currency.code().to_owned() })
    }
}

/// An account that was opened just now, by anybody, has its currency too.
async fn currency_of(session: &Session, account_id: &str) -> Result<Currency, Failure> {
    let min_position = session.all_written().await?;
    let question = v1::GetAccountRequest { account_id: account_id.to_owned(), min_position };
    let account = session.query.account(&question).await?.account.unwrap_or_default();
    account.currency.parse().map_err(|error| {
        Failure::Usage(format!("the currency of account `{account_id}`: {error}; use --currency"))
    })
}

/// What every question about a read model takes.
#[derive(Debug, Clone, Copy, Args)]
pub(crate) struct QueryArgs {
    /// Wait until the answer reflects the log up to this position, such as that of a receipt. 0: do not wait. Default:
    /// the position of your own last command on this log.
    #[arg(long, value_name = "POSITION")]
    #[arg(value_parser = clap::value_parser!(i64).range(0..))]
    pub(crate) min_position: Option<i64>,
}

/// The types of events, of which a misspelt one would find nothing.
pub(crate) fn event_types() -> PossibleValuesParser {
    PossibleValuesParser::new(DaybookEvent::EVENT_TYPES)
}

/// What every list takes.
#[derive(Debug, Clone, Copy, Args)]
pub(crate) struct PageArgs {
    /// Show at most this many. Default: all.
    #[arg(long, value_name = "COUNT")]
    pub(crate) limit: Option<u64>,

    #[command(flatten)]
    pub(crate) query: QueryArgs,
}
