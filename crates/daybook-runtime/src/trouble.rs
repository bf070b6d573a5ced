//! Why a database does not do what it is asked: every error of sqlx by its cause, with what to do about it. Logs, gRPC
//! errors and health all say it in these words.

use std::fmt::Display;
use std::io::ErrorKind;

use tonic::{Code, Status};

use crate::postgres::Refused;
use crate::status;

/// What is wrong with a database.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Trouble {
    /// Nothing listens at its address.
    Refused,
    /// Its address leads nowhere: no such host, no route, no answer.
    Unreachable,
    /// The connection broke.
    Lost,
    /// The server is starting up, shutting down or recovering, and takes no connections yet (SQLSTATE 57P03).
    NotReady,
    /// The server ended the connection: it was shut down, or an operator did.
    Ended,
    /// No connection of the pool became free in time.
    PoolBusy,
    /// The server has no connection left to give.
    TooManyConnections,
    /// TLS could not be agreed on.
    Tls,
    /// The server is a standby, or in a read-only mode.
    ReadOnly,
    /// The server, or what lies between, does not keep what a guarantee depends on.
    Unfit,
    /// The server's disk is full.
    DiskFull,
    /// The server is short of memory or of something else.
    ShortOfResources,
    /// A statement, or the wait for a lock, took longer than it may.
    TooSlow,
    /// Another transaction was in the way.
    Conflict,
    /// Unknown role, wrong password, or no right to log in.
    LoginRefused,
    /// There is no such database.
    NoDatabase,
    /// A schema, table, column or function is missing.
    NotMigrated,
    /// The role may not do that.
    NoPrivilege,
    /// Anything else: a defect here, or of what is stored.
    Other,
}

impl Trouble {
    /// The cause of an error.
    #[must_use]
    pub fn of(error: &sqlx::Error) -> Self {
        match error {
            sqlx::Error::Io(error) => Self::of_io(error.kind()),
            sqlx::Error::Tls(_) => Self::Tls,
            sqlx::Error::Protocol(_) | sqlx::Error::WorkerCrashed | sqlx::Error::BeginFailed => {
                Self::Lost
            }
            sqlx::Error::PoolTimedOut | sqlx::Error::PoolClosed => Self::PoolBusy,
            sqlx::Error::Configuration(_) => match Refused::of(error) {
                Some(Refused::Standby { .. }) => Self::ReadOnly,
                Some(_) => Self::Unfit,
                None => Self::Other,
            },
            sqlx::Error::Database(error) => {
                error.code().map_or(Self::Other, |code| Self::of_sqlstate(&code))
            }
            _ => Self::Other,
        }
    }

    fn of_io(kind: ErrorKind) -> Self {
        match kind {
            // A Unix socket that is not there is a server that does not listen.
            ErrorKind::ConnectionRefused | ErrorKind::NotFound => Self::Refused,
            ErrorKind::ConnectionReset
            | ErrorKind::ConnectionAborted
            | ErrorKind::BrokenPipe
            | ErrorKind::NotConnected
            | ErrorKind::UnexpectedEof => Self::Lost,
            // What the TLS library says: a certificate that is refused, an alert of the other end.
            ErrorKind::InvalidData => Self::Tls,
            _ => Self::Unreachable,
        }
    }

    /// By the five characters of SQLSTATE.
    #[must_use]
    pub fn of_sqlstate(code: &str) -> Self {
        match code {
            "57P03" => Self::NotReady,
            "57P01" | "57P02" | "57P04" | "57P05" => Self::Ended,
            "57014" | "55P03" | "25P03" | "25P04" => Self::TooSlow,
            "53300" => Self::TooManyConnections,
            "53100" => Self::DiskFull,
            // 55000: what a standby says to what only a primary does ("recovery is in progress").
            "25006" | "55000" => Self::ReadOnly,
            "3D000" => Self::NoDatabase,
            "42P01" | "42703" | "42883" | "3F000" => Self::NotMigrated,
            "42501" => Self::NoPrivilege,
            _ => match code.get(..2) {
                Some("08") => Self::Lost,
                Some("28") => Self::LoginRefused,
                Some("40") => Self::Conflict,
                Some("53" | "58") => Self::ShortOfResources,
                _ => Self::Other,
            },
        }
    }

