//! How Redis is reached, from flags or the environment, checked before anything starts: what is misspelt, missing or would be
//! ignored is refused by name, because these settings say how a connection is protected.

use std::path::{Path, PathBuf};

use clap::Args;
use daybook_runtime::pem::{self, UnusableFile};
use redis::io::tcp::TcpSettings;
use redis::{
    Client, ClientTlsConfig, ConnectionAddr, ConnectionInfo, IntoConnectionInfo as _,
    TlsCertificates,
};

/// How Redis is reached.
#[derive(Clone, Args)]
pub struct RedisSettings {
    /// Redis, through which positions of new events are handed over: redis://USER:PASSWORD@host:6379, or rediss:// with TLS,
    /// which checks the server's certificate. Without Redis projecting is slower and nothing else
    #[arg(long, value_name = "URL", env = "DAYBOOK_REDIS_URL", hide_env_values = true)]
    pub redis_url: String,

    /// File with the password of the user in --redis-url, so that it is neither an argument nor in the environment
    #[arg(long, value_name = "FILE", env = "DAYBOOK_REDIS_PASSWORD_FILE")]
    pub redis_password_file: Option<PathBuf>,

    /// PEM file with the certificates of the authorities that may sign the server's, and no others [default: those that the
    /// system trusts]
    #[arg(long, value_name = "FILE", env = "DAYBOOK_REDIS_CA_FILE")]
    pub redis_ca_file: Option<PathBuf>,

    /// PEM file with a client certificate, and those that lead from it to its authority, where the server asks for one
    #[arg(long, value_name = "FILE", env = "DAYBOOK_REDIS_CERT_FILE")]
    pub redis_cert_file: Option<PathBuf>,

    /// PEM file with the private key of --redis-cert-file
    #[arg(long, value_name = "FILE", env = "DAYBOOK_REDIS_KEY_FILE")]
    pub redis_key_file: Option<PathBuf>,
}

/// Why Redis cannot be reached in the way that the settings say. The URL itself is not repeated: it may hold a password.
#[derive(Debug, thiserror::Error)]
pub enum InvalidRedisSettings {
    /// It is no URL of a Redis.
    #[error("--redis-url is not a Redis URL such as redis://host:6379")]
    Url(#[source] redis::RedisError),
    /// A parameter that would be ignored.
    #[error("--redis-url: `{0}` is no parameter of a Redis URL here; known is protocol")]
    UnknownParameter(String),
    /// Certificates that would not be checked.
    #[error(
        "--redis-url: `#insecure` is refused, because it would not check the server's certificate"
    )]
    Insecure,
    /// Certificates for a connection without TLS.
    #[error("{0} is given, but --redis-url is not encrypted: it must begin with rediss://")]
    NotEncrypted(&'static str),
    /// A user who could not log in.
    #[error(
        "--redis-url names a user without a password: put it into the URL or into --redis-password-file"
    )]
    NoPassword,
    /// Two passwords.
    #[error(
        "--redis-password-file is given, and --redis-url has a password too: leave one of them out"
    )]
    TwoPasswords,
    /// One without the other.
    #[error("--redis-cert-file and --redis-key-file are given together or not at all")]
    HalfAPair,
    /// A file that is named.
    #[error("{flag} `{}` {problem}", path.display())]
    File {
        /// By which setting.
        flag: &'static str,
        /// The file that the flag names.
        path: PathBuf,
        /// What is wrong with it.
        problem: UnusableFile,
    },
    /// More or less than a password.
    #[error("--redis-password-file `{}` must be one line of UTF-8, the password", .0.display())]
    NotAPassword(PathBuf),
}

/// A Redis server, who connects to it, and how. Cheap to clone.
#[derive(Clone)]
pub struct RedisServer(Client);

impl std::fmt::Debug for RedisServer {
    /// Without what is secret.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("RedisServer")
            .field(&self.0.get_connection_info().addr().to_string())
            .finish()
    }
}

impl RedisServer {
    /// The server at `url`, without further settings.
    ///
    /// # Errors
    /// As [`RedisSettings::server`].
    pub fn at(url: impl Into<String>) -> Result<Self, InvalidRedisSettings> {
        let settings = RedisSettings {
            redis_url: url.into(),
            redis_password_file: None,
            redis_ca_file: None,
            redis_cert_file: None,
            redis_key_file: None,
        };
        settings.server()
    }

    pub(crate) fn client(&self) -> Client {
        self.0.clone()
    }
}

impl std::fmt::Debug for RedisSettings {
    /// Without the URL, which may hold a password.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("RedisSettings")
            .field("redis_ca_file", &self.redis_ca_file)
            .finish_non_exhaustive()
    }
}

