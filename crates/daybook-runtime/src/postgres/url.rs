//! Database URLs, read strictly: what is misspelt or would be ignored is refused by name, because a URL says how a connection
//! is protected.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use sqlx::postgres::{PgConnectOptions, PgSslMode};
use url::Url;

use crate::pem::{self, UnusableFile};

/// The parameters that mean something here, each with its other spellings.
const PARAMETERS: [&[&str]; 13] = [
    &["sslmode", "ssl-mode"],
    &["sslrootcert", "ssl-root-cert", "ssl-ca"],
    &["sslcert", "ssl-cert"],
    &["sslkey", "ssl-key"],
    &["host"],
    &["hostaddr"],
    &["port"],
    &["dbname"],
    &["user"],
    &["password"],
    &["application_name"],
    &["options"],
    &["statement-cache-capacity"],
];

/// Why a database URL cannot be used. The URL itself is not repeated: it may hold a password.
#[derive(Debug, thiserror::Error)]
pub enum InvalidUrl {
    /// It is no URL of a PostgreSQL database.
    #[error("not a PostgreSQL URL such as postgres://role@host:5432/database")]
    Malformed(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// It begins otherwise.
    #[error("the URL begins with `{0}:`; that of a PostgreSQL database begins with `postgres:`")]
    Scheme(String),
    /// A parameter that would be ignored.
    #[error("`{0}` is no parameter of a database URL here; known are {known}", known = known())]
    UnknownParameter(String),
    /// One of the two would be ignored.
    #[error("`{0}` is in the database URL twice")]
    Twice(String),
    /// A certificate authority that nothing would be checked against.
    #[error(
        "`sslrootcert` is given, but sslmode={0} does not check the server's certificate; say sslmode=verify-full, or \
         verify-ca where the host's name is not in the certificate"
    )]
    Unchecked(&'static str),
    /// One of a certificate and its key, without the other.
    #[error("`sslcert` and `sslkey` are given together or not at all")]
    HalfAPair,
    /// A file that is named.
    #[error("`{parameter}`: `{}` {problem}", path.display())]
    File {
        /// By which parameter.
        parameter: &'static str,
        /// The file that the URL names.
        path: PathBuf,
        /// What is wrong with it.
        problem: UnusableFile,
    },
}

fn known() -> String {
    PARAMETERS
        .iter()
        .filter_map(|spellings| spellings.first().copied())
        .collect::<Vec<_>>()
        .join(", ")
}

pub(super) fn parse(text: &str) -> Result<PgConnectOptions, InvalidUrl> {
    let url = Url::parse(text).map_err(|error| InvalidUrl::Malformed(error.into()))?;
    if !matches!(url.scheme(), "postgres" | "postgresql") {
        return Err(InvalidUrl::Scheme(url.scheme().to_owned()));
    }
    let mut seen = HashMap::new();
    for (name, value) in url.query_pairs() {
        // `options[name]=value` may come once for each name.
        if name.starts_with("options[") && name.ends_with(']') {
            continue;
        }
        let spellings = PARAMETERS.iter().find(|spellings| spellings.contains(&&*name));
        let Some(spellings) = spellings else {
            return Err(InvalidUrl::UnknownParameter(name.into_owned()));
        };
        if seen.insert(spellings[0], value.into_owned()).is_some() {
            return Err(InvalidUrl::Twice(name.into_owned()));
        }
    }
    let mut options: PgConnectOptions =
        text.parse().map_err(|error: sqlx::Error| InvalidUrl::Malformed(error.into()))?;
    // The brackets are the URL's, not the address's.
    let host = options.get_host();
    if let Some(address) = host.strip_prefix('[').and_then(|host| host.strip_suffix(']')) {
        let address = address.to_owned();
        options = options.host(&address);
    }
    let authority = seen.contains_key("sslrootcert") || std::env::var_os("PGSSLROOTCERT").is_some();
    let unchecked = |mode| Err(InvalidUrl::Unchecked(mode));
    match options.get_ssl_mode() {
        PgSslMode::Require if authority => options = options.ssl_mode(PgSslMode::VerifyCa),
        PgSslMode::Disable if seen.contains_key("sslrootcert") => return unchecked("disable"),
        PgSslMode::Allow if seen.contains_key("sslrootcert") => return unchecked("allow"),
        PgSslMode::Prefer if seen.contains_key("sslrootcert") => return unchecked("prefer"),
        _ => {}
    }
    check_files(&seen)?;
    Ok(options)
}

