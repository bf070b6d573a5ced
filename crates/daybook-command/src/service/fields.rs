//! Fields that many requests share, each checked here, with an error that names it and says what would be right.

use std::borrow::Cow;
use std::net::IpAddr;

use daybook_bank::account::AccountId;
use daybook_bank::money::{Currency, Money};
use daybook_bank::transfer::TransferId;
use daybook_core::ids::{
    Actor, CausationId, CommandId, CorrelationId, InvalidId, Position, Version,
};
use daybook_core::metadata::Metadata;
use daybook_core::partition::{PARTITION_COUNT_MAX, Partition};
use daybook_core::personal::Personal;
use daybook_core::projection::{EventPlace, ProjectionName};
use daybook_core::stream::ExpectedVersion;
use daybook_core::subject::SubjectId;
use daybook_proto::v1 as proto;
use daybook_proto::v1::expected_version::Kind;
use daybook_runtime::accept::ConnectionInfo;
use daybook_runtime::ids;
use daybook_runtime::status::{error, invalid_argument};
use percent_encoding::percent_decode_str;
use tonic::metadata::{AsciiMetadataValue as AsciiValue, MetadataMap};
use tonic::{Code, Request, Status};

/// Who does it, percent-encoded as in URLs; required on every call.
const ACTOR_HEADER: &str = "x-daybook-actor";
/// W3C trace context; optional.
const TRACE_HEADER: &str = "traceparent";
/// Longest trace context that is recorded, in bytes; the standard's own has 55.
const TRACE_BYTES_MAX: usize = 128;

/// Who sends, as the call itself tells.
#[derive(Clone)]
pub(super) struct Sender {
    actor: Actor,
    ip: Option<IpAddr>,
    traceparent: Option<String>,
}

impl Sender {
    pub(super) fn of<R>(request: &Request<R>) -> Result<Self, Status> {
        let connection = request.extensions().get::<ConnectionInfo>();
        Ok(Self {
            actor: actor(request.metadata())?,
            ip: connection.map(|connection| connection.peer().ip()),
            traceparent: traceparent(request.metadata()),
        })
    }
}

/// Who asks, and what was said beside the command.
pub(super) struct Caller {
    pub(super) metadata: Metadata,
    pub(super) expected_version: ExpectedVersion,
    /// Whether the command id is the caller's own.
    pub(super) gave_command_id: bool,
}

impl Caller {
    pub(super) fn new(sender: Sender, context: proto::CommandContext) -> Result<Self, Status> {
        let gave_command_id = !context.command_id.is_empty();
        let command_id = if gave_command_id {
            CommandId::fresh(&context.command_id).map_err(wrong("context.command_id"))?
        } else {
            CommandId::new(ids::time_ordered().to_string()).map_err(wrong("context.command_id"))?
        };
        let correlation_id = match optional(&context.correlation_id) {
            Some(id) => CorrelationId::fresh(id).map_err(wrong("context.correlation_id"))?,
            None => CorrelationId::new(command_id.as_str()).map_err(wrong("context.command_id"))?,
        };
        let causation_id = optional(&context.causation_id)
            .map(|id| CausationId::fresh(id).map_err(wrong("context.causation_id")))
            .transpose()?;
        let reason = optional(&context.reason)
            .map(|text| Personal::new(text).map_err(wrong("context.reason")))
            .transpose()?;
        let expected_version = expected_version(context.expected_version)?;
        let Sender { actor, ip, traceparent } = sender;
        let metadata =
            Metadata { actor, correlation_id, causation_id, command_id, reason, ip, traceparent };
        Ok(Self { metadata, expected_version, gave_command_id })
    }
}

fn actor(headers: &MetadataMap) -> Result<Actor, Status> {
    let unauthenticated = |what: &str| {
        let message = format!("the request header `{ACTOR_HEADER}` {what}");
        error(Code::Unauthenticated, "NO_ACTOR", message, Vec::new())
    };
    let mut given = headers.get_all(ACTOR_HEADER).iter();
    let header = given.next().ok_or_else(|| unauthenticated("is missing: it says who does it"))?;
    if given.next().is_some() {
        // Of two, one may be the caller's own and one that of a gateway: neither is believed.
        return Err(unauthenticated("is there more than once"));
    }
    let text = header.to_str().map_err(|_| unauthenticated("must be visible ASCII"))?;
    let name = decoded(text).map_err(unauthenticated)?;
    if name.trim() != name {
        // Two actors that look alike could approve for each other.
        return Err(unauthenticated("must not begin or end with a space"));
    }
    Actor::normalised(&name).map_err(|reason| unauthenticated(&reason.to_string()))
}

