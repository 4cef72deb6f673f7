//! The encrypted link: what it is made with, and what is said when it can not be made safe.

use std::error::Error as _;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use tokio_rustls::rustls::pki_types::pem::PemObject as _;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio_rustls::rustls::{self, AlertDescription, CertificateError};
use tonic::Status;
use tonic::transport::{Certificate, ClientTlsConfig};

use crate::connection::SetupError;

/// The files, in PEM, by which a client shows who it is to a server that asks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Identity {
    /// Its certificate.
    pub certificate: PathBuf,
    /// The certificate's private key.
    pub key: PathBuf,
}

/// A handshake may take as long as a connection.
const HANDSHAKE: Duration = Duration::from_secs(3);

/// What the link is made with.
pub(crate) fn config(
    authority: &Path,
    identity: Option<&Identity>,
) -> Result<ClientTlsConfig, SetupError> {
    let pem = read(authority)?;
    CertificateDer::from_pem_slice(&pem).map_err(|_| holds_no(authority, "certificate"))?;
    let config = ClientTlsConfig::new()
        .ca_certificate(Certificate::from_pem(pem))
        .timeout(HANDSHAKE);
    let Some(Identity { certificate, key }) = identity else {
        return Ok(config);
    };
    let (chain, secret) = (read(certificate)?, read(key)?);
    CertificateDer::from_pem_slice(&chain).map_err(|_| holds_no(certificate, "certificate"))?;
    PrivateKeyDer::from_pem_slice(&secret).map_err(|_| holds_no(key, "private key"))?;
    Ok(config.identity(tonic::transport::Identity::from_pem(chain, secret)))
}

fn read(path: &Path) -> Result<Vec<u8>, SetupError> {
    fs::read(path).map_err(|error| SetupError::File {
        path: path.to_owned(),
        problem: error.to_string(),
    })
}

fn holds_no(path: &Path, what: &str) -> SetupError {
    SetupError::File {
        path: path.to_owned(),
        problem: format!("it holds no {what} in PEM"),
    }
}

/// Why the link could not be made safe, in a sentence that says what to do; none if that was not what went wrong.
pub(crate) fn problem(status: &Status) -> Option<String> {
    let mut cause = status.source();
    let mut last = None;
    while let Some(error) = cause {
        // An I/O error hides the error that it was made of from its sources.
        let hidden = error
            .downcast_ref::<io::Error>()
            .and_then(io::Error::get_ref);
        let tls = error.downcast_ref().or_else(|| hidden?.downcast_ref());
        if let Some(error) = tls {
            return Some(said_of(error));
        }
        if let Some(reason) = error
            .downcast_ref::<h2::Error>()
            .and_then(h2::Error::reason)
            && reason == h2::Reason::INADEQUATE_SECURITY
        {
            return Some(
                "it speaks TLS only; call it by https:// and give the authority of its certificate"
                    .to_owned(),
            );
        }
        last = Some(error);
        cause = error.source();
    }
    let words = last?.to_string();
    if words.contains("tls handshake eof") {
        return Some(
            "it ended the handshake; either it speaks no TLS, and is called by http://, or the connection was cut".to_owned(),
        );
    }
    // With TLS 1.3 a server judges the client's certificate when the client has begun to speak: what it says comes as the words of
    // a connection that broke.
    let (_, alert) = words.split_once("received fatal alert: ")?;
    Some(refused(alert))
}

fn said_of(error: &rustls::Error) -> String {
    use CertificateError as Bad;

    match error {
        rustls::Error::InvalidCertificate(bad) => match bad {
            Bad::UnknownIssuer | Bad::BadSignature => {
                "its certificate was not made by the authority that is given; give the authority.pem that it was made by".to_owned()
            }
            Bad::Expired | Bad::ExpiredContext { .. } => {
                "the time of its certificate is over; whoever runs it renews it: `treadwell certificates renew`".to_owned()
            }
            Bad::NotValidYet | Bad::NotValidYetContext { .. } => {
                "its certificate is not good yet; set the clock of this machine".to_owned()
            }
            Bad::NotValidForNameContext { presented, .. } => {
                let names: Vec<&str> = presented.iter().map(|name| named(name)).collect();
                format!("its certificate is for {}; call it by that name", names.join(", "))
            }
            Bad::NotValidForName => {
                "its certificate is for another name; call it by that name".to_owned()
            }
            other => format!("its certificate is not good ({other}); make it anew: `treadwell certificates add`"),
        },
        rustls::Error::AlertReceived(alert) => refused(&format!("{alert:?}")),
        rustls::Error::InvalidMessage(_) => "it speaks no TLS; call it by http://".to_owned(),
        other => format!("{other}; look into its log"),
    }
}

/// What a server's alert means: all that it does not like of a client is its certificate.
fn refused(alert: &str) -> String {
    if alert == format!("{:?}", AlertDescription::CertificateRequired) {
        return "it asks for a certificate of this client; give one with client_certificate and client_key".to_owned();
    }
    format!(
        "it refuses the certificate of this client ({alert}); give one that was made by the authority that it asks for and is still good"
    )
}

/// `DnsName("halifax.example")` is how a name is presented.
fn named(presented: &str) -> &str {
    presented.split('"').nth(1).unwrap_or(presented)
}
