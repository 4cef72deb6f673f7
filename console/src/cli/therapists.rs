//! `therapists`: who works here, what they have to show, and today's foot care.

use clap::{Args, Subcommand};
use serde::Serialize;
use treadwell_client::v1;

use super::{
    args::Change,
    failure::Failure,
    names::Names,
    present::iso_date,
    report::{Report, Table},
    session::{PAGE, Session},
};
use crate::{tui::time, when};

#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true)]
pub(crate) struct TherapistsArgs {
    /// Only those with a shift at this site today or later
    #[arg(long, value_name = "SITE")]
    site: Option<String>,
    /// Only those who hold this credential today, for example ashiatsu
    #[arg(long, value_name = "CREDENTIAL")]
    credential: Option<String>,
    /// Only those who are ready for barefoot work today: certified, foot care attested, no polish
    #[arg(long)]
    ready: bool,
    #[command(subcommand)]
    action: Option<Action>,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// Attests for today: feet cared for, no polish. Barefoot sessions of the day may start.
    Attest {
        /// Who: by id or name
        therapist: String,
        /// The site whose day is meant [default: the first of the therapist's]
        #[arg(long, value_name = "SITE")]
        site: Option<String>,
        #[command(flatten)]
        care: Care,
        #[command(flatten)]
        change: Change,
    },
    /// Records that a credential, or the registration, was renewed
    Renew(RenewArgs),
}

#[derive(Debug, Args)]
struct RenewArgs {
    /// Whose: by id or name
    therapist: String,
    /// The credential, for example ashiatsu
    #[arg(
        required_unless_present = "registration",
        conflicts_with = "registration"
    )]
    credential: Option<String>,
    /// The registration with their association
    #[arg(long)]
    registration: bool,
    /// The last day on which it is valid now
    #[arg(long, value_name = "DAY")]
    until: String,
    /// Its new number [default: as before]
    #[arg(long, value_name = "TEXT", default_value = "")]
    number: String,
    #[command(flatten)]
    change: Change,
}

/// What was done for the feet, for the log.
#[derive(Clone, Copy, Debug, Args)]
struct Care {
    /// They were soaked
    #[arg(long)]
    soak: bool,
    /// They were scrubbed
    #[arg(long)]
    scrub: bool,
    /// They had a pedicure
    #[arg(long)]
    pedicure: bool,
}

/// A therapist as `--json` prints it.
#[derive(Serialize)]
struct TherapistJson<'a> {
    id: &'a str,
    name: &'a str,
    short_name: &'a str,
    credentials: Vec<CredentialJson<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    foot_care_attested_on: Option<String>,
    #[serde(skip_serializing_if = "str::is_empty")]
    registration_number: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    registration_valid_through: Option<String>,
    retired: bool,
}

#[derive(Serialize)]
struct CredentialJson<'a> {
    id: &'a str,
    #[serde(skip_serializing_if = "str::is_empty")]
    number: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    valid_through: Option<String>,
}

impl<'a> TherapistJson<'a> {
    fn new(therapist: &'a v1::Therapist) -> Self {
        let credentials = therapist
            .credentials
            .iter()
            .map(|credential| CredentialJson {
                id: &credential.id,
                number: &credential.number,
                valid_through: credential.valid_through.as_ref().map(iso_date),
            });
        Self {
            id: &therapist.id,
            name: &therapist.name,
            short_name: &therapist.short_name,
            credentials: credentials.collect(),
            foot_care_attested_on: therapist.foot_care_attested_on.as_ref().map(iso_date),
            registration_number: &therapist.registration_number,
            registration_valid_through: therapist.registration_valid_through.as_ref().map(iso_date),
            retired: therapist.retired,
        }
    }
}

pub(crate) async fn run(session: &Session, args: &TherapistsArgs) -> Result<Report, Failure> {
    match &args.action {
        None => list(session, args).await,
        Some(Action::Attest {
            therapist,
            site,
            care,
            change,
        }) => attest(session, therapist, site.as_deref(), *care, change).await,
        Some(Action::Renew(args)) => renew(session, args).await,
    }
}

