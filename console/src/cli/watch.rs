//! `watch`: every change as it happens, a line each, until interrupted.

use std::{borrow::Cow, io};

use clap::{Args, ValueEnum};
use serde::Serialize;
use treadwell_client::{Change, Event, Link, WatchOptions, v1};

use super::{
    failure::Failure,
    names::Names,
    present::{self, AppointmentJson},
    report::{Form, Report, clean, json},
    session::Session,
};

#[derive(Debug, Args)]
pub(crate) struct WatchArgs {
    /// Only this site [default: the one in the configuration, else all that the key reaches]
    #[arg(long, value_name = "SITE")]
    site: Option<String>,
    /// Only this kind; may be given several times
    #[arg(long = "kind", value_enum, value_name = "KIND")]
    kinds: Vec<Kind>,
    /// Only what follows this revision; otherwise the present state comes first
    #[arg(long, value_name = "REVISION", conflicts_with = "changes")]
    after: Option<u64>,
    /// Leaves out the present state
    #[arg(long)]
    changes: bool,
    /// Ends after so many changed resources
    #[arg(long, value_name = "COUNT")]
    count: Option<u64>,
}

/// Kinds of resources.
#[derive(Clone, Copy, Debug, ValueEnum)]
enum Kind {
    Site,
    Room,
    Service,
    RuleSet,
    Policy,
    Therapist,
    WeekTemplate,
    TimeOff,
    Shift,
    Client,
    Declaration,
    Appointment,
    Hold,
    Outage,
    Turnover,
    Business,
    PriceList,
    Payment,
    Receipt,
    Key,
    SessionRecord,
    Aftercare,
    WaitlistEntry,
    StockItem,
    StockMovement,
    Inspection,
    Hygiene,
    Training,
}

impl From<Kind> for v1::ResourceKind {
    fn from(kind: Kind) -> Self {
        match kind {
            Kind::Site => Self::Site,
            Kind::Room => Self::Room,
            Kind::Service => Self::Service,
            Kind::RuleSet => Self::RuleSet,
            Kind::Policy => Self::Policy,
            Kind::Therapist => Self::Therapist,
            Kind::WeekTemplate => Self::WeekTemplate,
            Kind::TimeOff => Self::TimeOff,
            Kind::Shift => Self::Shift,
            Kind::Client => Self::Client,
            Kind::Declaration => Self::Declaration,
            Kind::Appointment => Self::Appointment,
            Kind::Hold => Self::Hold,
            Kind::Outage => Self::Outage,
            Kind::Turnover => Self::Turnover,
            Kind::Business => Self::Business,
            Kind::PriceList => Self::PriceList,
            Kind::Payment => Self::Payment,
            Kind::Receipt => Self::Receipt,
            Kind::Key => Self::Key,
            Kind::SessionRecord => Self::SessionRecord,
            Kind::Aftercare => Self::Aftercare,
            Kind::WaitlistEntry => Self::WaitlistEntry,
            Kind::StockItem => Self::StockItem,
            Kind::StockMovement => Self::StockMovement,
            Kind::Inspection => Self::SupportInspection,
            Kind::Hygiene => Self::SessionHygiene,
            Kind::Training => Self::Training,
        }
    }
}

/// What `watch --json` prints, a line each.
#[derive(Serialize)]
#[serde(tag = "event", rename_all = "snake_case")]
enum Line<'a> {
    /// The link: `connecting`, `live` or `stale`. After a stale one the watch resumes where it was.
    Link {
        state: &'static str,
        #[serde(skip_serializing_if = "Option::is_none")]
        problem: Option<&'a str>,
    },
    /// A resource as it is; `snapshot` when it belongs to the present state that comes first.
    Resource {
        revision: u64,
        snapshot: bool,
        kind: &'static str,
        id: &'a str,
        /// Only for appointments.
        #[serde(skip_serializing_if = "Option::is_none")]
        appointment: Option<Box<AppointmentJson>>,
    },
    /// A resource that is gone, or has left the key's sight.
    Gone {
        revision: u64,
        kind: &'static str,
        id: &'a str,
    },
    /// The state is whole at this revision; a later `watch --after` may begin here.
    Whole { revision: u64 },
}

