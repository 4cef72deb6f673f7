//! A private authority for a clinic's sites: certificates for its servers and, if it wants them, for its consoles.
//!
//! The authority is a folder: `authority.pem` is what clients trust, `authority.key` what new certificates are signed with; beside them
//! lie a `.pem` and a `.key` for each server or client. Whoever has `authority.key` can pass for any server, so that the folder belongs
//! on no server. Nothing is ever overwritten but a certificate that is renewed, which keeps its key: one public file has to be copied.

use std::fs;
use std::io::{self, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

use jiff::{SignedDuration, Timestamp};
use rcgen::{
    BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair,
    KeyUsagePurpose, SubjectPublicKeyInfo,
};
use thiserror::Error;
use time::OffsetDateTime;
use tokio_rustls::rustls::pki_types::ServerName;
use x509_parser::certificate::X509Certificate;
use x509_parser::extensions::GeneralName;
use x509_parser::pem::Pem;

use crate::tls::good_until;

#[cfg(test)]
mod tests;

/// How long an authority is good.
const AUTHORITY_LASTS: SignedDuration = SignedDuration::from_hours(3_652 * 24);

/// How long a certificate is good.
const LASTS: SignedDuration = SignedDuration::from_hours(365 * 24);

/// So long before now they are good already: clocks differ.
const BEFORE: SignedDuration = SignedDuration::from_hours(24);

/// What an authority is called in its certificates.
const CALLED: &str = "Treadwell private authority";

const AUTHORITY: &str = "authority";

const NO_CERTIFICATE: &str = "it holds no certificate";

/// Whose certificate it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Party {
    /// A server's: clients see that it is the one they called.
    Server,
    /// A client's: a server that asks for certificates lets it connect. (Who calls is said by the key, still.)
    Client,
}

impl Party {
    /// What it is called.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Server => "server",
            Self::Client => "client",
        }
    }

    /// Whether somebody of this kind can have this name, which is the name of a file, too.
    fn may_be(self, name: &str) -> bool {
        let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_');
        let fits = name.len() <= 64 && !name.starts_with(['.', '-']);
        fits && match self {
            Self::Server => ServerName::try_from(name).is_ok(),
            Self::Client => !name.is_empty() && name.chars().all(plain),
        }
    }
}

/// A certificate that is wanted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wanted {
    /// Whose it is.
    pub party: Party,
    /// A server's names and addresses as clients call it, or a client's one name. The first is the name of the files.
    pub names: Vec<String>,
}

/// A certificate that was made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Issued {
    /// Whose it is.
    pub party: Party,
    /// Its names, as in [`Wanted`].
    pub names: Vec<String>,
    /// The certificate's file.
    pub certificate: PathBuf,
    /// The key's file; where a certificate is renewed, it may have been moved away.
    pub key: PathBuf,
    /// Until when it is good.
    pub until: Timestamp,
}

/// Why no certificate was made. Each is one sentence that says what to do.
#[derive(Debug, Error)]
pub enum CertificatesError {
    /// Nothing is wanted, or none of that name is there.
    #[error("{0}")]
    Named(String),
    /// The file is there already.
    #[error("{path} is there already and is not overwritten: `treadwell certificates renew` renews a certificate, another folder takes another authority", path = path.display())]
    There {
        /// The file.
        path: PathBuf,
    },
    /// There is no authority.
    #[error("there is no authority in {folder} ({error}): `treadwell certificates init` makes one", folder = folder.display())]
    NoAuthority {
        /// The folder.
        folder: PathBuf,
        /// What the system says.
        error: io::Error,
    },
    /// A file is not what it should be.
    #[error("{path} is not what it was made as ({why}): bring it back from where it is kept safe", path = path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        why: String,
    },
    /// The authority's time is over, or nearly.
    #[error("the authority in {folder} is good until {until} only: make another one in a new folder, and give consoles both", folder = folder.display())]
    Ended {
        /// The folder.
        folder: PathBuf,
        /// Until when it is good.
        until: Timestamp,
    },
    /// The system refuses.
    #[error("can not write {path}: {error}", path = path.display())]
    Unwritten {
        /// The file or folder.
        path: PathBuf,
        /// What the system says.
        error: io::Error,
    },
    /// No certificate can be made.
    #[error("no certificate can be made: {0}")]
    Making(#[from] rcgen::Error),
}

