//! The server as a program: logging, signals, exit.

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use tokio::signal::unix::{SignalKind, signal};
use tracing_subscriber::EnvFilter;

use crate::config::{Config, LogFormat};
use crate::server::Server;

/// Serves until a signal asks to stop, or nothing can be written any more. Blocks; the error is one
/// sentence for a person.
pub fn run(config: Config) -> anyhow::Result<()> {
    log(&config)?;
    for problem in treadwell_harden::keep_memory_private() {
        tracing::warn!("{problem}");
    }
    raise_open_files();
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()?;
    let ended = runtime.block_on(serve(config));
    // What could still be waited for was; work that hangs on a failed disk ends with the process.
    runtime.shutdown_background();
    ended
}

async fn serve(config: Config) -> anyhow::Result<()> {
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    // With a certificate or without: a terminal that goes, or whoever asks all services to read their files anew, ends no clinic.
    let mut hangup = signal(SignalKind::hangup())?;
    let mut server = Server::start(config, None).await?;
    let ended = loop {
        tokio::select! {
            error = server.failed() => break Err(error),
            _ = terminate.recv() => break Ok(()),
            _ = interrupt.recv() => break Ok(()),
            _ = hangup.recv() => server.reload_certificate().await,
        }
    };
    let ending = async {
        match &ended {
            Ok(()) => server.stop().await,
            Err(_) => server.give_up().await,
        }
    };
    tokio::select! {
        () = ending => {}
        // A second signal means now.
        _ = terminate.recv() => {}
        _ = interrupt.recv() => {}
    }
    Ok(ended?)
}

/// Each connection is an open file, and what a process begins with may be far fewer than it may have.
fn raise_open_files() {
    let limit = getrlimit(Resource::Nofile);
    let raised = Rlimit {
        current: limit.maximum,
        maximum: limit.maximum,
    };
    if let Err(error) = setrlimit(Resource::Nofile, raised) {
        tracing::warn!(%error, "no more connections can be open than the system's limit of open files lets be");
    }
}

/// Log lines go to standard error, so that output stays what was asked for.
fn log(config: &Config) -> anyhow::Result<()> {
    let filter = EnvFilter::try_new(&config.log)
        .map_err(|error| anyhow::anyhow!("log: {error}; give a filter such as info"))?;
    let builder = tracing_subscriber::fmt()
        .with_env_filter(filter)
        // What can not be written, because the terminal has gone, can not be complained of there either.
        .log_internal_errors(false)
        .with_writer(std::io::stderr);
    let set = match config.log_format {
        LogFormat::Text => builder.with_ansi(false).try_init(),
        LogFormat::Json => builder.json().try_init(),
    };
    set.map_err(|error| anyhow::anyhow!("logging can not be set up: {error}"))
}