/// Writes as it goes; only a failure, or `--count`, ends it.
pub(crate) async fn run(session: &Session, args: &WatchArgs) -> Result<Report, Failure> {
    tell(session, args, io::stdout()).await?;
    Ok(Report::default())
}

async fn tell(session: &Session, args: &WatchArgs, out: impl io::Write) -> Result<(), Failure> {
    let names = session.names().await?;
    let after = if args.changes {
        Some(names.catalog.revision)
    } else {
        args.after
    };
    let mut watch = session.client.watch(WatchOptions {
        after,
        site_ids: session.sites(args.site.as_deref()).await?,
        kinds: args.kinds.iter().map(|kind| (*kind).into()).collect(),
        ..WatchOptions::default()
    });
    let mut printer = Printer {
        names,
        form: session.form,
        live: false,
        left: args.count,
        out,
    };
    while let Some(event) = watch.next().await {
        if let Event::Ended(error) = event {
            return Err(error.into());
        }
        match printer.event(&event) {
            Ok(true) => {}
            Ok(false) => break,
            // Whoever read it has gone; that is how `watch | head` ends.
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => break,
            Err(error) => {
                return Err(Failure::other(format!(
                    "the answer could not be written: {error}"
                )));
            }
        }
    }
    Ok(())
}

struct Printer<'a, W> {
    names: &'a Names,
    form: Form,
    live: bool,
    left: Option<u64>,
    out: W,
}

impl<W: io::Write> Printer<'_, W> {
    /// Prints what there is to say; false when enough was said.
    fn event(&mut self, event: &Event) -> io::Result<bool> {
        match event {
            Event::Link(link) => self.link(link)?,
            Event::Snapshot(change) => return self.change(change, true),
            Event::Commit(change) => return self.change(change, false),
            Event::Ended(_) => {}
        }
        Ok(true)
    }

    /// The link is told when it changes, not with every sign of life.
    fn link(&mut self, link: &Link) -> io::Result<()> {
        let (state, problem) = match link {
            Link::Connecting { problem, .. } => ("connecting", problem.as_deref()),
            Link::Live { .. } => ("live", None),
            Link::Stale { problem, .. } => ("stale", Some(problem.as_str())),
        };
        let was_live = std::mem::replace(&mut self.live, link.is_live());
        if was_live && self.live {
            return Ok(());
        }
        let text = problem.map_or_else(
            || format!("-- {state}"),
            |problem| format!("-- {state}: {problem}"),
        );
        self.print(&Line::Link { state, problem }, &text)
    }

    fn change(&mut self, change: &Change, snapshot: bool) -> io::Result<bool> {
        for event in &change.events {
            let Some(resource) = &event.resource else {
                continue;
            };
            let revision = event.revision;
            let (kind, id) = kind_and_id(resource);
            let id = id.as_ref();
            let mark = if snapshot { '=' } else { '*' };
            match resource {
                v1::watch_event::Resource::Tombstone(_) => {
                    self.print(
                        &Line::Gone { revision, kind, id },
                        &format!("- {revision} {kind} {id} is gone"),
                    )?;
                }
                v1::watch_event::Resource::Appointment(appointment) => {
                    let line = Line::Resource {
                        revision,
                        snapshot,
                        kind,
                        id,
                        appointment: Some(Box::new(AppointmentJson::new(appointment, self.names))),
                    };
                    let state = crate::tui::words::appointment_state(appointment.state());
                    let sentence = present::sentence(appointment, self.names);
                    self.print(&line, &format!("{mark} {revision} {sentence} {state}"))?;
                }
                _ => {
                    let line = Line::Resource {
                        revision,
                        snapshot,
                        kind,
                        id,
                        appointment: None,
                    };
                    self.print(&line, &format!("{mark} {revision} {kind} {id}"))?;
                }
            }
            if let Some(left) = &mut self.left {
                *left = left.saturating_sub(1);
                if *left == 0 {
                    return Ok(false);
                }
            }
        }
        let revision = change.revision;
        if self.form == Form::Json {
            self.print(&Line::Whole { revision }, "")?;
        }
        Ok(true)
    }

    /// A line at a time, so that whoever reads it can act at once.
    fn print(&mut self, line: &Line<'_>, text: &str) -> io::Result<()> {
        if self.form == Form::Json {
            writeln!(self.out, "{}", json(line))?;
        } else {
            writeln!(self.out, "{}", clean(text))?;
        }
        self.out.flush()
    }
}

