//! The certificate by which the server shows who it is, taken from files and taken anew when they change.
//!
//! The provider of the cryptography is named here (*ring*), so that no other crate's features can choose another.

use std::fmt;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use jiff::{SignedDuration, Timestamp};
use thiserror::Error;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio_rustls::rustls::server::WebPkiClientVerifier;
use tokio_rustls::rustls::server::danger::ClientCertVerifier;
use tokio_rustls::rustls::{self, RootCertStore, ServerConfig, crypto};

use crate::config;
use crate::lock::locked;

#[cfg(test)]
mod tests;

/// So long before its end a certificate is warned of.
const WARN_BEFORE: SignedDuration = SignedDuration::from_hours(30 * 24);

/// Why a certificate can not be used. Each is one sentence that says what to do.
#[derive(Debug, Error)]
pub enum TlsError {
    /// A file can not be read.
    #[error("can not read {path}: {error}; `[tls]` in the configuration names the files of the certificate", path = path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What the system says.
        error: io::Error,
    },
    /// A file holds something else.
    #[error("{path} holds no {what} in PEM: name the file that does", path = path.display())]
    Nothing {
        /// The file.
        path: PathBuf,
        /// What it should hold.
        what: &'static str,
    },
    /// The certificate can not be used with its key.
    #[error("{certificate} and {key} do not go together ({error}): name the key that the certificate was made for", certificate = certificate.display(), key = key.display())]
    Mismatch {
        /// The certificate.
        certificate: PathBuf,
        /// The key.
        key: PathBuf,
        /// What is wrong.
        error: rustls::Error,
    },
    /// The authority for clients' certificates is none.
    #[error("clients can not be judged by {path} ({error}): name the authority that their certificates were made with", path = path.display())]
    Authority {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        error: String,
    },
    /// The certificate's time is over.
    #[error("{path} was good until {until}: `treadwell certificates renew` makes a new one", path = path.display())]
    Expired {
        /// The certificate.
        path: PathBuf,
        /// Until when it was good.
        until: Timestamp,
    },
}

/// What lay in the files.
#[derive(PartialEq, Eq)]
struct Files {
    certificate: Vec<u8>,
    key: Vec<u8>,
    client_authority: Option<Vec<u8>>,
}

/// The certificate in use.
pub(crate) struct Tls {
    settings: config::Tls,
    state: Mutex<State>,
}

struct State {
    config: Arc<ServerConfig>,
    /// Until when the certificate in use is good.
    until: Timestamp,
    /// What was last looked at, whether it could be used or not.
    seen: Option<Files>,
    /// Why what lies in the files now is not in use.
    trouble: Option<String>,
}

impl Tls {
    /// Reads the files. A certificate whose time is over is used all the same, because the machine's clock may be at fault; it is
    /// warned of.
    pub(crate) fn load(settings: config::Tls) -> Result<Self, TlsError> {
        let files = Files::read(&settings)?;
        let (config, until) = files.build(&settings)?;
        Ok(Self {
            settings,
            state: Mutex::new(State {
                config,
                until,
                seen: Some(files),
                trouble: None,
            }),
        })
    }

    /// What new connections are greeted with.
    pub(crate) fn acceptor(&self) -> TlsAcceptor {
        TlsAcceptor::from(Arc::clone(&locked(&self.state).config))
    }

    /// Looks at the files and takes what has changed for new connections; those that are open stay as they are. After a mistake the
    /// old certificate stays in use. `asked` says how it stands even if nothing has changed. Blocks for as long as files are read.
    pub(crate) fn look(&self, now: Timestamp, asked: bool) {
        let read = Files::read(&self.settings);
        let mut state = locked(&self.state);
        let taken = match read {
            Ok(files) if !asked && state.seen.as_ref() == Some(&files) => return,
            Ok(files) => {
                let built = files.build(&self.settings).and_then(|(config, until)| {
                    // Never from one that is good to one that is not.
                    if until <= now && state.until > now {
                        let path = self.settings.certificate.clone();
                        return Err(TlsError::Expired { path, until });
                    }
                    Ok((config, until))
                });
                state.seen = Some(files);
                built
            }
            Err(error) => {
                state.seen = None;
                Err(error)
            }
        };
        match taken {
            Ok((config, until)) => {
                tracing::info!(%until, "the certificate was read anew and is used for new connections");
                state.config = config;
                state.until = until;
                state.trouble = None;
            }
            Err(error) => {
                let trouble =
                    format!("the old certificate stays in use, the new one can not be: {error}");
                if asked || state.trouble.as_ref() != Some(&trouble) {
                    tracing::error!("{trouble}");
                }
                state.trouble = Some(trouble);
            }
        }
    }

