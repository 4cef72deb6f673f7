//! A whole server in this process: its store, its engine and its services.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use thiserror::Error;
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinHandle;
use treadwell_journal::disk::{Disk, RealDisk};
use treadwell_journal::embedded::{self, Embedded, OpenReport};

use crate::audit::{self, Ledger};
use crate::backup::Backups;
use crate::clock::{Clock, Injected, System};
use crate::config::Config;
use crate::engine::{self, Engine, OpenError};
use crate::grpc;
use crate::keyring::open;
use crate::metrics::Metrics;
use crate::metrics::journal::Metered;
use crate::scrub::Scrub;
use crate::transport::{Transport, TransportError};

#[cfg(test)]
mod tests;

/// The longest that a server which has failed waits for its calls to end.
const FAILURE_GRACE: Duration = Duration::from_secs(2);

/// How long a stop waits for a commit that vouches for the audit trail: a backup on a disk that stands still may be in its way.
const VOUCHING: Duration = Duration::from_secs(5);

/// Why a server does not start. Each is one sentence that says what to do.
#[derive(Debug, Error)]
pub enum StartError {
    /// The data folder can not be opened.
    #[error(transparent)]
    Journal(#[from] treadwell_journal::Error),
    /// What is in the data folder can not be read.
    #[error(transparent)]
    Open(#[from] OpenError),
    /// Its address is not guarded.
    #[error(transparent)]
    Transport(#[from] TransportError),
    /// The address can not be listened on.
    #[error("can not listen on {address}: {error}; name another address with {flag}")]
    Listen {
        /// The address.
        address: SocketAddr,
        /// How another one is named.
        flag: &'static str,
        /// What the system says.
        error: std::io::Error,
    },
}

/// Why a server ended by itself.
#[derive(Debug, Error)]
pub enum ServeError {
    /// It can not write any more.
    #[error("the server has stopped: {0}")]
    Failed(String),
    /// It can not note in the audit trail who reads what.
    #[error("the server has stopped, because its audit trail can not be written: {0}")]
    Audit(String),
    /// It can not take connections any more.
    #[error("the server can not take connections any more: {0}")]
    Transport(String),
}

/// Starts servers.
#[derive(Debug)]
pub struct Server;

/// A running server. Dropping it without [`Handle::stop`] leaves it as a crash would.
#[derive(Debug)]
pub struct Handle {
    address: SocketAddr,
    metrics_address: Option<SocketAddr>,
    engine: Engine,
    ledger: Ledger,
    backups: Backups,
    transport: Transport,
    stopping: watch::Sender<bool>,
    serving: JoinHandle<()>,
    grace: Duration,
}

impl Server {
    /// Opens the store in the data folder and serves it by `clock`, or by the clock that the
    /// configuration asks for.
    pub async fn start(
        config: Config,
        clock: Option<Arc<dyn Clock>>,
    ) -> Result<Handle, StartError> {
        Self::start_on(Arc::new(RealDisk), config, clock).await
    }

    /// As [`Server::start`], with the journal's files on another disk: for tests of what slow and failing ones do.
    pub async fn start_on(
        disk: Arc<dyn Disk>,
        config: Config,
        clock: Option<Arc<dyn Clock>>,
    ) -> Result<Handle, StartError> {
        // Before the store is opened, which may take a while: a taken address is told at once.
        let (listener, address) = listen(config.listen, "--listen").await?;
        let metrics_listener = match config.metrics_listen {
            Some(address) => Some(listen(address, "--metrics-listen").await?),
            None => None,
        };
        let transport = Transport::new(&config, address)?;
        let clock = clock.unwrap_or_else(|| clock_of(&config));
        let options = journal_options(&config);
        let opening = Embedded::open_on(Arc::clone(&disk), &config.data, options.clone());
        let (journal, report) = opening.await?;
        tell(&report);
        let journal = Arc::new(journal);
        let key_file = config.key_file();
        let keys = open::of(
            Arc::clone(&disk),
            &config.data,
            &key_file,
            &*journal,
            report.head,
        )
        .await?;
        let trail = audit::journal(disk, &config.data, journal.clinic_id(), options).await?;
        let trail = Arc::new(trail);
        let ledger = Ledger::open(Arc::clone(&trail) as _, Arc::clone(&keys)).await?;
        audit::look_for_gap(&ledger, &*journal, clock.now()).await?;
        let options = engine::Options {
            queue_commands: config.calls,
            ..engine::Options::default()
        };
        let metrics = Metrics::default();
        let metered = Metered::new(Arc::clone(&journal) as _, metrics.clone(), ledger.mark());
        let engine = Engine::open(Arc::new(metered), keys, clock, options).await?;
        let (stopping, stopped) = watch::channel(false);
        let grace = config.grace;
        tracing::info!(
            %address,
            tls = transport.tls().is_some(),
            revision = engine.snapshot().revision,
            "serving"
        );
        tokio::spawn(transport.clone().watch_over(stopped.clone()));
        let scrub = Scrub::default();
        let days = config.history_keep_days;
        tokio::spawn(scrub.clone().keep_up(
            engine.clone(),
            Arc::clone(&journal),
            days,
            stopped.clone(),
        ));
        let backups = Backups::new(
            config.backup.clone(),
            engine.clone(),
            Arc::clone(&journal),
            Arc::clone(&trail),
        );
        tokio::spawn(backups.clone().keep_up(stopped.clone()));
        tokio::spawn(backups.clone().follow_on(stopped.clone()));
        tokio::spawn(audit::vouch::keep_up(
            ledger.clone(),
            engine.clone(),
            stopped.clone(),
        ));
        let metrics_address = metrics_listener.as_ref().map(|(_, address)| *address);
        let parts = grpc::server::Parts {
            engine: engine.clone(),
            journal,
            trail,
            ledger: ledger.clone(),
            listener,
            transport: transport.clone(),
            scrub,
            backups: backups.clone(),
            metrics,
            metrics_listener: metrics_listener.map(|(listener, _)| listener),
            stopping: stopped,
        };
        let serving = tokio::spawn(async move { grpc::server::serve(&config, parts).await });
        Ok(Handle {
            address,
            metrics_address,
            engine,
            ledger,
            backups,
            transport,
            stopping,
            serving,
            grace,
        })
    }
}

impl Handle {
    /// The address that it listens on, with the port that it was given.
    pub const fn address(&self) -> SocketAddr {
        self.address
    }

    /// The address at which it shows its metrics, with the port that it was given; none when it was not told to.
    pub const fn metrics_address(&self) -> Option<SocketAddr> {
        self.metrics_address
    }

    /// Its engine.
    pub const fn engine(&self) -> &Engine {
        &self.engine
    }

    /// Reads the certificate anew for new connections, and says in the log what came of it, also that there is none. (It is read anew by itself, too, when its
    /// files change.)
    pub async fn reload_certificate(&self) {
        self.transport.reload().await;
    }

    /// Resolves when the server has ended by itself, with the reason.
    pub async fn failed(&mut self) -> ServeError {
        tokio::select! {
            why = self.engine.failed() => ServeError::Failed(why),
            why = self.ledger.failed() => ServeError::Audit(why),
            ended = &mut self.serving => ServeError::Transport(match ended {
                Ok(()) => "it has ended".to_owned(),
                Err(error) => error.to_string(),
            }),
        }
    }

    /// Takes no new calls, lets those under way end within the grace, ends watches with their resume
    /// point, and closes the store.
    pub async fn stop(mut self) {
        tracing::info!("stopping");
        self.end(self.grace).await;
        // Its end are the counts of what was done again: these are vouched for, too.
        self.ledger.close().await;
        let vouching = audit::vouch::once(&self.ledger, &self.engine);
        let vouched = tokio::time::timeout(VOUCHING, vouching).await;
        if let Err(why) = vouched.unwrap_or_else(|_| Err("the store does not answer".to_owned())) {
            tracing::warn!(
                why,
                "no commit vouches for the newest entries of the audit trail"
            );
        }
        self.engine.close().await;
        self.backups.follow_at_the_stop().await;
        tracing::info!(revision = self.engine.snapshot().revision, "stopped");
    }

    /// After it has failed: as [`Handle::stop`], with less patience. What calls were answered, and where
    /// watches may go on, still reaches those who wait for it; the store is left as it is.
    pub async fn give_up(mut self) {
        self.end(self.grace.min(FAILURE_GRACE)).await;
        self.backups.follow_at_the_stop().await;
    }

    async fn end(&mut self, grace: Duration) {
        self.stopping.send_replace(true);
        if !self.serving.is_finished()
            && tokio::time::timeout(grace, &mut self.serving)
                .await
                .is_err()
        {
            tracing::warn!("calls were still under way at the end of the grace");
            self.serving.abort();
        }
    }
}

/// A listener, and the address that it was given.
async fn listen(
    address: SocketAddr,
    flag: &'static str,
) -> Result<(TcpListener, SocketAddr), StartError> {
    let failed = |error| StartError::Listen {
        address,
        flag,
        error,
    };
    let listener = TcpListener::bind(address).await.map_err(failed)?;
    let address = listener.local_addr().map_err(failed)?;
    Ok((listener, address))
}

/// The clock that a configuration asks for.
fn clock_of(config: &Config) -> Arc<dyn Clock> {
    match config.clock_start {
        Some(start) => Arc::new(Injected::running(start)),
        None => Arc::new(System::new()),
    }
}

/// How the journal of a configuration is opened.
pub(crate) fn journal_options(config: &Config) -> embedded::Options {
    embedded::Options {
        watermark_bytes: config.free_disk_mib << 20,
        ..embedded::Options::default()
    }
}

fn tell(report: &OpenReport) {
    tracing::info!(
        revision = report.head,
        records = report.records,
        replayed = report.replayed_commits,
        "the store is open"
    );
    if let Some(torn) = &report.torn_tail {
        tracing::warn!(
            after = torn.after,
            bytes = torn.bytes,
            file = torn.file,
            "the last group of the journal is not whole and was set aside in quarantine/: a write that was cut \
             short can not be told from one that was acknowledged and damaged later"
        );
    }
    if let Some(why) = &report.records_rebuilt {
        tracing::warn!(why, "the records were rebuilt from the journal");
    }
    if report.writes_refused {
        tracing::error!("the disk is full: writes are refused until there is room and a restart");
    }
}
