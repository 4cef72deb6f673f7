//! The table `[tls]`: with which certificate the server shows who it is, and whose certificates it asks for.

use std::fmt::Write as _;
use std::path::PathBuf;

use serde::Deserialize;
use toml::Value;

use super::ConfigError;

/// The files of the server's certificate, all in PEM. They are read again when they change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tls {
    /// The server's certificate, followed by those between it and the authority, if there are any.
    pub certificate: PathBuf,
    /// Its private key.
    pub key: PathBuf,
    /// The authority by which clients' certificates are judged; without it they are not asked for.
    pub client_authority: Option<PathBuf>,
    /// Whether a client without a certificate is turned away. One with a bad certificate always is.
    pub require_client_certificate: bool,
}

/// The flags of the server's certificate. Each may also be given in the environment.
#[derive(Clone, Debug, Default, clap::Args)]
pub struct TlsFlags {
    /// File with the server's certificate: with it the server speaks TLS only
    #[arg(long, env = "TREADWELL_TLS_CERTIFICATE", value_name = "FILE")]
    pub tls_certificate: Option<PathBuf>,
    /// File with the certificate's private key
    #[arg(long, env = "TREADWELL_TLS_KEY", value_name = "FILE")]
    pub tls_key: Option<PathBuf>,
    /// File with the authority by which clients' certificates are judged
    #[arg(
        long,
        env = "TREADWELL_TLS_CLIENT_AUTHORITY",
        value_name = "FILE",
        hide_short_help = true
    )]
    pub tls_client_authority: Option<PathBuf>,
    /// Turn clients without a certificate away [default: false]
    #[arg(
        long,
        env = "TREADWELL_TLS_REQUIRE_CLIENT_CERTIFICATE",
        value_name = "BOOL",
        num_args = 0..=1,
        require_equals = true,
        default_missing_value = "true",
        hide_short_help = true
    )]
    pub tls_require_client_certificate: Option<bool>,
}

/// The table, as it is written. Unknown fields are mistakes.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Table {
    certificate: Option<PathBuf>,
    key: Option<PathBuf>,
    client_authority: Option<PathBuf>,
    require_client_certificate: Option<bool>,
}

impl Tls {
    /// The flags over the file's table; none when neither names a certificate.
    pub(super) fn resolve(flags: TlsFlags, file: Table) -> Result<Option<Self>, ConfigError> {
        let certificate = flags.tls_certificate.or(file.certificate);
        let key = flags.tls_key.or(file.key);
        let client_authority = flags.tls_client_authority.or(file.client_authority);
        let require_client_certificate = flags
            .tls_require_client_certificate
            .or(file.require_client_certificate)
            .unwrap_or_default();
        let missing = |given, missing| Err(ConfigError::Missing { given, missing });
        match (certificate, key) {
            (Some(_), Some(_)) if require_client_certificate && client_authority.is_none() => {
                missing("tls.require_client_certificate", "tls.client_authority")
            }
            (Some(certificate), Some(key)) => Ok(Some(Self {
                certificate,
                key,
                client_authority,
                require_client_certificate,
            })),
            (Some(_), None) => missing("tls.certificate", "tls.key"),
            (None, Some(_)) => missing("tls.key", "tls.certificate"),
            (None, None) if client_authority.is_some() => {
                missing("tls.client_authority", "tls.certificate")
            }
            (None, None) if require_client_certificate => {
                missing("tls.require_client_certificate", "tls.certificate")
            }
            (None, None) => Ok(None),
        }
    }

    /// The table as it stands in a file; without a certificate, as it could stand there.
    pub(super) fn to_toml(tls: Option<&Self>) -> String {
        let path = |path: Option<&PathBuf>, example: &str| match path {
            Some(path) => (true, Value::String(path.display().to_string())),
            None => (false, Value::String(example.to_owned())),
        };
        let authority = tls.and_then(|tls| tls.client_authority.as_ref());
        let require = tls.is_some_and(|tls| tls.require_client_certificate);
        let mut text =
            "# With a certificate the server speaks TLS only; `treadwell certificates init` makes one.\n"
                .to_owned();
        text.push_str(if tls.is_some() {
            "[tls]\n"
        } else {
            "# [tls]\n"
        });
        for (comment, name, (given, value)) in [
            (
                "The server's certificate, in PEM. TREADWELL_TLS_CERTIFICATE, --tls-certificate.",
                "certificate",
                path(
                    tls.map(|tls| &tls.certificate),
                    "/etc/treadwell/halifax.example.pem",
                ),
            ),
            (
                "Its private key. TREADWELL_TLS_KEY, --tls-key.",
                "key",
                path(
                    tls.map(|tls| &tls.key),
                    "/etc/treadwell/halifax.example.key",
                ),
            ),
            (
                "By what clients' certificates are judged. TREADWELL_TLS_CLIENT_AUTHORITY, --tls-client-authority.",
                "client_authority",
                path(authority, "/etc/treadwell/authority.pem"),
            ),
            (
                "Whether clients without one are turned away. TREADWELL_TLS_REQUIRE_CLIENT_CERTIFICATE, --tls-require-client-certificate.",
                "require_client_certificate",
                (authority.is_some(), Value::Boolean(require)),
            ),
        ] {
            let mark = if given { "" } else { "# " };
            writeln!(text, "# {comment}\n{mark}{name} = {value}").expect("a String takes all text");
        }
        text
    }
}
