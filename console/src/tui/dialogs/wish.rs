//! A client is put on the waitlist.

use treadwell_api::v1;

use super::form::{self, Form, Kind, choice, text};
use crate::{
    tui::{event::Effect, model::Model, time},
    window,
};

/// Opens what a client waits for.
pub(crate) fn open(model: &mut Model, client: &v1::Client) -> Vec<Effect> {
    let lines = vec![format!("{} waits for a place.", client.name)];
    let fields = vec![
        text("service", ""),
        text("with", ""),
        text("sites", ""),
        text("when", ""),
        text("therapist", &client.preferred_therapist_id),
        choice("how", ["rather them", "nobody else"]),
        text("note (no health data)", ""),
    ];
    let kind = Kind::Wish(client.id.clone());
    let mut form = Form::new("On the waitlist", lines, fields, kind);
    let services = model.catalog.services.iter().filter(|it| !it.retired);
    let services: Vec<_> = services.map(|it| it.id.as_str()).collect();
    let sites: Vec<_> = model
        .catalog
        .sites
        .iter()
        .map(|it| it.id.as_str())
        .collect();
    form.hints = vec![
        format!("by id or name: {}", services.join(", ")),
        "ids of extensions, with commas between them; empty: none".to_owned(),
        format!(
            "by id or name, with commas: {}; empty: all",
            sites.join(", ")
        ),
        "mon,wed 9-12; tomorrow 14:00-18:30; empty: at any time".to_owned(),
        "by id or name; empty: anyone".to_owned(),
    ];
    form::open(model, form)
}

/// The call that the form asks for, or what is wrong with it.
pub(super) fn call(
    model: &Model,
    form: &Form,
    client_id: &str,
) -> Result<v1::CreateWaitlistEntryRequest, String> {
    let catalog = &model.catalog;
    let services = catalog.services.iter().filter(|it| !it.retired);
    let services = services.map(|it| (it.id.as_str(), it.name.as_str()));
    let sites = || {
        catalog
            .sites
            .iter()
            .map(|it| (it.id.as_str(), it.name.as_str()))
    };
    let therapists = model.therapists.iter().filter(|it| !it.retired);
    let therapists = therapists.map(|it| (it.id.as_str(), it.name.as_str()));
    let now = time::zoned(model.now(), &model.home_zone());
    let site_ids = parts(form.text(2), ',').map(|site| named("site", site, sites()));
    let windows = parts(form.text(3), ';').map(|text| window::parse(text, &now));
    let entry = v1::WaitlistEntry {
        client_id: client_id.to_owned(),
        service_id: named("service", form.text(0), services)?,
        extension_ids: parts(form.text(1), ',').map(str::to_owned).collect(),
        site_ids: site_ids.collect::<Result<_, _>>()?,
        windows: windows.collect::<Result<_, _>>()?,
        therapist_id: match form.text(4) {
            "" => String::new(),
            text => named("therapist", text, therapists)?,
        },
        therapist_only: !form.text(4).is_empty() && form.chosen(5) == 1,
        note: form.text(6).to_owned(),
        ..v1::WaitlistEntry::default()
    };
    Ok(v1::CreateWaitlistEntryRequest {
        write: None,
        entry: Some(entry),
    })
}

fn parts(text: &str, between: char) -> impl Iterator<Item = &str> {
    let parts = text.split(between).map(str::trim);
    parts.filter(|part| !part.is_empty())
}

/// The id of what is named: by its id, or as the only one whose name has this in it.
fn named<'a>(
    what: &str,
    text: &str,
    all: impl Iterator<Item = (&'a str, &'a str)>,
) -> Result<String, String> {
    let wanted = text.to_lowercase();
    let mut found = Vec::new();
    for (id, name) in all {
        if id == wanted || name.to_lowercase() == wanted {
            return Ok(id.to_owned());
        }
        if !wanted.is_empty() && name.to_lowercase().contains(&wanted) {
            found.push(id);
        }
    }
    match found[..] {
        [only] => Ok(only.to_owned()),
        [] => Err(format!("There is no {what} {text:?}.")),
        ref several => Err(format!("Which {what}: {}?", several.join(" or "))),
    }
}
