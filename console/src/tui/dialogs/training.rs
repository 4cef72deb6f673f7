//! What therapists have to show: a renewal, a training, and the log of what somebody learned.

use treadwell_api::v1::{self, renew_credential_request::Renewed};

use super::{
    ask::Ask,
    form::{self, Field, Form, Kind, choice, chosen, text},
    menu::{self, Action, Item, Menu},
};
use crate::{
    standing,
    tui::{
        call::Call,
        event::{Effect, Purpose},
        keys::Command,
        model::Model,
        time,
    },
    when,
};

/// The most entries that the log shows.
const SHOWN: i32 = 100;

/// The word for what is no credential but the registration.
const REGISTRATION: &str = "registration";

/// Whether what a therapist learned may be seen: by those who run the clinic, and by themselves.
pub(crate) fn is_seen(model: &Model, therapist_id: &str) -> bool {
    let own = model.me.as_ref().map(|me| me.therapist_id.as_str());
    model.runs() || own == Some(therapist_id)
}

/// Asks for what a therapist learned.
pub(crate) fn open_log(model: &mut Model, therapist_id: &str) -> Vec<Effect> {
    let call = v1::ListTrainingRequest {
        therapist_id: therapist_id.to_owned(),
        page_size: SHOWN,
        ..v1::ListTrainingRequest::default()
    };
    let awaited = (Command::EditTraining, therapist_id.to_owned());
    super::read(model, Purpose::Training, awaited, call)
}

/// It has arrived.
pub(crate) fn log_loaded(
    model: &mut Model,
    asked: &v1::ListTrainingRequest,
    answer: &v1::ListTrainingResponse,
) -> Vec<Effect> {
    if !super::awaited(model, Command::EditTraining, &asked.therapist_id) {
        return Vec::new();
    }
    let title = format!("Training of {}", model.therapist_name(&asked.therapist_id));
    let more = (!answer.next_page_token.is_empty()).then(|| "and earlier ones".to_owned());
    if model.runs() && !answer.trainings.is_empty() {
        let items = answer.trainings.iter().map(|training| Item {
            key: String::new(),
            label: words(training),
            action: Action::Training(Box::new(training.clone())),
        });
        let mut lines = vec!["Enter corrects an entry, or removes it.".to_owned()];
        lines.extend(more);
        return menu::open(model, Menu::new(&title, lines, items.collect()));
    }
    let mut lines: Vec<String> = answer.trainings.iter().map(words).collect();
    if lines.is_empty() {
        lines.push("Nothing is entered.".to_owned());
    }
    lines.extend(more);
    super::message(model, &title, lines);
    Vec::new()
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
    let today = Some(time::local_date(today));
    let blank = v1::Training {
        therapist_ids: vec![therapist_id.to_owned()],
        kind: v1::TrainingKind::Session.into(),
        first: today,
        last: today,
        ..v1::Training::default()
    };
    let form = Form::new("Training", Vec::new(), fields(&blank), Kind::Training);
    open_form(model, form)
}

/// Opens an entry to be corrected, or removed.
pub(crate) fn open_entry(model: &mut Model, training: v1::Training) -> Vec<Effect> {
    let mut fields = fields(&training);
    fields.push(choice(DO, ["correct it", "remove it"]).anew());
    let lines = vec![words(&training)];
    let kind = Kind::EditTraining(Box::new(training));
    open_form(model, Form::new("Edit training", lines, fields, kind))
}

/// The label of what becomes of an entry.
const DO: &str = "what";

fn fields(of: &v1::Training) -> Vec<Field> {
    let iso = |date: Option<&v1::LocalDate>| date.map(time::iso).unwrap_or_default();
    let hours = match of.minutes {
        0 => String::new(),
        minutes => standing::in_quarters(minutes),
    };
    let at = standing::KINDS
        .iter()
        .position(|(kind, _)| *kind == of.kind());
    vec![
        text("title", &of.title),
        text("who (ids)", &of.therapist_ids.join(", ")),
        chosen(
            "kind",
            standing::KINDS.map(|(_, word)| word),
            at.unwrap_or(0),
        ),
        text("hours", &hours),
        text("first day", &iso(of.first.as_ref())),
        text("last day", &iso(of.last.as_ref())),
        text("subject", &of.subject),
        text("given by", &of.provider),
        chosen(
            "continuing education",
            ["no", "yes"],
            usize::from(of.education),
        ),
        text("certificate", &of.certificate),
        text("note", &of.note),
    ]
}

fn open_form(model: &mut Model, mut form: Form) -> Vec<Effect> {
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

/// Whether the form of an entry is to remove it.
pub(super) fn removes(form: &Form) -> bool {
    form.labelled(DO)
        .is_some_and(|field| form.chosen(field) == 1)
}

/// Asks before an entry is removed.
pub(super) fn ask_remove(model: &Model, training: &v1::Training) -> Ask {
    let who = training
        .therapist_ids
        .iter()
        .map(|id| model.therapist_name(id));
    let lines = vec![
        words(training),
        format!("Of {}.", who.collect::<Vec<_>>().join(", ")),
        "Remove it from the training log of all of them?".to_owned(),
    ];
    let call = v1::RemoveTrainingRequest {
        write: Some(known(training)),
        training_id: training.id.clone(),
    };
    Ask::send("Remove training", lines, Purpose::Act, call)
}

/// The options of a change to an entry as it was read.
fn known(training: &v1::Training) -> v1::WriteOptions {
    v1::WriteOptions {
        etag: training.etag.clone(),
        ..v1::WriteOptions::default()
    }
}

/// The call that enters a training, or corrects the one that was entered before.
pub(super) fn put(
    model: &Model,
    form: &Form,
    before: Option<&v1::Training>,
) -> Result<Call, String> {
    let who = form.text(1).split(',').map(str::trim);
    let therapist_ids: Vec<String> = who.filter(|it| !it.is_empty()).map(str::to_owned).collect();
    let unknown = |id: &&String| model.therapists.iter().all(|it| it.id != **id);
    if let Some(unknown) = therapist_ids.iter().find(unknown) {
        return Err(format!("Nobody here has the id {unknown:?}."));
    }
    let kind = standing::KINDS.get(form.chosen(2));
    let call = v1::PutTrainingRequest {
        write: before.map(known),
        training: Some(v1::Training {
            id: before.map(|before| before.id.clone()).unwrap_or_default(),
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
            note: form.text(10).to_owned(),
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