impl RedisSettings {
    /// The server that they lead to. Files are read here, once: a certificate that is replaced takes effect with the next start.
    ///
    /// # Errors
    /// When they contradict each other, or a file is not what it should be.
    pub fn server(&self) -> Result<RedisServer, InvalidRedisSettings> {
        let info =
            self.redis_url.as_str().into_connection_info().map_err(InvalidRedisSettings::Url)?;
        self.refuse_unknown_parameters()?;
        let info = self.with_password(info)?;
        let info = info.set_tcp_settings(TcpSettings::default().set_nodelay(true));
        let client = match info.addr() {
            ConnectionAddr::TcpTls { insecure: true, .. } => {
                return Err(InvalidRedisSettings::Insecure);
            }
            ConnectionAddr::TcpTls { .. } => Client::build_with_tls(info, self.certificates()?),
            _ => match self.needs_encryption() {
                Some(flag) => return Err(InvalidRedisSettings::NotEncrypted(flag)),
                None => Client::open(info),
            },
        };
        client.map(RedisServer).map_err(InvalidRedisSettings::Url)
    }

    fn refuse_unknown_parameters(&self) -> Result<(), InvalidRedisSettings> {
        // A Unix socket's URL has its user in parameters.
        let url = redis::parse_redis_url(&self.redis_url).filter(|url| url.has_host());
        let unknown = url.and_then(|url| {
            let mut names = url.query_pairs().map(|(name, _)| name.into_owned());
            names.find(|name| name != "protocol")
        });
        unknown.map_or(Ok(()), |name| Err(InvalidRedisSettings::UnknownParameter(name)))
    }

    fn with_password(&self, info: ConnectionInfo) -> Result<ConnectionInfo, InvalidRedisSettings> {
        let user = info.redis_settings();
        let Some(path) = &self.redis_password_file else {
            return match (user.username(), user.password()) {
                (Some(_), None) => Err(InvalidRedisSettings::NoPassword),
                _ => Ok(info),
            };
        };
        if user.password().is_some() {
            return Err(InvalidRedisSettings::TwoPasswords);
        }
        let text = pem::read(path).map_err(of("--redis-password-file", path))?;
        let wrong = || InvalidRedisSettings::NotAPassword(path.clone());
        let text = String::from_utf8(text).map_err(|_| wrong())?;
        let password = text.trim_end_matches(['\r', '\n']);
        if password.is_empty() || password.contains(['\r', '\n']) {
            return Err(wrong());
        }
        let user = user.clone().set_password(password);
        Ok(info.set_redis_settings(user))
    }

    fn needs_encryption(&self) -> Option<&'static str> {
        let flags = [
            ("--redis-ca-file", &self.redis_ca_file),
            ("--redis-cert-file", &self.redis_cert_file),
            ("--redis-key-file", &self.redis_key_file),
        ];
        flags.into_iter().find_map(|(flag, path)| path.is_some().then_some(flag))
    }

    fn certificates(&self) -> Result<TlsCertificates, InvalidRedisSettings> {
        let root_cert = self.redis_ca_file.as_deref().map(authorities).transpose()?;
        let client_tls = match (&self.redis_cert_file, &self.redis_key_file) {
            (Some(certificate), Some(key)) => Some(pair(certificate, key)?),
            (None, None) => None,
            _ => return Err(InvalidRedisSettings::HalfAPair),
        };
        Ok(TlsCertificates { client_tls, root_cert })
    }
}

/// A file with the certificates of authorities.
fn authorities(path: &Path) -> Result<Vec<u8>, InvalidRedisSettings> {
    let checked = pem::read(path).and_then(|text| pem::check_authorities(&text).map(|()| text));
    checked.map_err(of("--redis-ca-file", path))
}

/// A certificate with the key that belongs to it.
fn pair(certificate: &Path, key: &Path) -> Result<ClientTlsConfig, InvalidRedisSettings> {
    let of_certificate = of("--redis-cert-file", certificate);
    let read = pem::read(certificate).and_then(|text| Ok((pem::certificates(&text)?, text)));
    let (chain, client_cert) = read.map_err(of_certificate)?;
    let checked = pem::read(key).and_then(|text| pem::check_key(&text, chain).map(|()| text));
    let client_key = checked.map_err(of("--redis-key-file", key))?;
    Ok(ClientTlsConfig { client_cert, client_key })
}

fn of(flag: &'static str, path: &Path) -> impl FnOnce(UnusableFile) -> InvalidRedisSettings {
    move |problem| InvalidRedisSettings::File { flag, path: path.to_owned(), problem }
}
