//! `init`, `serve`, `demo`, `verify --data` and `export --sample`: by the server's library, in this process.

use std::{
    net::SocketAddr,
    path::{Path, PathBuf},
};

use clap::Args;
use jiff::Timestamp;
use serde::Serialize;
use treadwell_server::{config, sample, setup, verify};

use super::{
    Outcome,
    args::{Change, Global},
    configured,
    failure::Failure,
    has_screens, look,
    report::{Form, Report},
    runtime,
    session::{self, Session},
    status::{VerifyJson, exported, verdict},
};
use crate::config::{Config, Source};

#[derive(Debug, Args)]
pub(crate) struct InitArgs {
    /// The clinic: sites, rooms, services, rule sets, therapists, policy and roster
    #[arg(long, value_name = "FILE")]
    from: PathBuf,
    /// The folder to create
    #[arg(long, value_name = "DIR", env = "TREADWELL_DATA")]
    data: PathBuf,
    #[command(flatten)]
    seal: config::SealFlags,
    /// Loads the file as of this instant instead of the machine's time
    #[arg(
        long,
        value_name = "INSTANT",
        env = "TREADWELL_CLOCK_START",
        hide = true
    )]
    clock_start: Option<Timestamp>,
}

#[derive(Debug, Args)]
pub(crate) struct ServeArgs {
    #[command(flatten)]
    flags: config::Flags,
}

#[derive(Debug, Args)]
pub(crate) struct DemoArgs {
    /// The demo's folder [default: treadwell-demo in the user's data folder]
    #[arg(long, value_name = "DIR")]
    data: Option<PathBuf>,
    /// Throws the demo's data away and starts anew; asks first
    #[arg(long)]
    fresh: bool,
    /// Does not ask
    #[arg(long)]
    yes: bool,
    /// The address that the demo's server listens on [default: any free port of this machine]
    #[arg(
        long,
        value_name = "ADDR",
        default_value = "127.0.0.1:0",
        hide_default_value = true
    )]
    listen: SocketAddr,
}

/// What `init --json` prints.
#[derive(Serialize)]
struct InitJson<'a> {
    data: &'a Path,
    /// The owner's key; shown only now.
    secret: &'a str,
    /// The file that opens what is sealed. It has to be kept elsewhere, too.
    seal_key: &'a Path,
}

/// Creates a clinic. A mistake in the file creates nothing.
pub(crate) fn init(args: &InitArgs) -> Result<Report, Failure> {
    let text = std::fs::read_to_string(&args.from)
        .map_err(|error| Failure::usage(format!("{}: {error}", args.from.display())))?;
    let key_file = args.seal.seal_key.clone();
    let created = runtime()?.block_on(setup::init(&args.data, key_file, &text, args.clock_start));
    let created = created.map_err(|error| match error {
        setup::InitError::File(mistakes) => {
            Failure::usage(format!("{} is wrong:\n{mistakes}", args.from.display()))
        }
        other => Failure::other(other.to_string()),
    })?;
    let mut report = Report::default();
    let folder = args.data.display();
    report.line(format!(
        "The clinic is in {folder}. The owner's key, shown only now:"
    ));
    report.line(&created.secret);
    report.line(format!("Run it with `treadwell serve --data {folder}`; then `treadwell --key ... keys create` makes the others."));
    let key_file = created.key_file.display();
    report.line(if created.key_file_is_new {
        format!(
            "A seal key was made: {key_file}. What belongs to clients is sealed with it and lost without it. Keep a copy of it \
             elsewhere, and apart from copies of the data folder."
        )
    } else {
        format!("What belongs to clients is sealed with the seal key {key_file}, which was there.")
    });
    report.object(&InitJson {
        data: &args.data,
        secret: &created.secret,
        seal_key: &created.key_file,
    });
    Ok(report)
}

/// Serves until it is told to stop.
pub(crate) fn serve(args: ServeArgs) -> Result<Report, Failure> {
    treadwell_server::run(args.config()?).map_err(|error| Failure::other(error.to_string()))?;
    Ok(Report::default())
}

impl ServeArgs {
    /// The server's configuration in force.
    pub(crate) fn config(self) -> Result<config::Config, Failure> {
        config::Config::load(self.flags).map_err(|error| Failure::usage(error.to_string()))
    }
}

/// The sample clinic as the file that `init --from` reads.
pub(crate) fn sample_file() -> Report {
    exported(sample::CLINIC)
}

/// The sample clinic with its server in this process: the screens on a terminal, otherwise the board, printed.
pub(crate) fn demo(args: &DemoArgs, global: &Global) -> Result<Outcome, Failure> {
    let form = global.form();
    let mut config = configured(global, global.given())?;
    let Some(data) = args.data.clone().or_else(sample::default_data) else {
        return Err(Failure::usage(
            "there is no home folder for the demo; name a folder with --data",
        ));
    };
    if args.fresh && sample::holds_demo(&data) {
        let change = Change {
            yes: args.yes,
            ..Change::default()
        };
        session::confirm(
            form,
            &change,
            &format!("This throws away the demo in {}.", data.display()),
        )?;
        sample::discard(&data).map_err(|error| Failure::other(error.to_string()))?;
    }
    let runtime = runtime()?;
    let demo = runtime
        .block_on(sample::open(&data, args.listen))
        .map_err(|error| Failure::other(error.to_string()))?;
    config.call_here(&demo.handle.address().to_string());
    config.key.value = demo.desk;
    // Its keys are shown nowhere, so nobody could unlock it.
    config.lock_minutes.value = 0;
    config.lock_at_start.value = false;
    let found = runtime.block_on(knows_site(&config, form));
    if config.site.source != Source::Flag && !found {
        // It is a site of another clinic.
        config.site.value.clear();
        config.site.source = Source::Default;
    }
    if has_screens(form) && config.site.source == Source::Default {
        sample::DESK.clone_into(&mut config.site.value);
    }
    let outcome = runtime.block_on(look(&config, form));
    runtime.block_on(demo.handle.stop());
    outcome
}

/// Whether the server has the configured site; true without one.
async fn knows_site(config: &Config, form: Form) -> bool {
    match Session::new(config, form) {
        Ok(session) => config.site.value.is_empty() || session.sites(None).await.is_ok(),
        Err(_) => true,
    }
}

/// Checks a data folder that no server is using.
pub(crate) fn check(data: &Path, seal: &config::SealFlags) -> Result<Report, Failure> {
    let found = runtime()?
        .block_on(verify::folder(data, &seal.of(data)))
        .map_err(Failure::other)?;
    Ok(verdict(&VerifyJson {
        sound: found.problems.is_empty(),
        revision: found.revision,
        store_format: found.format.into(),
        oldest_revision: found.oldest,
        commit_count: found.commits,
        record_count: found.records,
        problems: &found.problems,
    }))
}