    /// What whoever runs the server has to see to, a sentence each.
    pub(crate) fn warnings(&self, now: Timestamp) -> Vec<String> {
        let state = locked(&self.state);
        let mut warnings: Vec<String> = state.trouble.iter().cloned().collect();
        let (path, until) = (self.settings.certificate.display(), state.until);
        if until <= now {
            warnings.push(format!(
                "the certificate in use was good until {until}, clients turn away from it: `treadwell certificates renew` makes a \
                 new one for {path}"
            ));
        } else if until.duration_since(now) < WARN_BEFORE {
            warnings.push(format!(
                "the certificate in use is good until {until}: `treadwell certificates renew` makes a new one for {path}"
            ));
        }
        warnings
    }
}

impl fmt::Debug for Tls {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_tuple("Tls").field(&self.settings).finish()
    }
}

impl Files {
    fn read(settings: &config::Tls) -> Result<Self, TlsError> {
        let read = |path: &Path| {
            fs::read(path).map_err(|error| TlsError::Unreadable {
                path: path.to_owned(),
                error,
            })
        };
        Ok(Self {
            certificate: read(&settings.certificate)?,
            key: read(&settings.key)?,
            client_authority: settings.client_authority.as_deref().map(read).transpose()?,
        })
    }

    /// The configuration that these files give, and until when the certificate is good.
    fn build(&self, settings: &config::Tls) -> Result<(Arc<ServerConfig>, Timestamp), TlsError> {
        let chain = certificates(&self.certificate, &settings.certificate)?;
        let until = good_until(&chain[0]).ok_or_else(|| TlsError::Nothing {
            path: settings.certificate.clone(),
            what: "certificate",
        })?;
        let key = PrivateKeyDer::from_pem_slice(&self.key).map_err(|_| TlsError::Nothing {
            path: settings.key.clone(),
            what: "private key",
        })?;
        let provider = Arc::new(crypto::ring::default_provider());
        let builder = ServerConfig::builder_with_provider(Arc::clone(&provider))
            .with_safe_default_protocol_versions()
            .expect("the provider has what TLS 1.2 and 1.3 need");
        let builder = match (&self.client_authority, &settings.client_authority) {
            (Some(authority), Some(path)) => {
                let verifier = verifier(authority, path, settings, provider)?;
                builder.with_client_cert_verifier(verifier)
            }
            _ => builder.with_no_client_auth(),
        };
        let mut config =
            builder
                .with_single_cert(chain, key)
                .map_err(|error| TlsError::Mismatch {
                    certificate: settings.certificate.clone(),
                    key: settings.key.clone(),
                    error,
                })?;
        config.alpn_protocols = vec![b"h2".to_vec()];
        Ok((Arc::new(config), until))
    }
}

/// What judges clients' certificates.
fn verifier(
    authority: &[u8],
    path: &Path,
    settings: &config::Tls,
    provider: Arc<crypto::CryptoProvider>,
) -> Result<Arc<dyn ClientCertVerifier>, TlsError> {
    let wrong = |error: String| TlsError::Authority {
        path: path.to_owned(),
        error,
    };
    let mut roots = RootCertStore::empty();
    for certificate in certificates(authority, path)? {
        roots
            .add(certificate)
            .map_err(|error| wrong(error.to_string()))?;
    }
    let builder = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider);
    let builder = if settings.require_client_certificate {
        builder
    } else {
        builder.allow_unauthenticated()
    };
    builder.build().map_err(|error| wrong(error.to_string()))
}

/// All certificates of a file, at least one.
fn certificates(pem: &[u8], path: &Path) -> Result<Vec<CertificateDer<'static>>, TlsError> {
    let read: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(pem).collect();
    match read {
        Ok(certificates) if !certificates.is_empty() => Ok(certificates),
        _ => Err(TlsError::Nothing {
            path: path.to_owned(),
            what: "certificate",
        }),
    }
}

/// Until when a certificate is good.
pub(crate) fn good_until(certificate: &[u8]) -> Option<Timestamp> {
    let (_, certificate) = x509_parser::parse_x509_certificate(certificate).ok()?;
    Timestamp::from_second(certificate.validity().not_after.timestamp()).ok()
}