/// Looks at the certificates and the key that the URL names.
fn check_files(given: &HashMap<&'static str, String>) -> Result<(), InvalidUrl> {
    let path = |parameter| given.get(parameter).map(Path::new);
    if let Some(path) = path("sslrootcert") {
        pem::read(path)
            .and_then(|text| pem::check_authorities(&text))
            .map_err(of("sslrootcert", path))?;
    }
    match (path("sslcert"), path("sslkey")) {
        (None, None) => Ok(()),
        (Some(certificate), Some(key)) => {
            let chain = pem::read(certificate).and_then(|text| pem::certificates(&text));
            let chain = chain.map_err(of("sslcert", certificate))?;
            pem::read(key).and_then(|text| pem::check_key(&text, chain)).map_err(of("sslkey", key))
        }
        _ => Err(InvalidUrl::HalfAPair),
    }
}

fn of(parameter: &'static str, path: &Path) -> impl FnOnce(UnusableFile) -> InvalidUrl {
    move |problem| InvalidUrl::File { parameter, path: path.to_owned(), problem }
}

#[cfg(test)]
mod tests {
    use daybook_testkit::TestAuthority;

    use super::*;

    fn refused(url: &str) -> String {
        parse(url).expect_err(url).to_string()
    }

    #[test]
    fn what_a_url_says_is_understood_or_refused_by_name() {
        let cases = [
            ("postgres://u@h/d?sslmod=verify-full", "`sslmod` is no parameter"),
            ("postgres://u@h/d?connect_timeout=3", "`connect_timeout` is no parameter"),
            (
                "postgres://u@h/d?sslmode=verify-full&sslmode=disable",
                "`sslmode` is in the database URL twice",
            ),
            (
                "postgres://u@h/d?sslmode=verify-full&ssl-mode=disable",
                "`ssl-mode` is in the database URL twice",
            ),
            ("postgres://u@h/d?sslrootcert=/ca.pem", "sslmode=prefer does not check"),
            (
                "postgres://u@h/d?sslmode=disable&sslrootcert=/ca.pem",
                "sslmode=disable does not check",
            ),
            ("postgres://u@h/d?sslmode=sometimes", "not a PostgreSQL URL"),
            ("postgres://u@h/d?sslmode=require&sslrootcert=/none", "`/none` cannot be read"),
            ("postgres://u@h/d?sslcert=/none", "`sslcert` and `sslkey` are given together"),
            ("mysql://u@h/d", "begins with `mysql:`"),
            ("nonsense", "not a PostgreSQL URL"),
        ];
        for (url, words) in cases {
            let error = refused(url);
            assert!(error.contains(words), "{url}: {error}");
        }
        assert!(!refused("postgres://u:secret@h/d?sslmod=x").contains("secret"));
    }

    #[test]
    fn a_root_certificate_is_what_the_server_is_checked_against() {
        let mode = |url: &str| parse(url).expect(url).get_ssl_mode();
        let authority = TestAuthority::new();
        let ca = authority.certificate().display().to_string();
        let with_ca = mode(&format!("postgres://u@h/d?sslmode=require&sslrootcert={ca}"));
        assert!(matches!(with_ca, PgSslMode::VerifyCa), "{with_ca:?}");
        let full = mode(&format!("postgres://u@h/d?sslmode=verify-full&sslrootcert={ca}"));
        assert!(matches!(full, PgSslMode::VerifyFull), "{full:?}");
        assert!(matches!(mode("postgres://u@h/d?sslmode=require"), PgSslMode::Require));
    }

    #[test]
    fn an_ipv6_address_is_an_address_and_no_name() {
        assert_eq!(parse("postgres://u@[::1]:5433/d").expect("valid").get_host(), "::1");
        assert_eq!(parse("postgres://u@h:5433/d").expect("valid").get_host(), "h");
    }
}
