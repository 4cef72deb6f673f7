//! `clients`: finds, shows, adds and changes clients, and what becomes of their records.

mod record;

use clap::{Args, Subcommand};
use prost_types::FieldMask;
use serde::Serialize;
use treadwell_client::v1;

use super::{
    args::Change,
    failure::Failure,
    find,
    present::{self, ScreeningJson, iso_date},
    report::{Report, Table},
    session::{PAGE, Session},
};
use crate::tui::time;

#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true)]
pub(crate) struct ClientsArgs {
    /// A piece of the name (2 letters) or phone (3 digits); without it all are listed
    query: Option<String>,
    #[command(subcommand)]
    action: Option<Action>,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// Shows one client: what screening says, and what is booked
    Show {
        /// Who: by id, or a piece of name or phone
        client: String,
    },
    /// Adds a client; others who may be the same person are named
    Add {
        /// The full name
        name: String,
        /// The phone number
        #[arg(long, value_name = "PHONE")]
        phone: String,
        #[command(flatten)]
        more: More,
        #[command(flatten)]
        change: Change,
    },
    /// Changes what is given, and nothing else
    Set {
        /// Who: by id, or a piece of name or phone
        client: String,
        /// The full name
        #[arg(long, value_name = "NAME")]
        name: Option<String>,
        /// The phone number
        #[arg(long, value_name = "PHONE")]
        phone: Option<String>,
        #[command(flatten)]
        more: More,
        #[command(flatten)]
        change: Change,
    },
    /// Writes everything that is held about a client into one file
    Export(record::Export),
    /// Says whose records need not be kept any more, or until when a client's are kept
    Retention(record::Retention),
    /// Erases a client whose records need not be kept any more; what the books need stays without a name
    Erase(record::Erase),
}

#[derive(Debug, Args)]
struct More {
    /// The birth date, for example 1980-03-02
    #[arg(long, value_name = "DATE")]
    born: Option<jiff::civil::Date>,
    /// The e-mail address
    #[arg(long, value_name = "ADDRESS")]
    email: Option<String>,
    /// A note for the desk; no health data
    #[arg(long, value_name = "TEXT")]
    note: Option<String>,
    /// The therapist they prefer
    #[arg(long, value_name = "THERAPIST")]
    prefers: Option<String>,
}

/// A client as `--json` prints it.
#[derive(Serialize)]
struct ClientJson<'a> {
    id: &'a str,
    name: &'a str,
    phone: &'a str,
    #[serde(skip_serializing_if = "str::is_empty")]
    email: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    born: Option<String>,
    #[serde(skip_serializing_if = "str::is_empty")]
    note: &'a str,
    #[serde(skip_serializing_if = "str::is_empty")]
    preferred_therapist_id: &'a str,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    screenings: Vec<ScreeningJson>,
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    upcoming_appointment_ids: &'a [String],
    /// After adding one: others who may be the same person.
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    similar_client_ids: &'a [String],
}

impl<'a> ClientJson<'a> {
    fn new(client: &'a v1::Client) -> Self {
        Self {
            id: &client.id,
            name: &client.name,
            phone: &client.phone,
            email: &client.email,
            born: client.born.as_ref().map(iso_date),
            note: &client.note,
            preferred_therapist_id: &client.preferred_therapist_id,
            screenings: Vec::new(),
            upcoming_appointment_ids: &[],
            similar_client_ids: &[],
        }
    }
}

pub(crate) async fn run(session: &Session, args: &ClientsArgs) -> Result<Report, Failure> {
    match &args.action {
        None => list(session, args.query.as_deref().unwrap_or_default()).await,
        Some(Action::Show { client }) => show(session, client).await,
        Some(Action::Add {
            name,
            phone,
            more,
            change,
        }) => {
            let client = fields(session, more, Some(name), Some(phone)).await?;
            add(session, client, change).await
        }
        Some(Action::Set {
            client,
            name,
            phone,
            more,
            change,
        }) => {
            let id = find::client(session, client).await?;
            let fields = fields(session, more, name.as_deref(), phone.as_deref()).await?;
            let given = [
                ("name", name.is_some()),
                ("phone", phone.is_some()),
                ("email", more.email.is_some()),
                ("born", more.born.is_some()),
                ("note", more.note.is_some()),
                ("preferred_therapist_id", more.prefers.is_some()),
            ];
            let paths = given
                .into_iter()
                .filter(|(_, given)| *given)
                .map(|(path, _)| path.to_owned())
                .collect();
            set(session, v1::Client { id, ..fields }, paths, change).await
        }
        Some(Action::Export(args)) => record::export(session, args).await,
        Some(Action::Retention(args)) => record::retention(session, args).await,
        Some(Action::Erase(args)) => record::erase(session, args).await,
    }
}