    /// Its stable name, for programs: `ErrorInfo.metadata["cause"]` and labels of metrics.
    #[must_use]
    pub fn cause(self) -> &'static str {
        match self {
            Self::Refused => "CONNECTION_REFUSED",
            Self::Unreachable => "UNREACHABLE",
            Self::Lost => "CONNECTION_LOST",
            Self::NotReady => "NOT_READY",
            Self::Ended => "CONNECTION_ENDED",
            Self::PoolBusy => "POOL_BUSY",
            Self::TooManyConnections => "TOO_MANY_CONNECTIONS",
            Self::Tls => "TLS",
            Self::ReadOnly => "READ_ONLY",
            Self::Unfit => "UNFIT",
            Self::DiskFull => "DISK_FULL",
            Self::ShortOfResources => "SHORT_OF_RESOURCES",
            Self::TooSlow => "TOO_SLOW",
            Self::Conflict => "CONFLICT",
            Self::LoginRefused => "LOGIN_REFUSED",
            Self::NoDatabase => "NO_DATABASE",
            Self::NotMigrated => "NOT_MIGRATED",
            Self::NoPrivilege => "NO_PRIVILEGE",
            Self::Other => "OTHER",
        }
    }

    /// What is the matter and what to do, as the end of a sentence that begins with the name of the database.
    #[must_use]
    pub fn advice(self) -> &'static str {
        match self {
            Self::Refused => "refuses connections: start it, or correct its address",
            Self::Unreachable => "cannot be reached: check its host name, port and the network",
            Self::Lost => "broke the connection: it is restarting, or the network failed",
            Self::NotReady => "is starting up or shutting down: wait for it",
            Self::Ended => "was shut down, or an operator ended the connection",
            Self::PoolBusy => {
                "has no free connection in the pool of this service: try again, or raise --pool-size"
            }
            Self::TooManyConnections => {
                "has no connection left: raise its max_connections, or run fewer services"
            }
            Self::Tls => "does not agree on TLS: check its certificate and sslmode in the URL",
            Self::ReadOnly => "is a standby or read-only: the URL must lead to the primary",
            Self::Unfit => "does not keep what Daybook depends on",
            Self::DiskFull => "has a full disk: make room for it",
            Self::ShortOfResources => "is short of memory or of another resource: see its log",
            Self::TooSlow => "took longer than the service allows",
            Self::Conflict => "was busy with a conflicting transaction: try again",
            Self::LoginRefused => {
                "refuses the login: check role, password and sslmode in the URL, and the server's pg_hba.conf"
            }
            Self::NoDatabase => "has no database of the name in the URL",
            Self::NotMigrated => "lacks tables of Daybook: run `daybook migrate`",
            Self::NoPrivilege => {
                "does not give this role the rights it needs: check the role in the URL, or run `daybook migrate`"
            }
            Self::Other => "failed",
        }
    }

    /// Whether an operator has to change how it is set up. Waiting is of no use then, and a service that finds it at its
    /// start ends.
    #[must_use]
    pub fn is_setup(self) -> bool {
        matches!(
            self,
            Self::LoginRefused
                | Self::NoDatabase
                | Self::NotMigrated
                | Self::NoPrivilege
                | Self::Unfit
        )
    }

    /// Whether the database itself is away or takes nothing now, so that the same may succeed later.
    #[must_use]
    pub fn is_away(self) -> bool {
        match self {
            Self::Refused
            | Self::Unreachable
            | Self::Lost
            | Self::NotReady
            | Self::Ended
            | Self::TooManyConnections
            | Self::Tls
            | Self::ReadOnly
            | Self::DiskFull
            | Self::ShortOfResources => true,
            Self::PoolBusy
            | Self::TooSlow
            | Self::Conflict
            | Self::LoginRefused
            | Self::NoDatabase
            | Self::NotMigrated
            | Self::NoPrivilege
            | Self::Unfit
            | Self::Other => false,
        }
    }

    /// The gRPC status of an error of a database, called `name` in its text; `None` for [`Trouble::Other`], a defect that
    /// its finder reports under a reference. The fact `cause` has [`Trouble::cause`].
    #[must_use]
    pub fn status(self, name: impl Display) -> Option<Status> {
        let (code, reason) = match self {
            Self::PoolBusy => (Code::Unavailable, "DATABASE_BUSY"),
            Self::TooSlow => (Code::DeadlineExceeded, "TOO_SLOW"),
            Self::NotMigrated => (Code::Unavailable, "NOT_MIGRATED"),
            Self::LoginRefused | Self::NoDatabase | Self::NoPrivilege | Self::Unfit => {
                (Code::Unavailable, "DATABASE_SET_UP_WRONGLY")
            }
            Self::Other => return None,
            _ => (Code::Unavailable, "DATABASE_UNAVAILABLE"),
        };
        let facts = vec![("cause", self.cause().to_owned())];
        Some(status::error(code, reason, format!("{name} {}", self.advice()), facts))
    }
}

