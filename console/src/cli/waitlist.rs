//! `waitlist`: who waits for a place, whom to call, and what becomes of the offer.

mod output;

use clap::{Args, Subcommand};
use treadwell_client::v1;

use super::{
    args::Change,
    availability::Wanted,
    failure::Failure,
    present,
    report::Report,
    session::{PAGE, Session},
};
use crate::{tui::time, when, window};

#[derive(Debug, Args)]
pub(crate) struct WaitlistArgs {
    #[command(subcommand)]
    action: Option<Action>,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// Lists who waits, longest first, with the first place that each could have (as without a word)
    List(List),
    /// Puts a client on the waitlist
    Add(Add),
    /// Ends a client's waiting; an open offer is taken back
    Withdraw(Step),
    /// Says who could have a place and why others can not, or which places somebody could have
    Suggest(Suggest),
    /// Holds a place for somebody who waits, until they are told
    Offer(Offer),
    /// Notes that the client was told: now their time to answer runs
    Contact(Step),
    /// Books what is offered
    Accept(Accept),
    /// Notes that the client does not want the place, and goes on waiting
    Decline(Decline),
}

#[derive(Debug, Default, Args)]
struct List {
    /// Only for this site [default: all that the key reaches]
    #[arg(long, value_name = "SITE")]
    site: Option<String>,
    /// Also those whose waiting has ended; then without places
    #[arg(long)]
    all: bool,
}

#[derive(Debug, Args)]
struct Add {
    /// Who waits: by id, or a piece of name or phone
    client: String,
    /// The service, by id or name
    service: String,
    /// A site to which they would come; may be given several times [default: all that the key reaches]
    #[arg(long = "site", value_name = "SITE")]
    sites: Vec<String>,
    /// When they can be there, such as "mon,wed 9-12", "tomorrow 14:00-18:30" or "2026-10-14..2026-10-20 9-24"; may be given several times [default: any time]
    #[arg(long = "window", value_name = "WINDOW")]
    windows: Vec<String>,
    /// An extension to add; may be given several times
    #[arg(long = "with", value_name = "EXTENSION")]
    extensions: Vec<String>,
    /// The therapist whom they ask for
    #[arg(long, value_name = "THERAPIST")]
    therapist: Option<String>,
    /// Nobody but that therapist
    #[arg(long, requires = "therapist")]
    only: bool,
    /// A note for the desk; no health data
    #[arg(long, value_name = "TEXT", default_value = "")]
    note: String,
    #[command(flatten)]
    change: Change,
}

/// One entry to do something to.
#[derive(Debug, Args)]
struct Step {
    /// The entry, by id or a piece of the client's name
    entry: String,
    #[command(flatten)]
    change: Change,
}

#[derive(Debug, Args)]
struct Suggest {
    /// The entry for which places are looked for, by id or a piece of the client's name
    #[arg(required_unless_present = "at", conflicts_with = "at")]
    entry: Option<String>,
    /// The start of the place that is to be given away
    #[arg(long, value_name = "WHEN")]
    at: Option<String>,
    /// Starts before this will do as well
    #[arg(long, value_name = "WHEN", requires = "at")]
    until: Option<String>,
    /// The site of the place [default: the one in the configuration]
    #[arg(long, value_name = "SITE", requires = "at")]
    site: Option<String>,
    /// Only this room
    #[arg(long, value_name = "ROOM", requires = "at")]
    room: Option<String>,
    /// Only this therapist
    #[arg(long, value_name = "THERAPIST", requires = "at")]
    therapist: Option<String>,
}

#[derive(Debug, Args)]
struct Offer {
    /// The entry, by id or a piece of the client's name
    entry: String,
    /// When the session shall begin [default: the first place that fits]
    #[arg(long, value_name = "WHEN")]
    at: Option<String>,
    /// The site [default: the one in the configuration]
    #[arg(long, value_name = "SITE", requires = "at")]
    site: Option<String>,
    /// The room [default: the least scarce that serves]
    #[arg(long, value_name = "ROOM", requires = "at")]
    room: Option<String>,
    /// The therapist [default: chosen]
    #[arg(long, value_name = "THERAPIST", requires = "at")]
    therapist: Option<String>,
    #[command(flatten)]
    change: Change,
}

#[derive(Debug, Args)]
struct Accept {
    #[command(flatten)]
    step: Step,
    /// A note for the appointment; no health data
    #[arg(long, value_name = "TEXT", default_value = "")]
    note: String,
}