/// Makes an authority in a folder, and certificates by it, as of `now`.
pub fn init(
    folder: &Path,
    wanted: &[Wanted],
    now: Timestamp,
) -> Result<Vec<Issued>, CertificatesError> {
    let paths = Paths::of(folder, AUTHORITY);
    paths.refuse_there()?;
    refuse_any(folder, wanted)?;
    let key = KeyPair::generate()?;
    let mut params = lasting(CertificateParams::default(), now, now + AUTHORITY_LASTS)?;
    params.distinguished_name.push(DnType::CommonName, CALLED);
    params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    let certificate = params.self_signed(&key)?;
    fs::DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(folder)
        .map_err(|error| CertificatesError::Unwritten {
            path: folder.to_owned(),
            error,
        })?;
    create(&paths.key, &key.serialize_pem(), SECRET)?;
    create(&paths.certificate, &certificate.pem(), PUBLIC)?;
    add(folder, wanted, now)
}

/// Makes certificates by the authority in a folder.
pub fn add(
    folder: &Path,
    wanted: &[Wanted],
    now: Timestamp,
) -> Result<Vec<Issued>, CertificatesError> {
    refuse_any(folder, wanted)?;
    let authority = Authority::open(folder, now)?;
    let mut made = Vec::new();
    for one in wanted {
        let key = KeyPair::generate()?;
        let paths = Paths::of(folder, one.file());
        let (certificate, until) = authority.sign(one, &key, now)?;
        create(&paths.key, &key.serialize_pem(), SECRET)?;
        create(&paths.certificate, &certificate, PUBLIC)?;
        made.push(paths.issued(one.clone(), until));
    }
    Ok(made)
}

/// Makes the certificates of these names anew, or all that lie in the folder when none is named. Their keys, names and files stay.
pub fn renew(
    folder: &Path,
    named: &[String],
    now: Timestamp,
) -> Result<Vec<Issued>, CertificatesError> {
    let authority = Authority::open(folder, now)?;
    let all = certificates(folder)?;
    if let Some(missing) = named.iter().find(|name| !all.contains(name)) {
        return Err(CertificatesError::Named(format!(
            "there is no certificate {missing}.pem in {}: it has {}",
            folder.display(),
            if all.is_empty() {
                "none".to_owned()
            } else {
                all.join(", ")
            },
        )));
    }
    let mut made = Vec::new();
    for name in all
        .iter()
        .filter(|name| named.is_empty() || named.contains(name))
    {
        let paths = Paths::of(folder, name);
        let old = pem(&paths.certificate)?;
        let (one, key) = read(&old, name).map_err(|error| damaged(&paths.certificate, &error))?;
        let (certificate, until) = authority.sign(&one, &key, now)?;
        replace(&paths.certificate, &certificate)?;
        made.push(paths.issued(one, until));
    }
    Ok(made)
}

