//! The command line: for scripts, for people who type, and for the hour when the screens are too much.
//!
//! `args` is the grammar; one file a family of commands turns arguments into calls and answers into a `report`, which
//! has three forms (columns, sentences, JSON); `failure` turns what goes wrong into an exit code and advice. Nothing here
//! judges a rule: the server does. Start at `main`.

mod access;
mod affected;
mod aftercare;
mod appointments;
mod args;
mod audit;
mod availability;
mod backup;
mod board;
mod book;
mod calendar;
#[cfg(feature = "embedded")]
mod certificates;
mod clients;
mod day;
mod docs;
#[cfg(feature = "embedded")]
mod doctor;
#[cfg(feature = "embedded")]
mod embedded;
mod export;
mod failure;
mod find;
mod hold;
mod hygiene;
mod import;
mod keys;
mod names;
mod notes;
mod out;
mod pay;
mod present;
mod prices;
mod receipt;
mod repair;
mod report;
mod reports;
mod rooms;
mod roster;
mod rules;
pub(crate) mod screen;
mod screens;
mod secret;
mod series;
mod session;
mod sign_in;
mod status;
mod stock;
#[cfg(feature = "embedded")]
mod store;
mod therapists;
mod training;
mod turnover;
mod visit;
mod waitlist;
mod watch;

use std::{
    ffi::OsString,
    io::{self, IsTerminal as _, Write as _},
    process::ExitCode,
};

use clap::{CommandFactory as _, Parser as _};
use tokio::runtime::Runtime;

use self::{
    args::{Cli, Command, Global},
    failure::Failure,
    report::{Form, Report},
    session::Session,
};
use crate::config::{Config, Given};

pub use docs::reference;

/// The whole grammar, for documents made from it.
pub fn command() -> clap::Command {
    Cli::command()
}

/// What a run leaves behind.
#[derive(Debug, Default, PartialEq, Eq)]
struct Outcome {
    /// For standard output.
    answer: String,
    /// For standard error.
    complaint: String,
    /// The exit code.
    code: u8,
}

/// Parses the arguments, does what they ask, prints the answer and says how it went.
pub(crate) fn main(arguments: impl Iterator<Item = OsString>) -> ExitCode {
    let arguments: Vec<OsString> = arguments.collect();
    let outcome = match Cli::try_parse_from(&arguments) {
        Ok(cli) => {
            let form = cli.global.form();
            run(cli).unwrap_or_else(|failure| Outcome::new(Err(failure), form, None))
        }
        Err(error) if error.use_stderr() && want_json(&arguments) => {
            Outcome::new(Err(mistake(&error)), Form::Json, None)
        }
        Err(error) => {
            // Help and version are answers, anything else is a mistake; clap knows which and where it is printed.
            let code = u8::try_from(error.exit_code()).unwrap_or(2);
            return if error.print().is_ok() {
                ExitCode::from(code)
            } else {
                ExitCode::FAILURE
            };
        }
    };
    let printed = io::stdout()
        .lock()
        .write_all(outcome.answer.as_bytes())
        .and_then(|()| io::stdout().flush())
        .and_then(|()| io::stderr().write_all(outcome.complaint.as_bytes()));
    match printed {
        Ok(()) => ExitCode::from(outcome.code),
        // Whoever read the answer has seen enough of it.
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => ExitCode::from(outcome.code),
        Err(_) => ExitCode::FAILURE,
    }
}

/// Whether arguments that can not be understood ask for JSON.
fn want_json(arguments: &[OsString]) -> bool {
    let mut options = arguments.iter().take_while(|argument| *argument != "--");
    options.any(|argument| argument == "--json")
}

/// A mistake in the arguments, in clap's words: what is wrong, then what would be right.
fn mistake(error: &clap::Error) -> Failure {
    let text = error.render().to_string();
    let text = text.strip_prefix("error: ").unwrap_or(&text);
    let mut parts = text.trim_end().split("\n\n").map(one_line);
    let failure = Failure::usage(parts.next().unwrap_or_default());
    parts.fold(failure, Failure::advise)
}

fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Does what does not need a server in this process, and hands the rest to [`online`].
fn run(cli: Cli) -> Result<Outcome, Failure> {
    let Cli { global, command } = cli;
    let form = global.form();
    let done = |report| Outcome::new(Ok(report), form, None);
    let command = command.unwrap_or_else(|| Command::Console(screens::ConsoleArgs::default()));
    if global.print_config {
        return in_force(&global, command).map(done);
    }
    match command {
        Command::Completions(args) => Ok(done(docs::completions(&args))),
        Command::Man(args) => docs::man(&args).map(done),
        #[cfg(feature = "embedded")]
        Command::Init(args) => embedded::init(&args).map(done),
        #[cfg(feature = "embedded")]
        Command::Certificates(args) => certificates::run(&args).map(done),
        #[cfg(feature = "embedded")]
        Command::Doctor(args) => doctor::run(args).map(done),
        #[cfg(feature = "embedded")]
        Command::Store(args) => store::run(&args).map(done),
        #[cfg(feature = "embedded")]
        Command::Serve(args) => embedded::serve(args).map(done),
        #[cfg(feature = "embedded")]
        Command::Demo(args) => embedded::demo(&args, &global),
        #[cfg(feature = "embedded")]
        Command::Verify(status::VerifyArgs {
            data: Some(data),
            seal,
        }) => embedded::check(&data, &seal).map(done),
        #[cfg(feature = "embedded")]
        Command::Export(status::ExportArgs { sample: true, .. }) => {
            Ok(done(embedded::sample_file()))
        }
        Command::Console(args) => {
            let config = configured(&global, args.on(global.given()))?;
            runtime()?.block_on(look(&config, form))
        }
        command => {
            let config = configured(&global, global.given())?;
            runtime()?.block_on(async {
                let session = Session::new(&config, form)?;
                Ok(Box::pin(online(&session, command)).await)
            })
        }
    }
}

/// Whether the screens are shown: there is a terminal for them.
fn has_screens(form: Form) -> bool {
    form != Form::Json && io::stdout().is_terminal() && io::stdin().is_terminal()
}

/// Opens the screens; without a terminal there is nobody to look at them, so the board is printed.
async fn look(config: &Config, form: Form) -> Result<Outcome, Failure> {
    if has_screens(form) {
        let left = Box::pin(crate::open(config, form == Form::Plain)).await;
        return left
            .map(|()| Outcome::default())
            .map_err(|problem| Failure::other(format!("{problem:#}")));
    }
    let session = Session::new(config, form)?;
    let board = Command::Board(board::BoardArgs::default());
    Ok(Box::pin(online(&session, board)).await)
}