/// An error of the database called `name`, for a log or a start that fails: the cause with what to do, then what the
/// database or the operating system said.
#[must_use]
pub fn explain(name: impl Display, error: &sqlx::Error) -> String {
    let trouble = Trouble::of(error);
    match error {
        // Its own text says the same in words that mislead.
        sqlx::Error::PoolTimedOut => format!("{name} {}", trouble.advice()),
        _ => format!("{name} {} ({})", trouble.advice(), cause_text(error)),
    }
}

/// Without the frame that sqlx puts around every text of the server.
fn cause_text(error: &sqlx::Error) -> String {
    match error {
        sqlx::Error::Database(error) => error.message().to_owned(),
        sqlx::Error::Io(error) => error.to_string(),
        sqlx::Error::Configuration(error) => error.to_string(),
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use std::io;

    use tonic_types::StatusExt as _;

    use super::*;

    #[test]
    fn every_sqlstate_of_an_outage_has_its_cause() {
        let cases = [
            ("57P03", Trouble::NotReady),
            ("57P01", Trouble::Ended),
            ("57014", Trouble::TooSlow),
            ("55P03", Trouble::TooSlow),
            ("53300", Trouble::TooManyConnections),
            ("53100", Trouble::DiskFull),
            ("53200", Trouble::ShortOfResources),
            ("58030", Trouble::ShortOfResources),
            ("25006", Trouble::ReadOnly),
            ("55000", Trouble::ReadOnly),
            ("28P01", Trouble::LoginRefused),
            ("28000", Trouble::LoginRefused),
            ("3D000", Trouble::NoDatabase),
            ("42P01", Trouble::NotMigrated),
            ("42703", Trouble::NotMigrated),
            ("3F000", Trouble::NotMigrated),
            ("42501", Trouble::NoPrivilege),
            ("08006", Trouble::Lost),
            ("40001", Trouble::Conflict),
            ("23505", Trouble::Other),
            ("", Trouble::Other),
        ];
        for (code, expected) in cases {
            assert_eq!(Trouble::of_sqlstate(code), expected, "{code}");
        }
    }

    #[test]
    fn an_error_of_the_network_is_not_called_a_busy_pool() {
        let io = |kind: ErrorKind| Trouble::of(&sqlx::Error::Io(io::Error::from(kind)));
        assert_eq!(io(ErrorKind::ConnectionRefused), Trouble::Refused);
        assert_eq!(io(ErrorKind::UnexpectedEof), Trouble::Lost);
        assert_eq!(io(ErrorKind::HostUnreachable), Trouble::Unreachable);
        assert_eq!(Trouble::of(&sqlx::Error::PoolTimedOut), Trouble::PoolBusy);
    }

    #[test]
    fn what_an_operator_must_mend_is_not_waited_for() {
        assert!(Trouble::NotMigrated.is_setup() && !Trouble::NotMigrated.is_away());
        assert!(Trouble::DiskFull.is_away() && !Trouble::DiskFull.is_setup());
        assert!(!Trouble::PoolBusy.is_away() && !Trouble::PoolBusy.is_setup());
    }

    #[test]
    fn a_status_names_the_cause_and_what_to_do() {
        let status = Trouble::DiskFull.status("the log's database").expect("has one");
        assert_eq!(status.code(), Code::Unavailable);
        assert_eq!(status.message(), "the log's database has a full disk: make room for it");
        let details = status.get_error_details();
        let info = details.error_info().expect("has ErrorInfo");
        assert_eq!(info.reason, "DATABASE_UNAVAILABLE");
        assert_eq!(info.metadata["cause"], "DISK_FULL");
        assert!(Trouble::Other.status("the log").is_none());
    }

    #[test]
    fn an_explanation_ends_with_what_was_said() {
        let refused = sqlx::Error::Io(io::Error::from(ErrorKind::ConnectionRefused));
        assert_eq!(
            explain("the log's database", &refused),
            "the log's database refuses connections: start it, or correct its address (connection refused)"
        );
    }
}