async fn list(session: &Session, args: &TherapistsArgs) -> Result<Report, Failure> {
    let names = session.names().await?;
    let mut report = Report::default();
    let mut table = Table::new(["name", "credentials", "foot care", "id"]);
    let mut page_token = String::new();
    loop {
        let request = v1::ListTherapistsRequest {
            site_ids: session.sites(args.site.as_deref()).await?,
            credential_id: args.credential.clone().unwrap_or_default(),
            page_size: PAGE,
            page_token,
        };
        let page = session.client.list_therapists(request).await?;
        for therapist in page
            .therapists
            .iter()
            .filter(|therapist| !therapist.retired)
            .filter(|therapist| !args.ready || is_ready(therapist, names))
        {
            row(&mut table, therapist, names);
            report.object(&TherapistJson::new(therapist));
        }
        page_token = page.next_page_token;
        if page_token.is_empty() {
            break;
        }
    }
    if table.is_empty() {
        report.line("No therapist is like that.");
    }
    report.table(table);
    Ok(report)
}

/// Whether the therapist is ready for barefoot work on the present day of their first site.
fn is_ready(therapist: &v1::Therapist, names: &Names) -> bool {
    let site = therapist.site_ids.first().map(String::as_str);
    let services = &names.catalog.services;
    let today = names.now_at(site).map(|now| now.date());
    today.is_ok_and(|today| crate::hygiene::is_ready(therapist, services, today))
}

fn row(table: &mut Table, therapist: &v1::Therapist, names: &Names) {
    let credentials =
        therapist
            .credentials
            .iter()
            .map(|credential| match &credential.valid_through {
                Some(date) => format!("{} to {}", credential.id, iso_date(date)),
                None => credential.id.clone(),
            });
    let today = names
        .only_zone()
        .ok()
        .map(|zone| names.now.to_zoned(zone).date());
    let attested = therapist
        .foot_care_attested_on
        .as_ref()
        .and_then(crate::tui::time::date_of);
    let foot_care = match (attested, today) {
        (Some(on), Some(today)) if on == today => "attested today".to_owned(),
        (Some(on), _) => format!("attested {on}"),
        (None, _) => "not attested".to_owned(),
    };
    table.row([
        therapist.name.clone(),
        credentials.collect::<Vec<_>>().join(", "),
        foot_care,
        therapist.id.clone(),
    ]);
}

async fn attest(
    session: &Session,
    text: &str,
    site: Option<&str>,
    care: Care,
    change: &Change,
) -> Result<Report, Failure> {
    let names = session.names().await?;
    let request = v1::AttestFootCareRequest {
        write: Some(change.options()),
        therapist_id: names.find_therapist(text)?,
        site_id: site
            .map(|site| names.find_site(site))
            .transpose()?
            .unwrap_or_default(),
        soak: care.soak,
        scrub: care.scrub,
        pedicure: care.pedicure,
    };
    let therapist = session
        .client
        .attest_foot_care(request)
        .await?
        .therapist
        .unwrap_or_default();
    let mut report = Report::default();
    report.line(change.said(&format!(
        "{} may start barefoot sessions today.",
        therapist.name
    )));
    report.object(&TherapistJson::new(&therapist));
    Ok(report)
}

async fn renew(session: &Session, args: &RenewArgs) -> Result<Report, Failure> {
    use v1::renew_credential_request::Renewed;

    let names = session.names().await?;
    let therapist_id = names.find_therapist(&args.therapist)?;
    let known = names.therapists.iter().find(|it| it.id == therapist_id);
    let site = known.and_then(|it| it.site_ids.first());
    let until = when::day(&args.until, &names.now_at(site.map(String::as_str))?)?;
    let (renewed, what) = match &args.credential {
        Some(id) => (Renewed::CredentialId(id.clone()), id.as_str()),
        None => (Renewed::Registration(true), "registration"),
    };
    let request = v1::RenewCredentialRequest {
        write: Some(args.change.options()),
        therapist_id,
        renewed: Some(renewed),
        number: args.number.clone(),
        valid_through: Some(time::local_date(until)),
    };
    let therapist = session.client.renew_credential(request).await?.therapist;
    let therapist = therapist.unwrap_or_default();
    let mut report = Report::default();
    let said = format!("{}: {what} is valid through {until}.", therapist.name);
    report.line(args.change.said(&said));
    report.object(&TherapistJson::new(&therapist));
    Ok(report)
}
