//! The command line's grammar: what every command shares, and the list of commands.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};

use crate::{cli, config::Given};

const EXIT_CODES: &str = "\
Exit codes:
  0  ok
  1  any other failure
  2  usage: wrong arguments, or something named that is not there
  3  nothing free
  4  refused by screening
  5  conflict: something is in the way or has changed
  6  the server can not be reached or takes no changes
  7  not allowed

Days and times are in the site's zone and relative to the clinic's now:
  15:00   3pm   fri   \"tomorrow 2pm\"   +2w   +90m   \"2026-10-14 14:00\"";

/// Runs a barefoot-massage clinic from the terminal. Without a command it opens the screens.
#[derive(Debug, Parser)]
#[command(name = "treadwell", version, after_help = EXIT_CODES, max_term_width = 100, disable_help_subcommand = true)]
pub(crate) struct Cli {
    #[command(flatten)]
    pub(crate) global: Global,
    #[command(subcommand)]
    pub(crate) command: Option<Command>,
}

/// What every command understands.
#[derive(Debug, Args)]
pub(crate) struct Global {
    #[arg(
        long,
        global = true,
        value_name = "FILE",
        help_heading = "Everywhere",
        help = "Configuration file [default: treadwell/console.toml in the user's configuration folder] [env: TREADWELL_CONSOLE_CONFIG]"
    )]
    pub(crate) config: Option<PathBuf>,
    #[arg(
        long,
        global = true,
        value_name = "ADDR",
        help_heading = "Everywhere",
        help = "The server's address; https:// or an authority encrypts the link [default: 127.0.0.1:7450] [env: TREADWELL_SERVER]"
    )]
    pub(crate) server: Option<String>,
    #[arg(
        long,
        global = true,
        value_name = "KEY",
        help_heading = "Everywhere",
        help = "The key's secret; visible to other users of this machine, so rather use a file or the environment [env: TREADWELL_KEY]"
    )]
    pub(crate) key: Option<String>,
    #[arg(
        long,
        global = true,
        value_name = "FILE",
        conflicts_with = "key",
        help_heading = "Everywhere",
        help = "A file with the key's secret [env: TREADWELL_KEY_FILE]"
    )]
    pub(crate) key_file: Option<PathBuf>,
    #[arg(
        long,
        global = true,
        value_name = "FILE",
        help_heading = "Everywhere",
        help = "The authority by which the server's certificate is judged: with it the link is encrypted [env: TREADWELL_AUTHORITY]"
    )]
    pub(crate) authority: Option<PathBuf>,
    #[arg(
        long,
        global = true,
        value_name = "FILE",
        help_heading = "Everywhere",
        help = "This client's certificate, for a server that asks for one [env: TREADWELL_CLIENT_CERTIFICATE]"
    )]
    pub(crate) client_certificate: Option<PathBuf>,
    #[arg(
        long,
        global = true,
        value_name = "FILE",
        help_heading = "Everywhere",
        help = "The certificate's private key [env: TREADWELL_CLIENT_KEY]"
    )]
    pub(crate) client_key: Option<PathBuf>,
    #[arg(
        long,
        global = true,
        value_name = "TIME",
        help_heading = "Everywhere",
        help = "The longest that a call may take, for example 10s or 500ms [default: 10s] [env: TREADWELL_TIMEOUT]"
    )]
    pub(crate) timeout: Option<String>,
    /// Answers as JSON, one object a line; errors too, on standard error
    #[arg(
        long,
        global = true,
        conflicts_with = "plain",
        help_heading = "Everywhere"
    )]
    pub(crate) json: bool,
    /// Answers without columns: one sentence a line, for screen readers and logs
    #[arg(long, global = true, help_heading = "Everywhere")]
    pub(crate) plain: bool,
    /// Shows the configuration in force and where each value is from, and does nothing else
    #[arg(long, global = true, help_heading = "Everywhere")]
    pub(crate) print_config: bool,
}

