//! `roster`: who works where and when: weekly templates, single shifts, time off, and days on which a site is closed.

mod closures;
mod list;

use clap::{Args, Subcommand};
use treadwell_client::v1;

use super::{
    affected, args::Change, failure::Failure, names::Names, report::Report, session::Session,
};
use crate::{hours, tui::time, when};
use list::ask_first;

#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true)]
pub(crate) struct RosterArgs {
    /// The first day that is listed [default: today]
    #[arg(value_name = "DAY")]
    from: Option<String>,
    /// How many days are listed, 1 to 31
    #[arg(long, value_name = "DAYS", default_value_t = 7, value_parser = clap::value_parser!(u8).range(1..=31))]
    days: u8,
    /// Only this therapist
    #[arg(long, value_name = "WHO")]
    therapist: Option<String>,
    /// Only this site
    #[arg(long, value_name = "SITE")]
    site: Option<String>,
    #[command(subcommand)]
    action: Option<Action>,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// Weekly templates, from which shifts are made
    Template {
        #[command(subcommand)]
        action: Option<Template>,
    },
    /// Single shifts: exceptions from the week
    Shift {
        #[command(subcommand)]
        action: Shift,
    },
    /// Time off: vacation, illness, training
    Off {
        #[command(subcommand)]
        action: Option<Off>,
    },
    /// Closes a site on some days, or opens it again
    Close(closures::CloseArgs),
}

#[derive(Debug, Subcommand)]
enum Template {
    /// Adds a week, or replaces the one named with --id; shifts are made from it
    Put {
        /// Who works
        therapist: String,
        /// The hours, each weekday once or twice: "mon-fri 9:00-17:00/12:00-12:30", "sat 10-14"
        #[arg(required = true, value_name = "HOURS")]
        hours: Vec<String>,
        /// Where
        #[arg(long, value_name = "SITE")]
        site: Option<String>,
        /// The first day [default: tomorrow; with --id, as before]
        #[arg(long, value_name = "DAY")]
        from: Option<String>,
        /// The last day [default: no end; with --id, as before]
        #[arg(long, value_name = "DAY")]
        until: Option<String>,
        /// Only every so many weeks [default: 1; with --id, as before]
        #[arg(long, value_name = "WEEKS", value_parser = clap::value_parser!(u8).range(1..=8))]
        every: Option<u8>,
        /// The template to replace (wkt-...)
        #[arg(long, value_name = "TEMPLATE")]
        id: Option<String>,
        #[command(flatten)]
        change: Change,
    },
    /// Removes a week, and those of its shifts that have not begun
    Remove {
        /// The template (wkt-...)
        template: String,
        #[command(flatten)]
        change: Change,
    },
}

#[derive(Debug, Subcommand)]
enum Shift {
    /// Adds a shift, or replaces the one named with --id
    Put {
        /// Who works
        therapist: String,
        /// From when
        from: String,
        /// Until when
        until: String,
        /// Where
        #[arg(long, value_name = "SITE")]
        site: Option<String>,
        /// Breaks: "12:00-12:30"
        #[arg(long = "break", value_name = "HOURS")]
        breaks: Vec<String>,
        /// The shift to replace (shf-...)
        #[arg(long, value_name = "SHIFT")]
        id: Option<String>,
        #[command(flatten)]
        change: Change,
    },
    /// Removes a shift
    Remove {
        /// The shift (shf-...)
        shift: String,
        #[command(flatten)]
        change: Change,
    },
}

#[derive(Debug, Subcommand)]
enum Off {
    /// Adds time off, or replaces the one named with --id
    Put {
        /// Who is away
        therapist: String,
        /// From when
        from: String,
        /// Until when, or the last day of it
        until: String,
        /// Why; shown only to those who run the clinic
        #[arg(long, value_name = "TEXT")]
        reason: Option<String>,
        /// The time off to replace (off-...)
        #[arg(long, value_name = "TIME OFF")]
        id: Option<String>,
        #[command(flatten)]
        change: Change,
    },
    /// Removes time off
    Remove {
        /// The time off (off-...)
        time_off: String,
        #[command(flatten)]
        change: Change,
    },
}

pub(crate) async fn run(session: &Session, args: &RosterArgs) -> Result<Report, Failure> {
    match &args.action {
        None => list::shifts(session, args).await,
        Some(Action::Template { action: None }) => list::templates(session).await,
        Some(Action::Template {
            action: Some(action),
        }) => template(session, action).await,
        Some(Action::Shift { action }) => shift(session, action).await,
        Some(Action::Off { action: None }) => list::time_off(session).await,
        Some(Action::Off {
            action: Some(action),
        }) => off(session, action).await,
        Some(Action::Close(args)) => closures::run(session, args).await,
    }
}