/// A folder's authority, ready to sign.
struct Authority(Issuer<'static, KeyPair>);

impl Authority {
    fn open(folder: &Path, now: Timestamp) -> Result<Self, CertificatesError> {
        let paths = Paths::of(folder, AUTHORITY);
        let missing = |error| CertificatesError::NoAuthority {
            folder: folder.to_owned(),
            error,
        };
        let key = fs::read_to_string(&paths.key).map_err(missing)?;
        let key = KeyPair::from_pem(&key).map_err(|error| damaged(&paths.key, &error))?;
        let pem = pem(&paths.certificate)?;
        let wrong = |error: String| damaged(&paths.certificate, &error);
        let until = good_until(&pem.contents).ok_or_else(|| wrong(NO_CERTIFICATE.to_owned()))?;
        if until < now + LASTS {
            return Err(CertificatesError::Ended {
                folder: folder.to_owned(),
                until,
            });
        }
        let issuer = Issuer::from_ca_cert_der(&pem.contents.as_slice().into(), key);
        Ok(Self(issuer.map_err(|error| wrong(error.to_string()))?))
    }

    /// A certificate for the holder of this key, in PEM, and until when it is good.
    fn sign(
        &self,
        wanted: &Wanted,
        key: &impl rcgen::PublicKeyData,
        now: Timestamp,
    ) -> Result<(String, Timestamp), CertificatesError> {
        let until = now + LASTS;
        let params = match wanted.party {
            Party::Server => CertificateParams::new(wanted.names.clone())?,
            Party::Client => CertificateParams::default(),
        };
        let mut params = lasting(params, now, until)?;
        let called = wanted.file();
        params.distinguished_name.push(DnType::CommonName, called);
        params.use_authority_key_identifier_extension = true;
        params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        params.extended_key_usages = vec![match wanted.party {
            Party::Server => ExtendedKeyUsagePurpose::ServerAuth,
            Party::Client => ExtendedKeyUsagePurpose::ClientAuth,
        }];
        Ok((params.signed_by(key, &self.0)?.pem(), until))
    }
}

/// The files of one certificate.
struct Paths {
    certificate: PathBuf,
    key: PathBuf,
}

impl Paths {
    fn of(folder: &Path, name: &str) -> Self {
        Self {
            certificate: folder.join(format!("{name}.pem")),
            key: folder.join(format!("{name}.key")),
        }
    }

    fn refuse_there(&self) -> Result<(), CertificatesError> {
        match [&self.certificate, &self.key]
            .into_iter()
            .find(|path| path.exists())
        {
            Some(path) => Err(CertificatesError::There { path: path.clone() }),
            None => Ok(()),
        }
    }

    fn issued(self, wanted: Wanted, until: Timestamp) -> Issued {
        Issued {
            party: wanted.party,
            names: wanted.names,
            certificate: self.certificate,
            key: self.key,
            until,
        }
    }
}

impl Wanted {
    /// What its files are called.
    fn file(&self) -> &str {
        self.names.first().map_or("", String::as_str)
    }
}

/// Refuses names that are none, and what would overwrite a file, before anything is written.
fn refuse_any(folder: &Path, wanted: &[Wanted]) -> Result<(), CertificatesError> {
    if wanted.is_empty() {
        return Err(CertificatesError::Named(
            "name the servers with --name as their clients call them, or clients with --client"
                .to_owned(),
        ));
    }
    for (at, one) in wanted.iter().enumerate() {
        if let Some(name) = one.names.iter().find(|name| !one.party.may_be(name)) {
            return Err(CertificatesError::Named(format!(
                "{name:?} is no name of a {}: expected {}",
                one.party.word(),
                match one.party {
                    Party::Server =>
                        "a name or an address by which clients call it, without a port",
                    Party::Client => "at most 64 letters, digits, -, _ and dots",
                }
            )));
        }
        if wanted[..at].iter().any(|other| other.file() == one.file()) {
            return Err(CertificatesError::Named(format!(
                "{} is named twice",
                one.file()
            )));
        }
        Paths::of(folder, one.file()).refuse_there()?;
    }
    Ok(())
}

/// The names of the certificates in a folder, without the authority's own.
fn certificates(folder: &Path) -> Result<Vec<String>, CertificatesError> {
    let unread = |error| CertificatesError::NoAuthority {
        folder: folder.to_owned(),
        error,
    };
    let mut names = Vec::new();
    for entry in fs::read_dir(folder).map_err(unread)? {
        let name = entry.map_err(unread)?.file_name();
        let name = name.to_str().and_then(|name| name.strip_suffix(".pem"));
        names.extend(name.filter(|name| *name != AUTHORITY).map(str::to_owned));
    }
    names.sort_unstable();
    Ok(names)
}

/// What a certificate was made for, and its public key.
fn read(pem: &Pem, file: &str) -> Result<(Wanted, SubjectPublicKeyInfo), String> {
    let certificate = pem.parse_x509().map_err(|error| error.to_string())?;
    let key = SubjectPublicKeyInfo::from_der(certificate.public_key().raw);
    let key = key.map_err(|error| error.to_string())?;
    let names = names(&certificate)?;
    let wanted = if names.is_empty() {
        Wanted {
            party: Party::Client,
            names: vec![file.to_owned()],
        }
    } else {
        Wanted {
            party: Party::Server,
            names,
        }
    };
    Ok((wanted, key))
}

/// The names and addresses that a certificate is good for.
fn names(certificate: &X509Certificate<'_>) -> Result<Vec<String>, String> {
    let names = certificate.subject_alternative_name();
    let names = names.map_err(|error| error.to_string())?;
    let names = names.map_or(&[][..], |names| names.value.general_names.as_slice());
    let one = |name: &GeneralName<'_>| match name {
        GeneralName::DNSName(name) => Ok((*name).to_owned()),
        GeneralName::IPAddress(bytes) => match *bytes {
            [a, b, c, d] => Ok(std::net::Ipv4Addr::new(*a, *b, *c, *d).to_string()),
            _ => <[u8; 16]>::try_from(*bytes)
                .map(|bytes| std::net::Ipv6Addr::from(bytes).to_string())
                .map_err(|_| "it has an address that is none".to_owned()),
        },
        other => Err(format!("it has a name that none was made with: {other}")),
    };
    names.iter().map(one).collect()
}