impl Global {
    /// The settings among the flags.
    pub(crate) fn given(&self) -> Given {
        Given {
            server: self.server.clone(),
            key: self.key.clone(),
            key_file: self.key_file.clone(),
            authority: self.authority.clone(),
            client_certificate: self.client_certificate.clone(),
            client_key: self.client_key.clone(),
            timeout: self.timeout.clone(),
            ..Given::default()
        }
    }
}

/// What every change understands.
#[derive(Clone, Debug, Default, Args)]
pub(crate) struct Change {
    /// Names this change, so that sending it again acts once [default: a new one]
    #[arg(long, value_name = "ID", help_heading = "Changes")]
    pub(crate) request_id: Option<String>,
    /// Only says what would happen
    #[arg(long, help_heading = "Changes")]
    pub(crate) dry_run: bool,
    /// Does not ask before what can not easily be taken back
    #[arg(long, help_heading = "Changes")]
    pub(crate) yes: bool,
    /// Why, for the audit trail; no health data
    #[arg(long, value_name = "TEXT", help_heading = "Changes")]
    pub(crate) why: Option<String>,
}

/// Where and when, for commands about one site.
#[derive(Clone, Debug, Default, Args)]
pub(crate) struct AtSite {
    /// The site, by id or name [default: the one in the configuration]
    #[arg(long, value_name = "SITE")]
    pub(crate) site: Option<String>,
}