#[derive(Debug, Args)]
struct Decline {
    #[command(flatten)]
    step: Step,
    /// Offers the place at once to who comes next
    #[arg(long)]
    pass_on: bool,
}

pub(crate) async fn run(session: &Session, args: &WaitlistArgs) -> Result<Report, Failure> {
    match &args.action {
        None => list(session, &List::default()).await,
        Some(Action::List(args)) => list(session, args).await,
        Some(Action::Add(args)) => add(session, args).await,
        Some(Action::Withdraw(args)) => withdraw(session, args).await,
        Some(Action::Suggest(args)) => suggest(session, args).await,
        Some(Action::Offer(args)) => offer(session, args).await,
        Some(Action::Contact(args)) => contact(session, args).await,
        Some(Action::Accept(args)) => accept(session, args).await,
        Some(Action::Decline(args)) => decline(session, args).await,
    }
}

async fn list(session: &Session, args: &List) -> Result<Report, Failure> {
    /// The most that the server tells with places.
    const WITH_PLACES: i32 = 50;
    let names = session.names().await?;
    let site_ids = session.sites(args.site.as_deref()).await?;
    let lines = lines(session, site_ids, args.all, !args.all, WITH_PLACES).await?;
    Ok(output::list(&lines, names))
}

/// Every line of the list.
async fn lines(
    session: &Session,
    site_ids: Vec<String>,
    include_ended: bool,
    with_places: bool,
    page_size: i32,
) -> Result<Vec<v1::WaitlistLine>, Failure> {
    let mut request = v1::ListWaitlistEntriesRequest {
        site_ids,
        include_ended,
        with_places,
        page_size,
        page_token: String::new(),
    };
    let mut lines = Vec::new();
    loop {
        let page = session
            .client
            .list_waitlist_entries(request.clone())
            .await?;
        lines.extend(page.lines);
        request.page_token = page.next_page_token;
        if request.page_token.is_empty() {
            return Ok(lines);
        }
    }
}

/// The id of the entry that is named: by its id, or by a piece of the name of a client who waits.
async fn entry_id(session: &Session, text: &str) -> Result<String, Failure> {
    if text.starts_with("wait-") {
        return Ok(text.to_owned());
    }
    let wanted = text.to_lowercase();
    let all = lines(session, Vec::new(), false, false, PAGE).await?;
    let named = all
        .into_iter()
        .filter(|line| line.client_name.to_lowercase().contains(&wanted));
    let found: Vec<_> = named.collect();
    match found.as_slice() {
        [] => Err(Failure::usage(format!("nobody called {text:?} waits"))),
        [one] => Ok(one.entry.clone().unwrap_or_default().id),
        several => {
            let ids = several.iter().map(|line| {
                let id = line.entry.as_ref().map_or("", |entry| entry.id.as_str());
                format!("\n  {id}  {}", line.client_name)
            });
            let ids: String = ids.collect();
            Err(Failure::usage(format!(
                "{text:?} may be more than one entry; name one by id:{ids}"
            )))
        }
    }
}

async fn add(session: &Session, args: &Add) -> Result<Report, Failure> {
    let names = session.names().await?;
    let therapist = args.therapist.as_deref();
    let client = Some(args.client.as_str());
    let wanted = Wanted::new(
        session,
        &args.service,
        &args.extensions,
        client,
        therapist,
        None,
    )
    .await?;
    let mut site_ids = Vec::new();
    for site in &args.sites {
        site_ids.push(names.find_site(site)?);
    }
    let now = names.now_at(site_ids.first().map(String::as_str))?;
    let windows = args
        .windows
        .iter()
        .map(|text| window::parse(text, &now).map_err(Failure::usage));
    let request = v1::CreateWaitlistEntryRequest {
        write: Some(args.change.options()),
        entry: Some(v1::WaitlistEntry {
            client_id: wanted.client_id,
            service_id: wanted.service_id,
            extension_ids: wanted.extension_ids,
            site_ids,
            windows: windows.collect::<Result<_, _>>()?,
            therapist_id: wanted.therapist_id,
            therapist_only: args.only,
            note: args.note.clone(),
            ..v1::WaitlistEntry::default()
        }),
    };
    let answer = session.client.create_waitlist_entry(request).await?;
    let said = args.change.said("On the waitlist.");
    Ok(output::entry(&said, answer.entry.as_ref(), names))
}

