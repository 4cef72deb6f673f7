//! What therapists have to show: a renewal, a training, and the log of what somebody learned.

use treadwell_api::v1::{self, renew_credential_request::Renewed};

use super::form::{self, Form, Kind, choice, text};
use crate::{
    standing,
    tui::{
        call::Call,
        event::{Effect, Purpose},
        model::Model,
        time,
    },
    when,
};

/// The most entries that the log shows.
const SHOWN: i32 = 12;

/// The word for what is no credential but the registration.
const REGISTRATION: &str = "registration";

/// Asks for what a therapist learned.
pub(crate) fn open_log(model: &mut Model, therapist_id: &str) -> Vec<Effect> {
    let call = v1::ListTrainingRequest {
        therapist_id: therapist_id.to_owned(),
        page_size: SHOWN,
        ..v1::ListTrainingRequest::default()
    };
    model.ask(Purpose::Training, call)
}

/// It has arrived.
pub(crate) fn log_loaded(
    model: &mut Model,
    asked: &v1::ListTrainingRequest,
    answer: &v1::ListTrainingResponse,
) {
    let title = format!("Training of {}", model.therapist_name(&asked.therapist_id));
    let mut lines: Vec<String> = answer.trainings.iter().map(words).collect();
    if lines.is_empty() {
        lines.push("Nothing is entered.".to_owned());
    }
    if !answer.next_page_token.is_empty() {
        lines.push("and earlier ones".to_owned());
    }
    super::message(model, &title, lines);
}

/// `2026-06-07 12h00 workshop: Anatomy of hip and lower back (education)`.
fn words(training: &v1::Training) -> String {
    let day = training.last.as_ref().map(time::iso).unwrap_or_default();
    let counts = if training.education {
        " (education)"
    } else {
        ""
    };
    format!(
        "{day} {} {}: {}{counts}",
        standing::hours(training.minutes.into()),
        standing::kind(training.kind()),
        training.title
    )
}

/// Opens a renewal of what a therapist has to show.
pub(crate) fn open_renewal(model: &mut Model, of: &v1::Standing) -> Vec<Effect> {
    let known = model.therapists.iter().find(|it| it.id == of.therapist_id);
    let Some(therapist) = known.cloned() else {
        return Vec::new();
    };
    let until = |date: Option<&v1::LocalDate>| match date {
        Some(date) => format!(" until {}", time::iso(date)),
        None => String::new(),
    };
    let held = therapist.credentials.iter();
    let mut lines: Vec<String> = held
        .map(|it| format!("{}{}", it.id, until(it.valid_through.as_ref())))
        .collect();
    if !therapist.registration.is_empty() {
        let last = until(therapist.registration_valid_through.as_ref());
        lines.push(format!("{REGISTRATION}{last}"));
    }
    let ends = therapist.credentials.iter().filter_map(|it| {
        let last = it.valid_through.as_ref().and_then(time::date_of);
        Some((last?, it.id.as_str()))
    });
    let registered = therapist.registration_valid_through.as_ref();
    let registered = registered.and_then(time::date_of);
    let soonest = ends
        .chain(registered.map(|last| (last, REGISTRATION)))
        .min();
    let what = soonest.map_or("", |(_, what)| what).to_owned();
    lines.insert(0, therapist.name.clone());
    let fields = vec![text("what", &what), text("until", ""), text("number", "")];
    let mut form = Form::new("Renew", lines, fields, Kind::Renew(Box::new(therapist)));
    form.hints = vec![
        "one of those above".to_owned(),
        "the last day on which it is valid: 2027-12-31".to_owned(),
        "the new number; empty when it stays".to_owned(),
    ];
    form::open(model, form)
}

/// The call of a renewal.
pub(super) fn renewal(
    model: &Model,
    form: &Form,
    therapist: &v1::Therapist,
) -> Result<Call, String> {
    let what = form.text(0);
    let renewed = if what == REGISTRATION {
        Renewed::Registration(true)
    } else if therapist.credentials.iter().any(|it| it.id == what) {
        Renewed::CredentialId(what.to_owned())
    } else {
        return Err("What is renewed? One of those above.".to_owned());
    };
    let call = v1::RenewCredentialRequest {
        write: Some(v1::WriteOptions {
            etag: therapist.etag.clone(),
            ..v1::WriteOptions::default()
        }),
        therapist_id: therapist.id.clone(),
        renewed: Some(renewed),
        number: form.text(2).to_owned(),
        valid_through: Some(day(model, form.text(1))?),
    };
    Ok(call.into())
}

/// Opens a new entry of the training log, of a therapist and whoever else took part.
pub(crate) fn open(model: &mut Model, therapist_id: &str) -> Vec<Effect> {
    let today = time::zoned(model.now(), &model.home_zone()).date();
    let today = today.to_string();
    let fields = vec![
        text("title", ""),
        text("who (ids)", therapist_id),
        choice("kind", standing::KINDS.map(|(_, word)| word)),
        text("hours", ""),
        text("first day", &today),
        text("last day", &today),
        text("subject", ""),
        text("given by", ""),
        choice("continuing education", ["no", "yes"]),
        text("certificate", ""),
    ];
    let mut form = Form::new("Training", Vec::new(), fields, Kind::Training);
    form.hints = vec![
        "what it was called".to_owned(),
        "all who took part: chen, roy".to_owned(),
        String::new(),
        "by quarters: 1.5".to_owned(),
        String::new(),
        String::new(),
        "anatomy, techniques, reflexology".to_owned(),
        "nobody's name means the clinic".to_owned(),
    ];
    form::open(model, form)
}

/// The call that enters a training.
pub(super) fn put(model: &Model, form: &Form) -> Result<Call, String> {
    let who = form.text(1).split(',').map(str::trim);
    let therapist_ids: Vec<String> = who.filter(|it| !it.is_empty()).map(str::to_owned).collect();
    let unknown = |id: &&String| model.therapists.iter().all(|it| it.id != **id);
    if let Some(unknown) = therapist_ids.iter().find(unknown) {
        return Err(format!("Nobody here has the id {unknown:?}."));
    }
    let kind = standing::KINDS.get(form.chosen(2));
    let call = v1::PutTrainingRequest {
        write: None,
        training: Some(v1::Training {
            therapist_ids,
            kind: kind.map_or(0, |(kind, _)| (*kind).into()),
            title: form.text(0).to_owned(),
            provider: form.text(7).to_owned(),
            subject: form.text(6).to_owned(),
            first: Some(day(model, form.text(4))?),
            last: Some(day(model, form.text(5))?),
            minutes: standing::quarters(form.text(3)).ok_or("How long? Hours, such as 1.5.")?,
            education: form.chosen(8) == 1,
            certificate: form.text(9).to_owned(),
            ..v1::Training::default()
        }),
    };
    Ok(call.into())
}

fn day(model: &Model, text: &str) -> Result<v1::LocalDate, String> {
    let now = time::zoned(model.now(), &model.home_zone());
    let day = when::day(text, &now).map_err(|problem| problem.to_string())?;
    Ok(time::local_date(day))
}
