//! `hold`: keeps a place for a few minutes, gives one back, or lists those that live.

use clap::Args;
use serde::Serialize;
use treadwell_client::v1;

use super::{
    args::Change,
    availability::Wanted,
    failure::Failure,
    names::Names,
    present::{self, ScreeningJson, rfc3339_of},
    report::{Report, Table},
    session::{PAGE, Session},
};
use crate::{tui::time, when};

#[derive(Debug, Args)]
pub(crate) struct HoldArgs {
    /// The service, by id or name
    #[arg(required_unless_present_any = ["list", "release"], requires = "at")]
    service: Option<String>,
    /// When it starts, for example "tomorrow 2pm"
    #[arg(long, value_name = "WHEN", requires = "service")]
    at: Option<String>,
    /// The site [default: the one in the configuration]
    #[arg(long, value_name = "SITE")]
    site: Option<String>,
    /// For whom, if known already: by id, or a piece of name or phone
    #[arg(long, value_name = "CLIENT")]
    client: Option<String>,
    /// The room [default: the least scarce that serves]
    #[arg(long, value_name = "ROOM")]
    room: Option<String>,
    /// The therapist [default: chosen]
    #[arg(long, value_name = "THERAPIST")]
    therapist: Option<String>,
    /// An extension to add; may be given several times
    #[arg(long = "with", value_name = "EXTENSION")]
    extensions: Vec<String>,
    /// Lists the live holds
    #[arg(long, conflicts_with_all = ["service", "release"])]
    list: bool,
    /// Gives this hold back
    #[arg(long, value_name = "HOLD", conflicts_with = "service")]
    release: Option<String>,
    #[command(flatten)]
    change: Change,
}

/// A hold as `--json` prints it.
#[derive(Serialize)]
struct HoldJson<'a> {
    id: &'a str,
    #[serde(skip_serializing_if = "str::is_empty")]
    client_id: &'a str,
    service_id: &'a str,
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    extension_ids: &'a [String],
    site_id: &'a str,
    room_id: &'a str,
    therapist_id: &'a str,
    start: Option<String>,
    end: Option<String>,
    /// When it lapses by itself.
    expires_at: Option<String>,
    /// With a client: what still stands against booking.
    #[serde(skip_serializing_if = "Option::is_none")]
    screening: Option<ScreeningJson>,
}

/// What `--release --json` prints.
#[derive(Serialize)]
struct ReleasedJson<'a> {
    released: &'a str,
}

pub(crate) async fn run(session: &Session, args: &HoldArgs) -> Result<Report, Failure> {
    if let Some(hold) = &args.release {
        return release(session, args, hold).await;
    }
    match &args.service {
        Some(service) => place(session, args, service).await,
        None => list(session, args).await,
    }
}

async fn place(session: &Session, args: &HoldArgs, service: &str) -> Result<Report, Failure> {
    let names = session.names().await?;
    let client = args.client.as_deref();
    let (therapist, room) = (args.therapist.as_deref(), args.room.as_deref());
    let wanted = Wanted::new(session, service, &args.extensions, client, therapist, room).await?;
    let site_id = session.site(args.site.as_deref()).await?;
    let at = args.at.as_deref().unwrap_or("now");
    let start = when::moment(at, &names.now_at(Some(&site_id))?)?;
    let request = v1::CreateHoldRequest {
        write: Some(args.change.options()),
        hold: Some(v1::Hold {
            client_id: wanted.client_id,
            service_id: wanted.service_id,
            extension_ids: wanted.extension_ids,
            site_id,
            room_id: wanted.room_id,
            therapist_id: wanted.therapist_id,
            start: Some(time::wire(start)),
            ..v1::Hold::default()
        }),
    };
    let answer = session.client.create_hold(request).await?;
    let hold = answer.hold.unwrap_or_default();
    let mut report = Report::default();
    report.line(args.change.said("Held."));
    let zone = names.zone_of(&hold.site_id);
    report.line(format!(
        "{}: {}, {}, {} room {} with {}, until {}.",
        hold.id,
        names.service(&hold.service_id),
        present::span(hold.start.as_ref(), hold.end.as_ref(), &zone),
        names.site(&hold.site_id),
        names.room(&hold.room_id),
        names.therapist(&hold.therapist_id),
        time::clock_of(hold.expires_at.as_ref(), &zone),
    ));
    if let Some(screening) = &answer.screening {
        present::screening(&mut report, "Screening", screening, names);
    }
    report.object(&object(&hold, answer.screening.as_ref(), names));
    Ok(report)
}

async fn release(session: &Session, args: &HoldArgs, hold: &str) -> Result<Report, Failure> {
    let request = v1::ReleaseHoldRequest {
        write: Some(args.change.options()),
        hold_id: hold.to_owned(),
    };
    session.client.release_hold(request).await?;
    let mut report = Report::default();
    report.line(args.change.said(&format!("{hold} is given back.")));
    report.object(&ReleasedJson { released: hold });
    Ok(report)
}

async fn list(session: &Session, args: &HoldArgs) -> Result<Report, Failure> {
    let names = session.names().await?;
    let site_ids = session.sites(args.site.as_deref()).await?;
    let mut report = Report::default();
    let mut table = Table::new([
        "when",
        "site",
        "room",
        "service",
        "therapist",
        "client",
        "until",
        "id",
    ]);
    let mut page_token = String::new();
    loop {
        let request = v1::ListHoldsRequest {
            site_ids: site_ids.clone(),
            page_size: PAGE,
            page_token,
        };
        let page = session.client.list_holds(request).await?;
        for hold in &page.holds {
            let zone = names.zone_of(&hold.site_id);
            table.row([
                present::span(hold.start.as_ref(), hold.end.as_ref(), &zone),
                names.site(&hold.site_id),
                names.room(&hold.room_id),
                names.service(&hold.service_id),
                names.therapist(&hold.therapist_id),
                hold.client_id.clone(),
                time::clock_of(hold.expires_at.as_ref(), &zone),
                hold.id.clone(),
            ]);
            report.object(&object(hold, None, names));
        }
        page_token = page.next_page_token;
        if page_token.is_empty() {
            break;
        }
    }
    if table.is_empty() {
        report.line("Nothing is held.");
    }
    report.table(table);
    Ok(report)
}

fn object<'a>(
    hold: &'a v1::Hold,
    screening: Option<&v1::Screening>,
    names: &Names,
) -> HoldJson<'a> {
    let zone = names.zone_of(&hold.site_id);
    HoldJson {
        id: &hold.id,
        client_id: &hold.client_id,
        service_id: &hold.service_id,
        extension_ids: &hold.extension_ids,
        site_id: &hold.site_id,
        room_id: &hold.room_id,
        therapist_id: &hold.therapist_id,
        start: rfc3339_of(hold.start.as_ref(), &zone),
        end: rfc3339_of(hold.end.as_ref(), &zone),
        expires_at: rfc3339_of(hold.expires_at.as_ref(), &zone),
        screening: screening.map(ScreeningJson::new),
    }
}