async fn withdraw(session: &Session, args: &Step) -> Result<Report, Failure> {
    let entry_id = entry_id(session, &args.entry).await?;
    let request = v1::WithdrawWaitlistEntryRequest {
        write: Some(args.change.options()),
        entry_id,
    };
    let answer = session.client.withdraw_waitlist_entry(request).await?;
    let said = args.change.said("Off the waitlist.");
    let names = session.names().await?;
    Ok(output::entry(&said, answer.entry.as_ref(), names))
}

async fn suggest(session: &Session, args: &Suggest) -> Result<Report, Failure> {
    let names = session.names().await?;
    if let Some(entry) = &args.entry {
        let request = v1::SuggestForEntryRequest {
            entry_id: entry_id(session, entry).await?,
            limit: 0,
        };
        let answer = session.client.suggest_for_entry(request).await?;
        return Ok(output::places(&answer.places, names));
    }
    let site_id = session.site(args.site.as_deref()).await?;
    let now = names.now_at(Some(&site_id))?;
    let at = args.at.as_deref().unwrap_or("now");
    let until = args.until.as_deref();
    let until = until.map(|text| when::moment(text, &now)).transpose()?;
    let therapist = args.therapist.as_deref();
    let request = v1::SuggestForSlotRequest {
        start: Some(time::wire(when::moment(at, &now)?)),
        until: until.map(time::wire),
        room_id: args
            .room
            .as_deref()
            .map_or(Ok(String::new()), |room| names.find_room(room))?,
        therapist_id: therapist.map_or(Ok(String::new()), |therapist| {
            names.find_therapist(therapist)
        })?,
        site_id,
    };
    let answer = session.client.suggest_for_slot(request).await?;
    Ok(output::list(&answer.lines, names))
}

async fn offer(session: &Session, args: &Offer) -> Result<Report, Failure> {
    let names = session.names().await?;
    let mut request = v1::MakeOfferRequest {
        write: Some(args.change.options()),
        entry_id: entry_id(session, &args.entry).await?,
        ..v1::MakeOfferRequest::default()
    };
    if let Some(at) = &args.at {
        request.site_id = session.site(args.site.as_deref()).await?;
        let now = names.now_at(Some(&request.site_id))?;
        request.start = Some(time::wire(when::moment(at, &now)?));
        if let Some(room) = &args.room {
            request.room_id = names.find_room(room)?;
        }
        if let Some(therapist) = &args.therapist {
            request.therapist_id = names.find_therapist(therapist)?;
        }
    }
    let answer = session.client.make_offer(request).await?;
    let said = args.change.said("Held for them; now call.");
    Ok(output::entry(&said, answer.entry.as_ref(), names))
}

async fn contact(session: &Session, args: &Step) -> Result<Report, Failure> {
    let request = v1::RecordContactRequest {
        write: Some(args.change.options()),
        entry_id: entry_id(session, &args.entry).await?,
    };
    let answer = session.client.record_contact(request).await?;
    let said = args.change.said("They were told.");
    let names = session.names().await?;
    Ok(output::entry(&said, answer.entry.as_ref(), names))
}

async fn accept(session: &Session, args: &Accept) -> Result<Report, Failure> {
    let request = v1::AcceptOfferRequest {
        write: Some(args.step.change.options()),
        entry_id: entry_id(session, &args.step.entry).await?,
        note: args.note.clone(),
    };
    let answer = session.client.accept_offer(request).await?;
    let names = session.names().await?;
    let mut report = Report::default();
    let said = args.step.change.said("Booked.");
    present::one(
        &mut report,
        &said,
        &answer.appointment.unwrap_or_default(),
        names,
    );
    Ok(report)
}

async fn decline(session: &Session, args: &Decline) -> Result<Report, Failure> {
    let request = v1::DeclineOfferRequest {
        write: Some(args.step.change.options()),
        entry_id: entry_id(session, &args.step.entry).await?,
        pass_on: args.pass_on,
    };
    let answer = session.client.decline_offer(request).await?;
    let said = args.step.change.said("Declined; they go on waiting.");
    let names = session.names().await?;
    let mut report = output::entry(&said, answer.entry.as_ref(), names);
    if let Some(next) = &answer.next {
        output::passed_on(&mut report, next, names);
    }
    Ok(report)
}
