//! What lies between the server and whoever calls it: a certificate, or nothing but this machine.
//!
//! Keys and health data go over the wire, so that plaintext is spoken where no other machine can hear it, or where somebody asked for
//! it by name; then it is said again and again.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use thiserror::Error;
use tokio::sync::watch;

use crate::clock::{Clock, System};
use crate::condition::stopped;
use crate::config::Config;
use crate::tls::{Tls, TlsError};

/// The files of the certificate are looked at so often.
const LOOK_EVERY: Duration = Duration::from_secs(2);

/// What has to be seen to is said so often in the log.
const WARN_EVERY: Duration = Duration::from_hours(1);

/// Why the server does not serve at its address.
#[derive(Debug, Error)]
pub enum TransportError {
    /// Other machines could listen in.
    #[error(
        "on {0} other machines can hear keys and health data in clear: give a certificate with --tls-certificate and --tls-key \
         (`treadwell certificates init` makes one), listen on 127.0.0.1, or allow it by name with \
         --allow-plaintext-beyond-loopback"
    )]
    Plaintext(SocketAddr),
    /// The certificate can not be used.
    #[error(transparent)]
    Tls(#[from] TlsError),
}

/// How the server's address is guarded.
#[derive(Clone, Debug)]
pub(crate) struct Transport {
    tls: Option<Arc<Tls>>,
    /// The address where other machines can hear plaintext.
    exposed: Option<SocketAddr>,
    /// Certificates are judged by the machine's time, as their clients do, also where the clinic's is another.
    clock: Arc<System>,
}

impl Transport {
    /// As the configuration wants it at the address that was bound.
    pub(crate) fn new(config: &Config, address: SocketAddr) -> Result<Self, TransportError> {
        let tls = config.tls.clone().map(Tls::load).transpose()?;
        let alone = address.ip().to_canonical().is_loopback();
        let exposed = (tls.is_none() && !alone).then_some(address);
        if let Some(address) = exposed
            && !config.allow_plaintext_beyond_loopback
        {
            return Err(TransportError::Plaintext(address));
        }
        Ok(Self {
            tls: tls.map(Arc::new),
            exposed,
            clock: Arc::new(System::new()),
        })
    }

    /// The certificate, if there is one.
    pub(crate) fn tls(&self) -> Option<&Arc<Tls>> {
        self.tls.as_ref()
    }

    /// What whoever runs the server has to see to, a sentence each.
    pub(crate) fn warnings(&self) -> Vec<String> {
        let exposed = self.exposed.map(|address| {
            format!(
                "the server speaks plaintext on {address}: other machines can hear keys and health data; give it a certificate \
                 (`treadwell certificates init`)"
            )
        });
        let tls = self.tls.as_ref();
        let tls = tls.map(|tls| tls.warnings(self.clock.now()));
        exposed
            .into_iter()
            .chain(tls.into_iter().flatten())
            .collect()
    }

    /// Reads the certificate anew, and says what came of it; or that there is none.
    pub(crate) async fn reload(&self) {
        if self.tls.is_none() {
            tracing::info!(
                "there is no certificate to read anew: the server speaks plaintext, and goes on"
            );
        }
        self.look(true).await;
    }

    /// Takes what changes in the files, and says again what has to be seen to, until the server stops.
    pub(crate) async fn watch_over(self, mut stopping: watch::Receiver<bool>) {
        let over = async {
            let mut look = tokio::time::interval(LOOK_EVERY);
            let mut warn = tokio::time::interval(WARN_EVERY);
            loop {
                tokio::select! {
                    _ = warn.tick() => self.say(),
                    _ = look.tick() => self.look(false).await,
                }
            }
        };
        tokio::select! {
            () = over => {}
            () = stopped(&mut stopping) => {}
        }
    }

    fn say(&self) {
        for warning in self.warnings() {
            tracing::warn!("{warning}");
        }
    }

    async fn look(&self, asked: bool) {
        let Some(tls) = self.tls.clone() else {
            return;
        };
        let now = self.clock.now();
        // A look that fails by itself changes nothing; there will be another one.
        let _ = tokio::task::spawn_blocking(move || tls.look(now, asked)).await;
    }
}