/// The commands.
#[derive(Debug, Subcommand)]
#[command(disable_help_subcommand = true)]
pub(crate) enum Command {
    /// Opens the screens (as without a command)
    Console(cli::screens::ConsoleArgs),
    /// Shows every room as it is now, and what needs somebody
    Board(cli::board::BoardArgs),
    /// Says which rooms are free, and until when
    Rooms(cli::rooms::RoomsArgs),
    /// Searches places that can be booked, or says why one can not
    Availability(cli::availability::AvailabilityArgs),
    /// Books an appointment
    Book(cli::book::BookArgs),
    /// Keeps a place for a few minutes, gives one back, or lists them
    Hold(cli::hold::HoldArgs),
    /// Shows one appointment, or lists them
    Appointments(cli::appointments::AppointmentsArgs),
    /// Notes that the client has confirmed
    Confirm(cli::appointments::ConfirmArgs),
    /// Moves an appointment to another time, room, therapist or site
    Move(cli::appointments::MoveArgs),
    /// Cancels an appointment
    Cancel(cli::appointments::CancelArgs),
    /// Notes that the client did not come
    Noshow(cli::appointments::NoshowArgs),
    /// Notes that the client is here
    Checkin(cli::visit::CheckinArgs),
    /// Begins a session
    Start(cli::visit::StartArgs),
    /// Lengthens a booked or running session
    Extend(cli::visit::ExtendArgs),
    /// Ends a session; its room goes into turnover
    Finish(cli::visit::FinishArgs),
    /// Shows open checklists, or ticks the items of one
    Turnover(cli::turnover::TurnoverArgs),
    /// Takes a room or only its bars out of service, puts it back, or lists what is out
    Out(cli::out::OutArgs),
    /// Says what a disruption hits and what mends it, does that, or lists whom to call about it
    Repair(cli::repair::RepairArgs),
    /// Takes a payment, or shows what an appointment costs and what is due
    Pay(cli::pay::PayArgs),
    /// Pays money back
    Refund(cli::pay::RefundArgs),
    /// Issues, shows, copies, voids and lists receipts
    Receipt(cli::receipt::ReceiptArgs),
    /// Shows what a day brought in, by site, therapist and method
    Totals(cli::pay::TotalsArgs),
    /// Shows what things cost from when on, or sets a price
    Prices(cli::prices::PricesArgs),
    /// Shows the taxes and the business on receipts, or changes them
    Taxes(cli::prices::TaxesArgs),
    /// Takes back this key's latest operation of the last 10 minutes
    Undo(cli::visit::UndoArgs),
    /// Shows, writes and signs the notes on a session
    Session(cli::notes::SessionArgs),
    /// Shows, prints or records the advice that a client takes home
    Aftercare(cli::aftercare::AftercareArgs),
    /// Shows a site's day, or prints it on paper
    Day(cli::day::DayArgs),
    /// Says whether a client may be treated, records answers, or reviews
    Screen(cli::screen::ScreenArgs),
    /// Shows the screening rules and their history, edits them from a file, prints them as a form
    Rules(cli::rules::RulesArgs),
    /// Finds, shows, adds and changes clients, exports and erases their records
    #[command(alias = "client")]
    Clients(cli::clients::ClientsArgs),
    /// Lists therapists, attests today's foot care, or renews what they have to show
    Therapists(cli::therapists::TherapistsArgs),
    /// Shows the training log, enters and corrects what therapists learned
    Training(cli::training::TrainingArgs),
    /// Shows who waits for a place, makes offers, and notes what becomes of them
    Waitlist(cli::waitlist::WaitlistArgs),
    /// Shows and changes who works where and when: weeks, shifts, time off, closed days
    Roster(cli::roster::RosterArgs),
    /// Makes a report: utilization, no-shows, screening, turnover times, waitlist, stock use, by site and week; or who may do what
    Report(cli::reports::ReportArgs),
    /// Shows and moves stock, and says what needs somebody soon
    Stock(cli::stock::StockArgs),
    /// Shows a day's hygiene log, notes own items, records inspections
    Hygiene(cli::hygiene::HygieneArgs),
    /// Tells every change as it happens, until interrupted
    Watch(cli::watch::WatchArgs),
    /// Makes, lists and revokes keys, and sets passphrases
    Keys(cli::keys::KeysArgs),
    /// Shows who did what, to whose records, when, from where and why; checks it, and adds notes to it
    Audit(cli::audit::AuditArgs),
    /// Takes a backup in the server's backup folder, or lists those that are there
    Backup(cli::backup::BackupArgs),
    /// Shows which role may make which call
    Access(cli::access::AccessArgs),
    /// Opens a session with the passphrase of a key and prints its secret
    SignIn(cli::sign_in::SignInArgs),
    /// Closes the session whose secret is used
    SignOut(cli::sign_in::SignOutArgs),
    /// Says how the server is and who calls
    Status(cli::status::StatusArgs),
    /// Checks the whole journal against the records
    Verify(cli::status::VerifyArgs),
    /// Writes a therapist's or a room's calendar as an iCalendar file, or all of them
    Calendar(cli::calendar::CalendarArgs),
    /// Brings clients or appointments in from a file: all of its lines, or none
    Import(cli::import::ImportArgs),
    /// Writes clients or appointments as a file, or the catalog as one that `init --from` reads
    Export(cli::status::ExportArgs),
    /// Creates a clinic's data folder out of a file and prints the owner's key
    #[cfg(feature = "embedded")]
    Init(cli::embedded::InitArgs),
    /// Makes a private authority for the clinic's sites, and its servers' and consoles' certificates
    #[cfg(feature = "embedded")]
    Certificates(cli::certificates::CertificatesArgs),
    /// Looks at where the server runs: folder, disk, address, limits, journal; and says what to see to
    #[cfg(feature = "embedded")]
    Doctor(cli::doctor::DoctorArgs),
    /// Checks a data folder that no server is using, takes what is sound in a damaged one into a new one, restores a backup, or
    /// changes the seal key
    #[cfg(feature = "embedded")]
    Store(cli::store::StoreArgs),
    /// Runs the server alone
    #[cfg(feature = "embedded")]
    Serve(cli::embedded::ServeArgs),
    /// Opens the sample clinic: server and screens in one
    #[cfg(feature = "embedded")]
    Demo(cli::embedded::DemoArgs),
    /// Prints a shell's completion script
    Completions(cli::docs::CompletionsArgs),
    /// Prints the manual page, or writes one a command
    Man(cli::docs::ManArgs),
}
