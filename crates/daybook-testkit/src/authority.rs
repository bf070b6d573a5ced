//! A certificate authority of a test's own.

use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair};
use tempfile::TempDir;

use crate::directory;

/// An authority that only those trust who are given [`TestAuthority::certificate`]. Its files are removed on drop.
pub struct TestAuthority {
    issuer: CertifiedIssuer<'static, KeyPair>,
    dir: TempDir,
}

/// The PEM files of a certificate and of its key.
#[derive(Debug, Clone)]
pub struct Issued {
    /// The certificate.
    pub certificate: PathBuf,
    /// Its private key.
    pub key: PathBuf,
}

impl TestAuthority {
    /// A new one.
    ///
    /// # Panics
    ///
    /// When its files cannot be written.
    #[must_use]
    pub fn new() -> Self {
        Self::try_new().unwrap_or_else(|error| panic!("no authority for this test: {error:#}"))
    }

    fn try_new() -> anyhow::Result<Self> {
        let dir = directory::for_one_server("authority")?;
        let mut params = CertificateParams::default();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        // Of two authorities of one name, one is taken for the other with a wrong key.
        params.distinguished_name.push(DnType::CommonName, dir.path().display().to_string());
        let issuer = CertifiedIssuer::self_signed(params, KeyPair::generate()?)?;
        write(&dir.path().join("ca.pem"), &issuer.pem())?;
        Ok(Self { issuer, dir })
    }

    /// Its own certificate, a PEM file.
    #[must_use]
    pub fn certificate(&self) -> PathBuf {
        self.dir.path().join("ca.pem")
    }

    /// A certificate for `name`, a host name or an IP address.
    ///
    /// # Panics
    ///
    /// When its files cannot be written.
    #[must_use]
    pub fn issue(&self, name: &str) -> Issued {
        self.try_issue(name)
            .unwrap_or_else(|error| panic!("no certificate for `{name}`: {error:#}"))
    }

    fn try_issue(&self, name: &str) -> anyhow::Result<Issued> {
        let key = KeyPair::generate()?;
        let params = CertificateParams::new([name.to_owned()])?;
        let certificate = params.signed_by(&key, &self.issuer)?;
        let path = |extension| self.dir.path().join(format!("{name}.{extension}"));
        let issued = Issued { certificate: path("pem"), key: path("key") };
        write(&issued.certificate, &certificate.pem())?;
        write(&issued.key, &key.serialize_pem())?;
        Ok(issued)
    }
}

impl Default for TestAuthority {
    fn default() -> Self {
        Self::new()
    }
}

impl Issued {
    /// Gives the key to the owner of `path`, for servers that refuse one which others may read.
    ///
    /// # Panics
    ///
    /// When that is not allowed.
    pub fn give_key_to_owner_of(&self, path: &Path) {
        let owner = std::fs::metadata(path).expect("the server's own directory is there").uid();
        std::os::unix::fs::chown(&self.key, Some(owner), None)
            .expect("servers run as us, or we are root");
        let mode = std::fs::Permissions::from_mode(0o600);
        std::fs::set_permissions(&self.key, mode).expect("the file is ours");
    }
}

/// Servers of a root's test run as another user, who must be able to read it.
fn write(path: &Path, text: &str) -> anyhow::Result<()> {
    std::fs::write(path, text).with_context(|| format!("write `{}`", path.display()))?;
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o644))
        .with_context(|| format!("set the mode of `{}`", path.display()))
}