/// A name as it was before it was percent-encoded.
fn decoded(text: &str) -> Result<Cow<'_, str>, &'static str> {
    let is_code = |rest: &str| {
        let digits = rest.as_bytes().first_chunk::<2>();
        digits.is_some_and(|digits| digits.iter().all(u8::is_ascii_hexdigit))
    };
    if !text.split('%').skip(1).all(is_code) {
        return Err("has a % without two hexadecimal digits behind it; %25 stands for itself");
    }
    percent_decode_str(text).decode_utf8().map_err(|_| "is not percent-encoded UTF-8")
}

/// A trace context that cannot be one is not worth refusing a command for. Of two, as the standard says, neither counts.
fn traceparent(headers: &MetadataMap) -> Option<String> {
    let text = only(headers, TRACE_HEADER)?.to_str().ok()?;
    (text.len() <= TRACE_BYTES_MAX).then(|| text.to_owned())
}

/// The value of a header that is there once.
pub(super) fn only<'a>(headers: &'a MetadataMap, name: &'static str) -> Option<&'a AsciiValue> {
    let mut given = headers.get_all(name).iter();
    given.next().filter(|_| given.next().is_none())
}

fn expected_version(expected: Option<proto::ExpectedVersion>) -> Result<ExpectedVersion, Status> {
    let refused = |field: &str, what: &str| Err(invalid_argument(field, what));
    match expected.and_then(|expected| expected.kind) {
        None => Ok(ExpectedVersion::Any),
        Some(Kind::NoStream(true)) => Ok(ExpectedVersion::NoStream),
        Some(Kind::StreamExists(true)) => Ok(ExpectedVersion::StreamExists),
        Some(Kind::NoStream(false)) => {
            refused("context.expected_version.no_stream", "must be true or absent")
        }
        Some(Kind::StreamExists(false)) => {
            refused("context.expected_version.stream_exists", "must be true or absent")
        }
        Some(Kind::Exact(version)) => match Version::new(version) {
            Ok(version) if version > Version::ZERO => Ok(ExpectedVersion::Exact(version)),
            _ => refused(
                "context.expected_version.exact",
                &format!(
                    "is {version}, must be 1 or more; for a stream without events use no_stream"
                ),
            ),
        },
    }
}

pub(super) fn account_id(field: &'static str, text: &str) -> Result<AccountId, Status> {
    AccountId::new(text).map_err(wrong(field))
}

pub(super) fn transfer_id(text: &str) -> Result<TransferId, Status> {
    TransferId::new(text).map_err(wrong("transfer_id"))
}

pub(super) fn subject_id(text: &str) -> Result<SubjectId, Status> {
    SubjectId::new(text).map_err(wrong("subject_id"))
}

pub(super) fn projection(name: &str) -> Result<ProjectionName, Status> {
    ProjectionName::new(name).map_err(wrong("projection"))
}

/// The place of an event that may exist.
pub(super) fn event_place(partition: i32, position: i64) -> Result<EventPlace, Status> {
    let partition = u16::try_from(partition)
        .ok()
        .filter(|partition| *partition < PARTITION_COUNT_MAX)
        .map(Partition)
        .ok_or_else(|| {
            let what = format!("is {partition}, must be 0 to {}", PARTITION_COUNT_MAX - 1);
            invalid_argument("partition", what)
        })?;
    match Position::new(position) {
        Ok(position) if position > Position::ZERO => Ok(EventPlace { partition, position }),
        _ => Err(invalid_argument("position", format!("is {position}, must be 1 or more"))),
    }
}

pub(super) fn personal(field: &'static str, text: String) -> Result<Personal, Status> {
    Personal::new(text).map_err(wrong(field))
}

pub(super) fn currency(field: &'static str, code: &str) -> Result<Currency, Status> {
    code.parse().map_err(|reason| invalid_argument(field, format!("is wrong: {reason}")))
}

/// An amount of more than zero.
pub(super) fn amount(amount: Option<proto::Money>) -> Result<Money, Status> {
    let amount = amount.ok_or_else(|| invalid_argument("amount", "is missing"))?;
    let currency = currency("amount.currency", &amount.currency)?;
    if amount.minor_units <= 0 {
        let what = format!("is {}, must be more than zero", amount.minor_units);
        return Err(invalid_argument("amount.minor_units", what));
    }
    Ok(Money::new(amount.minor_units, currency))
}

fn optional(text: &str) -> Option<&str> {
    (!text.is_empty()).then_some(text)
}

fn wrong(field: &'static str) -> impl FnOnce(InvalidId) -> Status {
    move |reason| invalid_argument(field, reason)
}