fn pem(path: &Path) -> Result<Pem, CertificatesError> {
    let bytes = fs::read(path).map_err(|error| damaged(path, &error))?;
    let (_, pem) =
        x509_parser::pem::parse_x509_pem(&bytes).map_err(|error| damaged(path, &error))?;
    Ok(pem)
}

/// For the fuzzer: what comes of some bytes as a certificate's file, or as what lies in one.
pub(crate) fn try_certificate(bytes: &[u8]) -> String {
    let pem = match x509_parser::pem::parse_x509_pem(bytes) {
        Ok((_, pem)) => pem,
        Err(_) => Pem {
            label: "CERTIFICATE".to_owned(),
            contents: bytes.to_vec(),
        },
    };
    match read(&pem, "console") {
        Ok((wanted, _)) => {
            assert!(!wanted.names.is_empty(), "it is nobody's");
            format!("a {}'s", wanted.party.word())
        }
        Err(why) => why,
    }
}

fn lasting(
    mut params: CertificateParams,
    now: Timestamp,
    until: Timestamp,
) -> Result<CertificateParams, CertificatesError> {
    let date = |at: Timestamp| {
        OffsetDateTime::from_unix_timestamp(at.as_second()).map_err(|_| rcgen::Error::Time)
    };
    params.not_before = date(now - BEFORE)?;
    params.not_after = date(until)?;
    params.distinguished_name = rcgen::DistinguishedName::new();
    Ok(params)
}

fn damaged(path: &Path, why: &impl ToString) -> CertificatesError {
    CertificatesError::Damaged {
        path: path.to_owned(),
        why: why.to_string(),
    }
}

const SECRET: u32 = 0o600;
const PUBLIC: u32 = 0o644;

/// Writes a new file; one that is there stays.
fn create(path: &Path, text: &str, mode: u32) -> Result<(), CertificatesError> {
    let written = fs::OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(mode)
        .open(path)
        .and_then(|mut file| {
            file.write_all(text.as_bytes())?;
            file.sync_all()
        });
    written.map_err(|error| match error.kind() {
        io::ErrorKind::AlreadyExists => CertificatesError::There {
            path: path.to_owned(),
        },
        _ => CertificatesError::Unwritten {
            path: path.to_owned(),
            error,
        },
    })
}

/// Writes a file in the place of another one: whole, or not at all.
fn replace(path: &Path, text: &str) -> Result<(), CertificatesError> {
    let new = path.with_extension("pem.new");
    // What an earlier attempt left.
    let _ = fs::remove_file(&new);
    create(&new, text, PUBLIC)?;
    fs::rename(&new, path).map_err(|error| CertificatesError::Unwritten {
        path: path.to_owned(),
        error,
    })
}
