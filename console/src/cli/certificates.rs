//! `certificates`: a private authority for the clinic's sites, by the server's library, in this process.

use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};
use serde::Serialize;
use treadwell_server::{
    certificates::{self, CertificatesError, Issued, Party, Wanted},
    clock::{Clock as _, System},
};

use super::{failure::Failure, report::Report};

#[derive(Debug, Args)]
pub(crate) struct CertificatesArgs {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// Makes an authority (good for 10 years) and certificates by it (good for a year); overwrites nothing
    Init(Which),
    /// Makes more certificates by an authority that is there
    Add(Which),
    /// Makes certificates anew, all of them unless some are named; their keys stay
    Renew(Renewed),
}

#[derive(Debug, Args)]
struct Which {
    /// The authority's folder
    #[arg(value_name = "DIR")]
    folder: PathBuf,
    /// A server, by the name or address that clients call it by; by all of them, with commas between
    #[arg(long = "name", value_name = "NAME[,NAME]")]
    servers: Vec<String>,
    /// A console or another client, for servers that ask for clients' certificates
    #[arg(long = "client", value_name = "NAME")]
    clients: Vec<String>,
}

#[derive(Debug, Args)]
struct Renewed {
    /// The authority's folder
    #[arg(value_name = "DIR")]
    folder: PathBuf,
    /// A certificate, by the name of its file without .pem
    #[arg(long = "name", value_name = "NAME")]
    names: Vec<String>,
}

/// What `certificates --json` prints for each certificate.
#[derive(Serialize)]
struct CertificateJson<'a> {
    /// `server` or `client`.
    party: &'static str,
    names: &'a [String],
    certificate: &'a Path,
    key: &'a Path,
    /// What the other side trusts.
    authority: &'a Path,
    valid_until: String,
}

pub(crate) fn run(args: &CertificatesArgs) -> Result<Report, Failure> {
    let now = System::new().now();
    match &args.action {
        Action::Init(which) => {
            let made = certificates::init(&which.folder, &which.wanted(), now);
            let mut report = told(&which.folder, &made.map_err(failure)?);
            report.line(format!(
                "Keep {} where no server is, and where nobody else gets at it: whoever has authority.key in it can pass for any server.",
                which.folder.display()
            ));
            Ok(report)
        }
        Action::Add(which) => {
            let made = certificates::add(&which.folder, &which.wanted(), now);
            Ok(told(&which.folder, &made.map_err(failure)?))
        }
        Action::Renew(which) => {
            let made = certificates::renew(&which.folder, &which.names, now);
            Ok(renewed(&which.folder, &made.map_err(failure)?))
        }
    }
}

impl Which {
    fn wanted(&self) -> Vec<Wanted> {
        let servers = self.servers.iter().map(|names| Wanted {
            party: Party::Server,
            names: names
                .split(',')
                .map(|name| name.trim().to_owned())
                .collect(),
        });
        let clients = self.clients.iter().map(|name| Wanted {
            party: Party::Client,
            names: vec![name.clone()],
        });
        servers.chain(clients).collect()
    }
}

/// Which files go where.
fn told(folder: &Path, made: &[Issued]) -> Report {
    let authority = folder.join("authority.pem");
    let mut report = Report::default();
    for one in made {
        let (certificate, key) = (one.certificate.display(), one.key.display());
        match one.party {
            Party::Server => {
                let name = &one.names[0];
                report.line(format!(
                    "Server {} (good until {}): copy these two to it, and name them in its server.toml:",
                    one.names.join(", "),
                    day(one)
                ));
                report.line("  [tls]");
                report.line(format!("  certificate = \"{certificate}\""));
                report.line(format!("  key = \"{key}\""));
                report.line("On each console that calls it, copy the authority and name it in console.toml:");
                report.line(format!("  server = \"https://{}\"", in_brackets(name)));
                report.line(format!("  authority = \"{}\"", authority.display()));
            }
            Party::Client => {
                report.line(format!(
                    "Client {} (good until {}): copy these two to it, and name them in its console.toml:",
                    one.names[0],
                    day(one)
                ));
                report.line(format!("  client_certificate = \"{certificate}\""));
                report.line(format!("  client_key = \"{key}\""));
                report.line("Servers that are to ask for it name the authority in server.toml, under [tls]:");
                report.line(format!("  client_authority = \"{}\"", authority.display()));
            }
        }
        object(&mut report, one, &authority);
    }
    report
}

fn renewed(folder: &Path, made: &[Issued]) -> Report {
    let authority = folder.join("authority.pem");
    let mut report = Report::default();
    for one in made {
        report.line(format!(
            "{} is good until {}: copy it over the old one; its key stays, and a server takes it by itself.",
            one.certificate.display(),
            day(one)
        ));
        object(&mut report, one, &authority);
    }
    if made.is_empty() {
        report.line(format!(
            "There are no certificates in {}.",
            folder.display()
        ));
    }
    report
}

fn object(report: &mut Report, one: &Issued, authority: &Path) {
    report.object(&CertificateJson {
        party: one.party.word(),
        names: &one.names,
        certificate: &one.certificate,
        key: &one.key,
        authority,
        valid_until: one.until.to_string(),
    });
}

fn day(one: &Issued) -> String {
    one.until.strftime("%Y-%m-%d").to_string()
}

/// As it stands in an address.
fn in_brackets(name: &str) -> String {
    if name.contains(':') {
        format!("[{name}]")
    } else {
        name.to_owned()
    }
}

fn failure(error: CertificatesError) -> Failure {
    match error {
        CertificatesError::Named(_)
        | CertificatesError::There { .. }
        | CertificatesError::NoAuthority { .. } => Failure::usage(error.to_string()),
        other => Failure::other(other.to_string()),
    }
}