fn kind_and_id(resource: &v1::watch_event::Resource) -> (&'static str, Cow<'_, str>) {
    use v1::watch_event::Resource;
    let (kind, id): (_, &str) = match resource {
        Resource::Tombstone(gone) => (kind_name(gone.kind()), &gone.id),
        Resource::Site(site) => ("site", &site.id),
        Resource::Room(room) => ("room", &room.id),
        Resource::Service(service) => ("service", &service.id),
        Resource::RuleSet(rule_set) => ("rule_set", &rule_set.id),
        Resource::Policy(_) => ("policy", "policy"),
        Resource::Therapist(therapist) => ("therapist", &therapist.id),
        Resource::WeekTemplate(template) => ("week_template", &template.id),
        Resource::TimeOff(time_off) => ("time_off", &time_off.id),
        Resource::Shift(shift) => ("shift", &shift.id),
        Resource::Client(client) => ("client", &client.id),
        Resource::Declaration(declaration) => ("declaration", &declaration.id),
        Resource::Appointment(appointment) => ("appointment", &appointment.id),
        Resource::Hold(hold) => ("hold", &hold.id),
        Resource::Outage(outage) => ("outage", &outage.id),
        Resource::Turnover(turnover) => ("turnover", &turnover.room_id),
        Resource::Business(_) => ("business", "business"),
        Resource::PriceList(list) => ("price_list", &list.service_id),
        Resource::Payment(payment) => ("payment", &payment.id),
        Resource::Receipt(receipt) => return ("receipt", receipt.number.to_string().into()),
        Resource::Key(key) => ("key", &key.id),
        Resource::SessionRecord(record) => ("session_record", &record.appointment_id),
        Resource::Aftercare(given) => ("aftercare", &given.appointment_id),
        Resource::WaitlistEntry(entry) => ("waitlist_entry", &entry.id),
        Resource::StockItem(item) => ("stock_item", &item.item_id),
        Resource::StockMovement(movement) => ("stock_movement", &movement.id),
        Resource::SupportInspection(inspection) => ("inspection", &inspection.id),
        Resource::SessionHygiene(hygiene) => ("hygiene", &hygiene.appointment_id),
        Resource::Training(training) => ("training", &training.id),
    };
    (kind, id.into())
}

fn kind_name(kind: v1::ResourceKind) -> &'static str {
    match kind {
        v1::ResourceKind::Unspecified => "resource",
        v1::ResourceKind::Site => "site",
        v1::ResourceKind::Room => "room",
        v1::ResourceKind::Service => "service",
        v1::ResourceKind::RuleSet => "rule_set",
        v1::ResourceKind::Policy => "policy",
        v1::ResourceKind::Therapist => "therapist",
        v1::ResourceKind::WeekTemplate => "week_template",
        v1::ResourceKind::TimeOff => "time_off",
        v1::ResourceKind::Shift => "shift",
        v1::ResourceKind::Client => "client",
        v1::ResourceKind::Declaration => "declaration",
        v1::ResourceKind::Appointment => "appointment",
        v1::ResourceKind::Hold => "hold",
        v1::ResourceKind::Outage => "outage",
        v1::ResourceKind::Turnover => "turnover",
        v1::ResourceKind::Business => "business",
        v1::ResourceKind::PriceList => "price_list",
        v1::ResourceKind::Payment => "payment",
        v1::ResourceKind::Receipt => "receipt",
        v1::ResourceKind::Key => "key",
        v1::ResourceKind::SessionRecord => "session_record",
        v1::ResourceKind::Aftercare => "aftercare",
        v1::ResourceKind::WaitlistEntry => "waitlist_entry",
        v1::ResourceKind::StockItem => "stock_item",
        v1::ResourceKind::StockMovement => "stock_movement",
        v1::ResourceKind::SupportInspection => "inspection",
        v1::ResourceKind::SessionHygiene => "hygiene",
        v1::ResourceKind::Training => "training",
    }
}

#[cfg(test)]
#[path = "tests/watch.rs"]
mod tests;
