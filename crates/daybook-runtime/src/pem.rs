//! Files with certificates and keys, looked at before a service starts: one that is missing or is something else is an error in
//! words there, and not a connection that fails later.

use std::fs::File;
use std::io::{self, Read as _};
use std::path::Path;

use rustls::pki_types::pem::{Error, PemObject as _};
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::{ClientConfig, RootCertStore};

/// Largest file that is read, in bytes: the bundle of a system's authorities has a quarter of it.
const FILE_BYTES_MAX: usize = 1024 * 1024;

/// Why a file is of no use; the end of a sentence that begins with its name.
#[derive(Debug, thiserror::Error)]
pub enum UnusableFile {
    /// It is not there, or closed to us.
    #[error("cannot be read: {0}")]
    Unreadable(#[from] io::Error),
    /// Nothing that is meant to be there is as large.
    #[error("is larger than {FILE_BYTES_MAX} bytes")]
    TooLarge,
    /// It holds something else.
    #[error("has no certificate in PEM (-----BEGIN CERTIFICATE-----){0}")]
    NoCertificate(String),
    /// It holds something else.
    #[error("has no private key in PEM (-----BEGIN PRIVATE KEY-----){0}")]
    NoKey(String),
    /// It is the key of another certificate, or of a kind that is not spoken.
    #[error("is not the key of the certificate: {0}")]
    WrongKey(rustls::Error),
}

/// A small file.
///
/// # Errors
/// When it cannot be read, or is not small.
pub fn read(path: &Path) -> Result<Vec<u8>, UnusableFile> {
    let mut bytes = Vec::new();
    let limit = u64::try_from(FILE_BYTES_MAX + 1).unwrap_or(u64::MAX);
    File::open(path)?.take(limit).read_to_end(&mut bytes)?;
    if bytes.len() > FILE_BYTES_MAX { Err(UnusableFile::TooLarge) } else { Ok(bytes) }
}

/// Checks that there are certificates, each of which others can be checked against.
///
/// # Errors
/// When there is none, or one is malformed.
pub fn check_authorities(pem: &[u8]) -> Result<(), UnusableFile> {
    let mut store = RootCertStore::empty();
    for certificate in certificates(pem)? {
        let malformed = |error| UnusableFile::NoCertificate(format!(": {error}"));
        store.add(certificate).map_err(malformed)?;
    }
    Ok(())
}

/// Checks that there is a certificate, followed by those that lead to its authority.
///
/// # Errors
/// When there is none, or one is malformed.
pub fn certificates(pem: &[u8]) -> Result<Vec<CertificateDer<'static>>, UnusableFile> {
    let parsed: Result<Vec<_>, Error> = CertificateDer::pem_slice_iter(pem).collect();
    match parsed {
        Ok(certificates) if certificates.is_empty() => {
            Err(UnusableFile::NoCertificate(String::new()))
        }
        Ok(certificates) => Ok(certificates),
        Err(error) => Err(UnusableFile::NoCertificate(format!(": {error}"))),
    }
}

/// Checks that there is the private key of the first of these certificates.
///
/// # Errors
/// When there is none, or another.
pub fn check_key(
    pem: &[u8],
    certificates: Vec<CertificateDer<'static>>,
) -> Result<(), UnusableFile> {
    let key = PrivateKeyDer::from_pem_slice(pem).map_err(|error| match error {
        Error::NoItemsFound => UnusableFile::NoKey(String::new()),
        error => UnusableFile::NoKey(format!(": {error}")),
    })?;
    ClientConfig::builder()
        .with_root_certificates(RootCertStore::empty())
        .with_client_auth_cert(certificates, key)
        .map(drop)
        .map_err(UnusableFile::WrongKey)
}
