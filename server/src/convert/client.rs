//! Clients.

use treadwell_api::v1;
use treadwell_clinic::command::{NewClient, Patch, Revision, UpdateClient};
use treadwell_clinic::id::ClientId;
use treadwell_clinic::limits;
use treadwell_clinic::model::Client;

use super::fields::Fields;
use super::values;

/// The fields that an update may name.
const MASK: [&str; 6] = [
    "name",
    "phone",
    "email",
    "born",
    "note",
    "preferred_therapist_id",
];

/// Reads a client to create.
pub fn read(client: &v1::Client, f: &mut Fields<'_>) -> Option<NewClient> {
    let name = f.text("name", &client.name, 1..=limits::NAME_CHARS);
    let phone = f.text("phone", &client.phone, 0..=limits::PHONE_CHARS);
    let email = f.text("email", &client.email, 0..=limits::EMAIL_CHARS);
    let born = f.optional_date("born", client.born.as_ref());
    let note = f.note("note", &client.note, 0..=limits::NOTE_CHARS);
    let preferred = f.optional_id("preferred_therapist_id", &client.preferred_therapist_id);
    Some(NewClient {
        name: name?,
        phone: phone?,
        email: email?,
        born: born?,
        preferred: preferred?,
        note: note?,
    })
}

/// Reads the fields of a client that a mask names; all of them without a mask.
pub fn read_update(
    client: &v1::Client,
    mask: Option<&prost_types::FieldMask>,
    etag: Option<Revision>,
    f: &mut Fields<'_>,
) -> Option<UpdateClient> {
    let named = super::mask::read(mask, &MASK, f);
    let mut f = f.inside("client");
    let id: Option<ClientId> = f.id("id", &client.id);
    let named = named?;
    let mut update = UpdateClient {
        client: id?,
        name: Patch::Keep,
        phone: Patch::Keep,
        email: Patch::Keep,
        born: Patch::Keep,
        preferred: Patch::Keep,
        note: Patch::Keep,
        etag,
    };
    for field in named {
        match field {
            "name" => set(
                &mut update.name,
                f.text(field, &client.name, 1..=limits::NAME_CHARS),
            ),
            "phone" => set(
                &mut update.phone,
                f.text(field, &client.phone, 0..=limits::PHONE_CHARS),
            ),
            "email" => set(
                &mut update.email,
                f.text(field, &client.email, 0..=limits::EMAIL_CHARS),
            ),
            "born" => set(
                &mut update.born,
                f.optional_date(field, client.born.as_ref()),
            ),
            "note" => set(
                &mut update.note,
                f.note(field, &client.note, 0..=limits::NOTE_CHARS),
            ),
            "preferred_therapist_id" => set(
                &mut update.preferred,
                f.optional_id(field, &client.preferred_therapist_id),
            ),
            other => unreachable!("{other} is not in the mask's list"),
        }
    }
    Some(update)
}

/// Sets a field; what is wrong has been noted, and then nothing of the update is used.
fn set<T>(patch: &mut Patch<T>, value: Option<T>) {
    if let Some(value) = value {
        *patch = Patch::Set(value);
    }
}

/// Shows a client, to those who see clients.
pub fn show(client: &Client, revision: Revision) -> v1::Client {
    v1::Client {
        id: client.id.to_string(),
        name: client.name.clone(),
        phone: client.phone.clone(),
        email: client.email.clone(),
        born: client.born.map(values::date),
        note: client.note.clone(),
        preferred_therapist_id: client
            .preferred
            .map(|therapist| therapist.to_string())
            .unwrap_or_default(),
        initials: values::initials(&client.name),
        external_id: client.external.clone(),
        on_file_since: client.since.map(values::instant),
        etag: values::etag(revision),
    }
}
