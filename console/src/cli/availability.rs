//! `availability`: places that can be booked, in the order of assignment; or why a place can not.

use clap::Args;
use serde::Serialize;
use treadwell_client::{Class, v1};

use super::{
    failure::Failure,
    find::{self, InRoom},
    names::Names,
    present::{self, ScreeningJson, rfc3339_of, value_name},
    report::{Report, Table},
    session::Session,
};
use crate::{
    tui::{time, words},
    when,
};

#[derive(Debug, Args)]
pub(crate) struct AvailabilityArgs {
    /// The service, by id or name
    service: String,
    /// Only at this site [default: all that the key reaches]
    #[arg(long, value_name = "SITE")]
    site: Option<String>,
    /// An extension to add; may be given several times
    #[arg(long = "with", value_name = "EXTENSION")]
    extensions: Vec<String>,
    /// The earliest start: a day or a moment [default: now]
    #[arg(long, value_name = "WHEN")]
    from: Option<String>,
    /// The last day, or the moment before which it starts; at most 31 days on [default: two weeks on]
    #[arg(long, value_name = "WHEN")]
    until: Option<String>,
    /// For whom: by id, or a piece of name or phone
    #[arg(long, value_name = "CLIENT")]
    client: Option<String>,
    /// Only this therapist
    #[arg(long, value_name = "THERAPIST")]
    therapist: Option<String>,
    /// Only this room
    #[arg(long, value_name = "ROOM")]
    room: Option<String>,
    /// Where this appointment could be moved: its own old place counts as free; by id, or the room where it is or is next
    #[arg(long, value_name = "APPOINTMENT")]
    moving: Option<String>,
    /// At most so many
    #[arg(long, value_name = "COUNT", default_value_t = 10, value_parser = clap::value_parser!(i32).range(1..=200))]
    limit: i32,
    /// Starts on multiples of so many minutes, 5 to 60 [default: the clinic's policy]
    #[arg(long, value_name = "MINUTES", value_parser = clap::value_parser!(i32).range(5..=60))]
    every: Option<i32>,
    /// Every combination of start, room and therapist instead of the best of each start
    #[arg(long)]
    all: bool,
    /// Says why this moment can be had or not, instead of searching; needs the site
    #[arg(long, value_name = "WHEN", conflicts_with_all = ["from", "until", "limit", "every", "all"])]
    why_not: Option<String>,
}

/// A proposal as `--json` prints it.
#[derive(Serialize)]
struct ProposalJson<'a> {
    start: String,
    end: String,
    site_id: &'a str,
    room_id: &'a str,
    therapist_id: &'a str,
    bars: bool,
    /// What entitles the therapist to it.
    #[serde(skip_serializing_if = "str::is_empty")]
    credential_id: &'a str,
    /// `earliest`, `usual_therapist`, `preferred_therapist`, `least_scarce_room`, `no_short_gap`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    rank_reasons: Vec<String>,
}

/// What `--json` prints when there is no proposal.
#[derive(Serialize)]
struct NothingJson {
    #[serde(skip_serializing_if = "Option::is_none")]
    next_available: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    screening: Option<ScreeningJson>,
}

/// What `--why-not --json` prints.
#[derive(Serialize)]
struct VerdictJson<'a> {
    available: bool,
    obstacles: Vec<ObstacleJson<'a>>,
    /// The nearest starts that can be booked.
    nearest: Vec<ProposalJson<'a>>,
}

#[derive(Serialize)]
struct ObstacleJson<'a> {
    /// `room`, `therapist`, `client`, `site` or `time`.
    subject_kind: &'a str,
    subject_id: &'a str,
    reason: &'a str,
    text: &'a str,
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    clashing_ids: &'a [String],
}

impl<'a> ProposalJson<'a> {
    fn new(proposal: &'a v1::Proposal, names: &Names) -> Self {
        let zone = names.zone_of(&proposal.site_id);
        Self {
            start: rfc3339_of(proposal.start.as_ref(), &zone).unwrap_or_default(),
            end: rfc3339_of(proposal.end.as_ref(), &zone).unwrap_or_default(),
            site_id: &proposal.site_id,
            room_id: &proposal.room_id,
            therapist_id: &proposal.therapist_id,
            bars: proposal.bars,
            credential_id: &proposal.credential_id,
            rank_reasons: proposal
                .rank_reasons()
                .map(|reason| value_name(reason.as_str_name(), "RANK_REASON_"))
                .collect(),
        }
    }
}

/// What was named, as ids.
pub(crate) struct Wanted {
    pub(crate) service_id: String,
    pub(crate) extension_ids: Vec<String>,
    pub(crate) client_id: String,
    pub(crate) therapist_id: String,
    pub(crate) room_id: String,
}

impl Wanted {
    pub(crate) async fn new(
        session: &Session,
        service: &str,
        extensions: &[String],
        client: Option<&str>,
        therapist: Option<&str>,
        room: Option<&str>,
    ) -> Result<Self, Failure> {
        let names = session.names().await?;
        let service_id = names.find_service(service)?;
        let extension_ids: Result<_, _> = extensions
            .iter()
            .map(|extension| names.find_extension(&service_id, extension))
            .collect();
        Ok(Self {
            extension_ids: extension_ids?,
            client_id: match client {
                Some(text) => find::client(session, text).await?,
                None => String::new(),
            },
            therapist_id: therapist
                .map(|text| names.find_therapist(text))
                .transpose()?
                .unwrap_or_default(),
            room_id: room
                .map(|text| names.find_room(text))
                .transpose()?
                .unwrap_or_default(),
            service_id,
        })
    }
}

