//! A client's particulars.

use treadwell_api::v1;

use super::{Form, Kind, open, text};
use crate::tui::{event::Effect, model::Model, time};

/// Opens a client's particulars; without a client a new one, with what is known of the name.
pub(crate) fn open_client(
    model: &mut Model,
    client: Option<&v1::Client>,
    known: &str,
) -> Vec<Effect> {
    let digits = known.chars().any(|letter| letter.is_ascii_digit());
    let (name, phone) = if digits { ("", known) } else { (known, "") };
    let title = if client.is_some() {
        "Edit client"
    } else {
        "New client"
    };
    let born = client
        .and_then(|client| client.born.as_ref())
        .and_then(time::date_of);
    let fields = vec![
        text("name", client.map_or(name, |client| &client.name)),
        text("phone", client.map_or(phone, |client| &client.phone)),
        text(
            "born (YYYY-MM-DD)",
            &born.map(|born| born.to_string()).unwrap_or_default(),
        ),
        text(
            "note (no health data)",
            client.map_or("", |client| &client.note),
        ),
    ];
    let kind = Kind::Client(client.cloned().map(Box::new));
    let mut form = Form::new(title, Vec::new(), fields, kind);
    if client.is_none() {
        known.clone_into(&mut form.about);
    }
    open(model, form)
}