/// Runs a command against the session's server.
async fn online(session: &Session, command: Command) -> Outcome {
    let result = match &command {
        Command::Board(args) => board::run(session, args).await,
        Command::Rooms(args) => rooms::run(session, args).await,
        Command::Availability(args) => availability::run(session, args).await,
        Command::Book(args) => Box::pin(book::run(session, args)).await,
        Command::Hold(args) => hold::run(session, args).await,
        Command::Appointments(args) => appointments::list(session, args).await,
        Command::Confirm(args) => appointments::confirm(session, args).await,
        Command::Move(args) => appointments::move_to(session, args).await,
        Command::Cancel(args) => appointments::cancel(session, args).await,
        Command::Noshow(args) => appointments::no_show(session, args).await,
        Command::Checkin(args) => visit::check_in(session, args).await,
        Command::Start(args) => visit::start(session, args).await,
        Command::Extend(args) => visit::extend(session, args).await,
        Command::Finish(args) => visit::finish(session, args).await,
        Command::Turnover(args) => turnover::run(session, args).await,
        Command::Out(args) => out::run(session, args).await,
        Command::Repair(args) => repair::run(session, args).await,
        Command::Pay(args) => pay::pay(session, args).await,
        Command::Refund(args) => pay::refund(session, args).await,
        Command::Receipt(args) => receipt::run(session, args).await,
        Command::Totals(args) => pay::totals(session, args).await,
        Command::Prices(args) => prices::prices(session, args).await,
        Command::Taxes(args) => prices::taxes(session, args).await,
        Command::Undo(args) => visit::undo(session, args).await,
        Command::Session(args) => notes::run(session, args).await,
        Command::Aftercare(args) => aftercare::run(session, args).await,
        Command::Day(args) => day::run(session, args).await,
        Command::Screen(args) => screen::run(session, args).await,
        Command::Rules(args) => rules::run(session, args).await,
        Command::Clients(args) => clients::run(session, args).await,
        Command::Therapists(args) => therapists::run(session, args).await,
        Command::Training(args) => training::run(session, args).await,
        Command::Waitlist(args) => waitlist::run(session, args).await,
        Command::Roster(args) => roster::run(session, args).await,
        Command::Report(args) => reports::run(session, args).await,
        Command::Stock(args) => stock::run(session, args).await,
        Command::Hygiene(args) => hygiene::run(session, args).await,
        Command::Calendar(args) => calendar::run(session, args).await,
        Command::Import(args) => Box::pin(import::run(session, args)).await,
        Command::Watch(args) => watch::run(session, args).await,
        Command::Keys(args) => keys::run(session, args).await,
        Command::Audit(args) => audit::run(session, args).await,
        Command::Backup(args) => backup::run(session, args).await,
        Command::Access(args) => access::run(session, args).await,
        Command::SignIn(args) => sign_in::sign_in(session, args).await,
        Command::SignOut(args) => sign_in::sign_out(session, args).await,
        Command::Status(args) => status::status(session, args).await,
        Command::Verify(_) => status::verify(session).await,
        Command::Export(args) => status::export(session, args).await,
        Command::Completions(args) => Ok(docs::completions(args)),
        Command::Man(args) => docs::man(args),
        Command::Console(_) => board::run(session, &board::BoardArgs::default()).await,
        #[cfg(feature = "embedded")]
        Command::Init(_)
        | Command::Certificates(_)
        | Command::Doctor(_)
        | Command::Store(_)
        | Command::Serve(_)
        | Command::Demo(_) => Err(Failure::usage("this command runs without a server")),
    };
    Outcome::new(result, session.form, session.names_if_known())
}

impl Outcome {
    fn new(result: Result<Report, Failure>, form: Form, names: Option<&names::Names>) -> Self {
        match result {
            Ok(report) => Self {
                answer: report.render(form),
                complaint: report.complaint(form),
                code: report.exit,
            },
            Err(failure) => Self {
                answer: String::new(),
                complaint: if form == Form::Json {
                    failure.json()
                } else {
                    failure.text(names)
                },
                code: failure.class.exit_code(),
            },
        }
    }
}

impl Global {
    fn form(&self) -> Form {
        match (self.json, self.plain) {
            (true, _) => Form::Json,
            (false, true) => Form::Plain,
            (false, false) => Form::Text,
        }
    }
}

fn configured(global: &Global, given: Given) -> Result<Config, Failure> {
    let environment = |name: &str| std::env::var(name).ok();
    Ok(Config::load(global.config.as_deref(), environment, given)?)
}

/// The configuration that a command would run with: the server's for the one that serves, otherwise this program's.
fn in_force(global: &Global, command: Command) -> Result<Report, Failure> {
    let text = match command {
        #[cfg(feature = "embedded")]
        Command::Serve(args) => args.config()?.to_toml(),
        Command::Console(args) => configured(global, args.on(global.given()))?.print(),
        _ => configured(global, global.given())?.print(),
    };
    let mut report = Report::default();
    report.verbatim(text);
    Ok(report)
}

fn runtime() -> Result<Runtime, Failure> {
    tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .map_err(|error| Failure::other(format!("this process can not start: {error}")))
}

#[cfg(test)]
mod tests;