async fn template(session: &Session, action: &Template) -> Result<Report, Failure> {
    let names = session.names().await?;
    match action {
        Template::Put {
            therapist,
            hours,
            site,
            from,
            until,
            every,
            id,
            change,
        } => {
            let site_id = session.site(site.as_deref()).await?;
            let now = names.now_at(Some(&site_id))?;
            let day = |text: &str| when::day(text, &now).map(time::local_date);
            let before = match id {
                Some(id) => Some(list::template(session, id).await?),
                None => None,
            };
            let known = before.clone().unwrap_or_default();
            let first = match (from, known.first) {
                (None, Some(first)) => first,
                (from, _) => day(from.as_deref().unwrap_or("tomorrow"))?,
            };
            let last = until.as_deref().map(day).transpose()?;
            let mut write = change.options();
            write.etag.clone_from(&known.etag);
            let request = v1::PutWeekTemplateRequest {
                write: Some(write),
                template: Some(v1::WeekTemplate {
                    id: id.clone().unwrap_or_default(),
                    therapist_id: names.find_therapist(therapist)?,
                    site_id,
                    first: Some(first),
                    last: last.or(known.last),
                    every_weeks: every.map_or(known.every_weeks, i32::from),
                    shifts: hours::week(hours).map_err(Failure::usage)?,
                    ..v1::WeekTemplate::default()
                }),
            };
            ask_first!(session, change, names, put_week_template(request));
            let answer = session.client.put_week_template(request).await?;
            let template = answer.template.unwrap_or_default();
            let mut report = Report::default();
            report.line(change.said("The week is set:"));
            list::add_templates(&mut report, std::slice::from_ref(&template), names);
            list::left_out(&mut report, &answer.left_out, names);
            affected::tell(
                &mut report,
                &answer.affected_appointment_ids,
                &answer.affected_appointments,
                names,
            );
            Ok(report)
        }
        Template::Remove { template, change } => {
            remove_template(session, template, change, names).await
        }
    }
}

async fn remove_template(
    session: &Session,
    template: &str,
    change: &Change,
    names: &Names,
) -> Result<Report, Failure> {
    let request = v1::RemoveWeekTemplateRequest {
        write: Some(change.options()),
        template_id: template.to_owned(),
    };
    let question = format!("Remove {template} and its shifts?");
    ask_first!(
        session,
        change,
        names,
        remove_week_template(request),
        Some(question.as_str())
    );
    let answer = session.client.remove_week_template(request).await?;
    Ok(list::removed(
        change.said("The week and its shifts are removed."),
        &answer.affected_appointment_ids,
        &answer.affected_appointments,
        names,
    ))
}

async fn shift(session: &Session, action: &Shift) -> Result<Report, Failure> {
    let names = session.names().await?;
    match action {
        Shift::Put {
            therapist,
            from,
            until,
            site,
            breaks,
            id,
            change,
        } => {
            let site_id = session.site(site.as_deref()).await?;
            let now = names.now_at(Some(&site_id))?;
            let start = when::moment(from, &now)?;
            let from_start = start.to_zoned(names.zone_of(&site_id));
            let end = hours::end_after(until, &from_start)?;
            let breaks = breaks
                .iter()
                .map(|text| hours::pause(text, &from_start).map_err(Failure::usage))
                .collect::<Result<_, _>>()?;
            let request = v1::PutShiftRequest {
                write: Some(change.options()),
                shift: Some(v1::Shift {
                    id: id.clone().unwrap_or_default(),
                    therapist_id: names.find_therapist(therapist)?,
                    site_id,
                    start: Some(time::wire(start)),
                    end: Some(time::wire(end)),
                    breaks,
                    ..v1::Shift::default()
                }),
            };
            ask_first!(session, change, names, put_shift(request));
            let answer = session.client.put_shift(request).await?;
            let shift = answer.shift.unwrap_or_default();
            let mut report = Report::default();
            report.line(change.said("The shift is set:"));
            list::add_shifts(&mut report, std::slice::from_ref(&shift), names);
            affected::tell(
                &mut report,
                &answer.affected_appointment_ids,
                &answer.affected_appointments,
                names,
            );
            Ok(report)
        }
        Shift::Remove { shift, change } => {
            let request = v1::RemoveShiftRequest {
                write: Some(change.options()),
                shift_id: shift.clone(),
            };
            ask_first!(session, change, names, remove_shift(request));
            let answer = session.client.remove_shift(request).await?;
            Ok(list::removed(
                change.said("The shift is removed."),
                &answer.affected_appointment_ids,
                &answer.affected_appointments,
                names,
            ))
        }
    }
}

async fn off(session: &Session, action: &Off) -> Result<Report, Failure> {
    let names = session.names().await?;
    match action {
        Off::Put {
            therapist,
            from,
            until,
            reason,
            id,
            change,
        } => {
            let now = names.now_at(None)?;
            let request = v1::PutTimeOffRequest {
                write: Some(change.options()),
                time_off: Some(v1::TimeOff {
                    id: id.clone().unwrap_or_default(),
                    therapist_id: names.find_therapist(therapist)?,
                    start: Some(time::wire(time::this_mark(when::from(from, &now)?))),
                    end: Some(time::wire(when::until(until, &now)?)),
                    reason: reason.clone().unwrap_or_default(),
                    ..v1::TimeOff::default()
                }),
            };
            ask_first!(session, change, names, put_time_off(request));
            let answer = session.client.put_time_off(request).await?;
            let time_off = answer.time_off.unwrap_or_default();
            let mut report = Report::default();
            report.line(change.said("Time off is set:"));
            list::add_time_off(&mut report, std::slice::from_ref(&time_off), names)?;
            affected::tell(
                &mut report,
                &answer.affected_appointment_ids,
                &answer.affected_appointments,
                names,
            );
            Ok(report)
        }
        Off::Remove { time_off, change } => {
            let request = v1::RemoveTimeOffRequest {
                write: Some(change.options()),
                time_off_id: time_off.clone(),
            };
            session.client.remove_time_off(request).await?;
            let mut report = Report::default();
            report.line(change.said("The time off is removed."));
            Ok(report)
        }
    }
}
