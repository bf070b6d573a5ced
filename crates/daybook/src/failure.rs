//! How a run of the program can fail, and which exit code says so.

use std::io;
use std::process::ExitCode;

use crate::client::CallError;

/// Why the program ends without having done what it was asked to.
#[derive(Debug)]
pub(crate) enum Failure {
    /// The command line itself is wrong; nothing was tried.
    Usage(String),
    /// A service said no, or gave no answer.
    Call(CallError),
    /// Something was refused and has been reported already.
    Reported,
    /// A check came to its end and found something wrong; reported already.
    Found,
    /// Many commands were under way and a service gave no answer; reported already.
    ReportedUnanswered,
    /// What was asked for cannot be written where it should go.
    Output(io::Error),
    /// Anything else.
    Other(anyhow::Error),
}

impl Failure {
    /// The exit codes are part of the interface; `daybook --help` lists them.
    pub(crate) fn exit_code(&self) -> ExitCode {
        match self {
            // Whoever reads us has seen enough (`| head`): that is no failure.
            Self::Output(error) if error.kind() == io::ErrorKind::BrokenPipe => ExitCode::SUCCESS,
            Self::Call(CallError::Refused(_))
            | Self::Reported
            | Self::Output(_)
            | Self::Other(_) => ExitCode::from(1),
            Self::Usage(_) => ExitCode::from(2),
            Self::Found => ExitCode::from(4),
            Self::Call(CallError::Unanswered { .. }) | Self::ReportedUnanswered => {
                ExitCode::from(3)
            }
        }
    }
}

impl From<CallError> for Failure {
    fn from(error: CallError) -> Self {
        Self::Call(error)
    }
}

impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Self {
        Self::Output(error)
    }
}

impl From<anyhow::Error> for Failure {
    fn from(error: anyhow::Error) -> Self {
        Self::Other(error)
    }
}