/// Exits with 3 when nothing is free.
pub(crate) async fn run(session: &Session, args: &AvailabilityArgs) -> Result<Report, Failure> {
    let names = session.names().await?;
    let wanted = Wanted::new(
        session,
        &args.service,
        &args.extensions,
        args.client.as_deref(),
        args.therapist.as_deref(),
        args.room.as_deref(),
    )
    .await?;
    let moving_appointment_id = match &args.moving {
        Some(text) => find::appointment(session, text, InRoom::Coming).await?,
        None => String::new(),
    };
    if let Some(text) = &args.why_not {
        return why_not(session, args, wanted, moving_appointment_id, text).await;
    }
    let site_ids = session.sites(args.site.as_deref()).await?;
    let now = names.now_at(site_ids.first().map(String::as_str))?;
    let from = args
        .from
        .as_deref()
        .map(|text| when::from(text, &now))
        .transpose()?;
    let until = args
        .until
        .as_deref()
        .map(|text| when::until(text, &now))
        .transpose()?;
    let set = if args.all {
        v1::ProposalSet::EveryCombination
    } else {
        v1::ProposalSet::BestPerStart
    };
    let request = v1::SearchAvailabilityRequest {
        site_ids,
        service_id: wanted.service_id,
        extension_ids: wanted.extension_ids,
        from: from.map(time::wire),
        until: until.map(time::wire),
        client_id: wanted.client_id,
        therapist_id: wanted.therapist_id,
        room_id: wanted.room_id,
        grid_minutes: args.every.unwrap_or(0),
        limit: args.limit,
        proposal_set: set.into(),
        moving_appointment_id,
    };
    let answer = session.client.search_availability(request).await?;
    Ok(present(&answer, names))
}

fn present(answer: &v1::SearchAvailabilityResponse, names: &Names) -> Report {
    let mut report = Report::default();
    if let Some(screening) = &answer.screening {
        present::screening(&mut report, "Screening", screening, names);
    }
    if answer.proposals.is_empty() {
        report.exit = Class::NothingFree.exit_code();
        let zone = names.only_zone().unwrap_or(jiff::tz::TimeZone::UTC);
        match &answer.next_available {
            Some(next) => {
                let next = time::day_and_clock(time::instant(next), &zone);
                report.line(format!(
                    "Nothing is free in this time; the next place is on {next}."
                ));
            }
            None => {
                report.line("Nothing is free in this time, nor later within the booking horizon.");
            }
        }
        report.object(&NothingJson {
            next_available: rfc3339_of(answer.next_available.as_ref(), &zone),
            screening: answer.screening.as_ref().map(ScreeningJson::new),
        });
    }
    report.table(table(&answer.proposals, names));
    for proposal in &answer.proposals {
        report.object(&ProposalJson::new(proposal, names));
    }
    report
}

fn table(proposals: &[v1::Proposal], names: &Names) -> Table {
    let mut table = Table::new(["when", "site", "room", "bars", "therapist", "why"]);
    for proposal in proposals {
        let zone = names.zone_of(&proposal.site_id);
        table.row([
            present::span(proposal.start.as_ref(), proposal.end.as_ref(), &zone),
            names.site(&proposal.site_id),
            names.room(&proposal.room_id),
            if proposal.bars { "BAR" } else { "-" }.to_owned(),
            names.therapist(&proposal.therapist_id),
            words::rank(&proposal.rank_reasons),
        ]);
    }
    table
}

async fn why_not(
    session: &Session,
    args: &AvailabilityArgs,
    wanted: Wanted,
    moving_appointment_id: String,
    text: &str,
) -> Result<Report, Failure> {
    let names = session.names().await?;
    let site_id = session.site(args.site.as_deref()).await?;
    let start = when::moment(text, &names.now_at(Some(&site_id))?)?;
    let request = v1::ExplainSlotRequest {
        site_id,
        service_id: wanted.service_id,
        extension_ids: wanted.extension_ids,
        start: Some(time::wire(start)),
        client_id: wanted.client_id,
        therapist_id: wanted.therapist_id,
        room_id: wanted.room_id,
        moving_appointment_id,
    };
    let answer = session.client.explain_slot(request).await?;
    Ok(verdict(&answer, names))
}

fn verdict(answer: &v1::ExplainSlotResponse, names: &Names) -> Report {
    let mut report = Report::default();
    report.line(if answer.available {
        "It can be booked."
    } else {
        "It can not be booked:"
    });
    for obstacle in &answer.obstacles {
        report.line(format!("  {}", obstacle.text));
    }
    if !answer.available {
        report.exit = Class::NothingFree.exit_code();
        if !answer.nearest.is_empty() {
            report.line("The nearest that can:");
            report.table(table(&answer.nearest, names));
        }
    }
    let obstacles = answer.obstacles.iter().map(|obstacle| ObstacleJson {
        subject_kind: &obstacle.subject_kind,
        subject_id: &obstacle.subject_id,
        reason: &obstacle.reason,
        text: &obstacle.text,
        clashing_ids: &obstacle.clashing_ids,
    });
    report.object(&VerdictJson {
        available: answer.available,
        obstacles: obstacles.collect(),
        nearest: answer
            .nearest
            .iter()
            .map(|proposal| ProposalJson::new(proposal, names))
            .collect(),
    });
    report
}

#[cfg(test)]
#[path = "tests/availability.rs"]
mod tests;