async fn list(session: &Session, query: &str) -> Result<Report, Failure> {
    let names = session.names().await?;
    let mut report = Report::default();
    let mut table = Table::new(["name", "phone", "born", "prefers", "id"]);
    let mut page_token = String::new();
    loop {
        let request = v1::ListClientsRequest {
            query: query.to_owned(),
            page_size: PAGE,
            page_token,
        };
        let page = session.client.list_clients(request).await?;
        for client in &page.clients {
            table.row([
                client.name.clone(),
                client.phone.clone(),
                client.born.as_ref().map(iso_date).unwrap_or_default(),
                names.therapist(&client.preferred_therapist_id),
                client.id.clone(),
            ]);
            report.object(&ClientJson::new(client));
        }
        page_token = page.next_page_token;
        if page_token.is_empty() {
            break;
        }
    }
    if table.is_empty() {
        report.line("No client has this in name or phone.");
    }
    report.table(table);
    Ok(report)
}

async fn show(session: &Session, text: &str) -> Result<Report, Failure> {
    let names = session.names().await?;
    let client_id = find::client(session, text).await?;
    let answer = session
        .client
        .get_client(v1::GetClientRequest {
            client_id,
            at: None,
        })
        .await?;
    let client = answer.client.unwrap_or_default();
    let mut report = Report::default();
    describe(&mut report, "", &client);
    for screening in &answer.screenings {
        let set = names
            .catalog
            .rule_sets
            .iter()
            .find(|set| set.id == screening.rule_set_id);
        let name = set.map_or(screening.rule_set_id.as_str(), |set| set.name.as_str());
        present::screening(&mut report, name, screening, names);
    }
    if answer.upcoming_appointment_ids.is_empty() {
        report.line("Nothing is booked.");
    } else {
        let request = v1::ListAppointmentsRequest {
            client_id: client.id.clone(),
            from: Some(time::wire(names.now)),
            page_size: PAGE,
            ..v1::ListAppointmentsRequest::default()
        };
        let booked = session
            .client
            .list_appointments(request)
            .await?
            .appointments;
        let live: Vec<_> = booked
            .into_iter()
            .filter(|appointment| answer.upcoming_appointment_ids.contains(&appointment.id))
            .collect();
        report.table(present::table(&live, names));
    }
    report.object(&ClientJson {
        screenings: answer.screenings.iter().map(ScreeningJson::new).collect(),
        upcoming_appointment_ids: &answer.upcoming_appointment_ids,
        ..ClientJson::new(&client)
    });
    Ok(report)
}

fn describe(report: &mut Report, said: &str, client: &v1::Client) {
    if !said.is_empty() {
        report.line(said);
    }
    let born = client
        .born
        .as_ref()
        .map(|date| format!(", born {}", time::birthday(date)))
        .unwrap_or_default();
    report.line(format!(
        "{}: {}{born}, {}",
        client.id, client.name, client.phone
    ));
    if !client.note.is_empty() {
        report.line(format!("Note: {}", client.note));
    }
}

async fn fields(
    session: &Session,
    more: &More,
    name: Option<&str>,
    phone: Option<&str>,
) -> Result<v1::Client, Failure> {
    let preferred_therapist_id = match more.prefers.as_deref() {
        None | Some("") => String::new(),
        Some(text) => session.names().await?.find_therapist(text)?,
    };
    Ok(v1::Client {
        name: name.unwrap_or_default().to_owned(),
        phone: phone.unwrap_or_default().to_owned(),
        email: more.email.clone().unwrap_or_default(),
        born: more.born.map(time::local_date),
        note: more.note.clone().unwrap_or_default(),
        preferred_therapist_id,
        ..v1::Client::default()
    })
}

async fn add(session: &Session, client: v1::Client, change: &Change) -> Result<Report, Failure> {
    let request = v1::CreateClientRequest {
        write: Some(change.options()),
        client: Some(client),
    };
    let answer = session.client.create_client(request).await?;
    let client = answer.client.unwrap_or_default();
    let mut report = Report::default();
    describe(&mut report, &change.said("Added."), &client);
    if !answer.similar_client_ids.is_empty() {
        report.line(format!(
            "! Perhaps the same person: {}",
            answer.similar_client_ids.join(", ")
        ));
    }
    report.object(&ClientJson {
        similar_client_ids: &answer.similar_client_ids,
        ..ClientJson::new(&client)
    });
    Ok(report)
}

async fn set(
    session: &Session,
    client: v1::Client,
    paths: Vec<String>,
    change: &Change,
) -> Result<Report, Failure> {
    if paths.is_empty() {
        return Err(Failure::usage(
            "say what to change: --name, --phone, --email, --born, --note or --prefers",
        ));
    }
    let request = v1::UpdateClientRequest {
        write: Some(change.options()),
        client: Some(client),
        update_mask: Some(FieldMask { paths }),
    };
    let client = session
        .client
        .update_client(request)
        .await?
        .client
        .unwrap_or_default();
    let mut report = Report::default();
    describe(&mut report, &change.said("Changed."), &client);
    report.object(&ClientJson::new(&client));
    Ok(report)
}
