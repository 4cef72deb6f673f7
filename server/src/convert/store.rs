//! Records as they lie on disk: [`encode`] and [`decode`] one record, [`key`] names it, [`commit`]
//! does the same for a whole commit.
//!
//! The bodies are messages of `treadwell.store.v1` that mirror the model field by field, so that
//! what is read is what was written; they are not the API's resources, which leave things out and
//! add others. Every field is checked again when it is read: a stored record that breaks the
//! model's rules is refused with its name, never half believed.

mod catalog;
pub(crate) mod commit;
mod day;
mod fault;
mod impossible;
mod money;
mod people;
mod roster;
mod session_record;
mod stock;
mod value;
mod waitlist;

use bytes::{BufMut, Bytes, BytesMut};
use prost::Message;
use prost::encoding::{WireType, encode_key, encode_varint};
use thiserror::Error;
use treadwell_api::store::v1 as stored;
use treadwell_clinic::Revision;
use treadwell_clinic::model::{Kind, Record, RecordId};

/// The format of the bodies that this release writes, and the newest it reads.
const FORMAT: u32 = 1;

/// Why a stored record, or a commit, can not be read.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("{what} can not be read: {why}")]
pub(crate) struct Unreadable {
    /// The record or commit, by its name.
    pub(crate) what: String,
    /// What is wrong with it.
    pub(crate) why: String,
}

/// A field that holds what the model does not allow.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("its field `{0}` holds no such value")]
pub(crate) struct Bad(pub(crate) &'static str);

/// A part of the model with its stored form.
pub(crate) trait Stored: Sized {
    /// The stored form.
    type Form: Message + Default;

    /// The stored form of this.
    fn form(&self) -> Self::Form;

    /// Reads it back.
    fn read(form: Self::Form) -> Result<Self, Bad>;
}

/// The record's key: its kind, then its id. Serial ids, which grow with time, sort by number.
pub(crate) fn key(id: &RecordId) -> Bytes {
    let mut key = BytesMut::with_capacity(40);
    key.put_u8(u8::try_from(kind_form(id.kind()) as i32).expect("there are fewer than 256 kinds"));
    match id {
        RecordId::Policy | RecordId::Business => {}
        RecordId::Site(id) => key.put_slice(id.as_str().as_bytes()),
        RecordId::Room(id) | RecordId::Turnover(id) => key.put_slice(id.as_str().as_bytes()),
        RecordId::RuleSet(id) => key.put_slice(id.as_str().as_bytes()),
        RecordId::Service(id) | RecordId::PriceList(id) => {
            key.put_slice(id.as_str().as_bytes());
        }
        RecordId::Therapist(id) => key.put_slice(id.as_str().as_bytes()),
        RecordId::FootCare(id, date) => {
            key.put_slice(id.as_str().as_bytes());
            key.put_u8(0);
            key.put_i32(value::date_form(*date));
        }
        RecordId::WeekTemplate(id) => key.put_u64(id.number()),
        RecordId::Absence(id) => key.put_u64(id.number()),
        RecordId::Shift(id) => key.put_u64(id.number()),
        RecordId::Client(id) => key.put_u64(id.number()),
        RecordId::Declaration(id) => key.put_u64(id.number()),
        RecordId::Appointment(id)
        | RecordId::SessionRecord(id)
        | RecordId::Aftercare(id)
        | RecordId::Hygiene(id) => {
            key.put_u64(id.number());
        }
        RecordId::Hold(id) => key.put_u64(id.number()),
        RecordId::Outage(id) => key.put_u64(id.number()),
        RecordId::Payment(id) => key.put_u64(id.number()),
        RecordId::Receipt(number) => key.put_u32(number.get()),
        RecordId::Key(id) => key.put_u64(id.number()),
        RecordId::WaitlistEntry(id) => key.put_u64(id.number()),
        RecordId::StockItem(site, item) => {
            key.put_slice(site.as_str().as_bytes());
            key.put_u8(0);
            key.put_slice(item.as_str().as_bytes());
        }
        RecordId::StockMovement(id) => key.put_u64(id.number()),
        RecordId::SupportInspection(id) => key.put_u64(id.number()),
    }
    key.freeze()
}

/// The record in its envelope, as the commit at `revision` writes it.
///
/// The same record and revision give the same bytes, always: they are compared.
pub(crate) fn encode(record: &Record, revision: Revision) -> Bytes {
    match record {
        Record::Policy(r) => enveloped(record, &r.form(), revision),
        Record::Site(r) => enveloped(record, &r.form(), revision),
        Record::Room(r) => enveloped(record, &r.form(), revision),
        Record::RuleSet(r) => enveloped(record, &r.form(), revision),
        Record::Service(r) => enveloped(record, &r.form(), revision),
        Record::Therapist(r) => enveloped(record, &r.form(), revision),
        Record::FootCare(r) => enveloped(record, &r.form(), revision),
        Record::WeekTemplate(r) => enveloped(record, &r.form(), revision),
        Record::Absence(r) => enveloped(record, &r.form(), revision),
        Record::Shift(r) => enveloped(record, &r.form(), revision),
        Record::Client(r) => enveloped(record, &r.form(), revision),
        Record::Declaration(r) => enveloped(record, &r.form(), revision),
        Record::Appointment(r) => enveloped(record, &r.form(), revision),
        Record::Hold(r) => enveloped(record, &r.form(), revision),
        Record::Outage(r) => enveloped(record, &r.form(), revision),
        Record::Turnover(r) => enveloped(record, &r.form(), revision),
        Record::Business(r) => enveloped(record, &r.form(), revision),
        Record::PriceList(r) => enveloped(record, &r.form(), revision),
        Record::Payment(r) => enveloped(record, &r.form(), revision),
        Record::Receipt(r) => enveloped(record, &r.form(), revision),
        Record::Key(r) => enveloped(record, &r.form(), revision),
        Record::SessionRecord(r) => enveloped(record, &r.form(), revision),
        Record::Aftercare(r) => enveloped(record, &r.form(), revision),
        Record::WaitlistEntry(r) => enveloped(record, &r.form(), revision),
        Record::StockItem(r) => enveloped(record, &r.form(), revision),
        Record::StockMovement(r) => enveloped(record, &r.form(), revision),
        Record::SupportInspection(r) => enveloped(record, &r.form(), revision),
        Record::Hygiene(r) => enveloped(record, &r.form(), revision),
    }
}

/// Writes the body into its envelope without a copy of its own.
fn enveloped(record: &Record, body: &impl Message, revision: Revision) -> Bytes {
    let id = record.id();
    let envelope = stored::Envelope {
        kind: kind_form(id.kind()).into(),
        id: id.name(),
        owner: record
            .owner()
            .map(|client| client.to_string())
            .unwrap_or_default(),
        sites: record.sites().iter().map(ToString::to_string).collect(),
        format: FORMAT,
        revision,
        ..stored::Envelope::default()
    };
    let length = body.encoded_len();
    let mut bytes = BytesMut::with_capacity(envelope.encoded_len() + length + BODY_HEAD);
    envelope.encode_raw(&mut bytes);
    encode_key(BODY, WireType::LengthDelimited, &mut bytes);
    encode_varint(length as u64, &mut bytes);
    body.encode_raw(&mut bytes);
    bytes.freeze()
}

/// The number of the envelope's field `body`, and the most bytes before its content.
const BODY: u32 = 8;
const BODY_HEAD: usize = 11;

/// The client whom a stored record is about, as the text of the id, without reading its body. None for one that is about
/// nobody.
pub(crate) fn owner(value: &Bytes) -> Option<String> {
    let envelope = stored::Envelope::decode(value.clone()).ok()?;
    Some(envelope.owner).filter(|owner| !owner.is_empty())
}

/// Reads a record from its envelope, with the revision of the commit that wrote it.
pub(crate) fn decode(key: &[u8], value: Bytes) -> Result<(Record, Revision), Unreadable> {
    let unreadable = |why: String| Unreadable {
        what: format!("the record with key {}", hex(key)),
        why,
    };
    let envelope =
        stored::Envelope::decode(value).map_err(|error| unreadable(error.to_string()))?;
    if envelope.format == 0 || envelope.format > FORMAT {
        return Err(unreadable(format!(
            "it has format {}, this release reads format {FORMAT}",
            envelope.format
        )));
    }
    if !envelope.key_id.is_empty() {
        return Err(unreadable(
            "it is sealed, and this release has no keys".to_owned(),
        ));
    }
    let revision = envelope.revision;
    let record = read_body(envelope.kind(), envelope.body).map_err(unreadable)?;
    if self::key(&record.id()) != key {
        return Err(unreadable(format!("it holds {}", record.id())));
    }
    Ok((record, revision))
}

fn read_body(kind: stored::RecordKind, body: Bytes) -> Result<Record, String> {
    use treadwell_clinic::model;

    fn read<T: Stored + Into<Record>>(body: Bytes) -> Result<Record, String> {
        let form = T::Form::decode(body).map_err(|error| error.to_string())?;
        T::read(form).map(Into::into).map_err(|bad| bad.to_string())
    }
    match kind_of(kind).ok_or("it is of no known kind")? {
        Kind::Policy => read::<model::Policy>(body),
        Kind::Site => read::<model::Site>(body),
        Kind::Room => read::<model::Room>(body),
        Kind::RuleSet => read::<model::RuleSet>(body),
        Kind::Service => read::<model::Service>(body),
        Kind::Therapist => read::<model::Therapist>(body),
        Kind::FootCare => read::<model::FootCare>(body),
        Kind::WeekTemplate => read::<model::WeekTemplate>(body),
        Kind::Absence => read::<model::Absence>(body),
        Kind::Shift => read::<model::Shift>(body),
        Kind::Client => read::<model::Client>(body),
        Kind::Declaration => read::<model::Declaration>(body),
        Kind::Appointment => read::<model::Appointment>(body),
        Kind::Hold => read::<model::Hold>(body),
        Kind::Outage => read::<model::Outage>(body),
        Kind::Turnover => read::<model::Turnover>(body),
        Kind::Business => read::<model::Business>(body),
        Kind::PriceList => read::<model::PriceList>(body),
        Kind::Payment => read::<model::Payment>(body),
        Kind::Receipt => read::<model::Receipt>(body),
        Kind::Key => read::<model::Key>(body),
        Kind::SessionRecord => read::<model::SessionRecord>(body),
        Kind::Aftercare => read::<model::Aftercare>(body),
        Kind::WaitlistEntry => read::<model::WaitlistEntry>(body),
        Kind::StockItem => read::<model::StockItem>(body),
        Kind::StockMovement => read::<model::StockMovement>(body),
        Kind::SupportInspection => read::<model::SupportInspection>(body),
        Kind::Hygiene => read::<model::Hygiene>(body),
    }
}

const fn kind_form(kind: Kind) -> stored::RecordKind {
    match kind {
        Kind::Policy => stored::RecordKind::Policy,
        Kind::Site => stored::RecordKind::Site,
        Kind::Room => stored::RecordKind::Room,
        Kind::RuleSet => stored::RecordKind::RuleSet,
        Kind::Service => stored::RecordKind::Service,
        Kind::Therapist => stored::RecordKind::Therapist,
        Kind::FootCare => stored::RecordKind::FootCare,
        Kind::WeekTemplate => stored::RecordKind::WeekTemplate,
        Kind::Absence => stored::RecordKind::Absence,
        Kind::Shift => stored::RecordKind::Shift,
        Kind::Client => stored::RecordKind::Client,
        Kind::Declaration => stored::RecordKind::Declaration,
        Kind::Appointment => stored::RecordKind::Appointment,
        Kind::Hold => stored::RecordKind::Hold,
        Kind::Outage => stored::RecordKind::Outage,
        Kind::Turnover => stored::RecordKind::Turnover,
        Kind::Business => stored::RecordKind::Business,
        Kind::PriceList => stored::RecordKind::PriceList,
        Kind::Payment => stored::RecordKind::Payment,
        Kind::Receipt => stored::RecordKind::Receipt,
        Kind::Key => stored::RecordKind::Key,
        Kind::SessionRecord => stored::RecordKind::SessionRecord,
        Kind::Aftercare => stored::RecordKind::Aftercare,
        Kind::WaitlistEntry => stored::RecordKind::WaitlistEntry,
        Kind::StockItem => stored::RecordKind::StockItem,
        Kind::StockMovement => stored::RecordKind::StockMovement,
        Kind::SupportInspection => stored::RecordKind::SupportInspection,
        Kind::Hygiene => stored::RecordKind::Hygiene,
    }
}

const fn kind_of(kind: stored::RecordKind) -> Option<Kind> {
    Some(match kind {
        stored::RecordKind::Unspecified => return None,
        stored::RecordKind::Policy => Kind::Policy,
        stored::RecordKind::Site => Kind::Site,
        stored::RecordKind::Room => Kind::Room,
        stored::RecordKind::RuleSet => Kind::RuleSet,
        stored::RecordKind::Service => Kind::Service,
        stored::RecordKind::Therapist => Kind::Therapist,
        stored::RecordKind::FootCare => Kind::FootCare,
        stored::RecordKind::WeekTemplate => Kind::WeekTemplate,
        stored::RecordKind::Absence => Kind::Absence,
        stored::RecordKind::Shift => Kind::Shift,
        stored::RecordKind::Client => Kind::Client,
        stored::RecordKind::Declaration => Kind::Declaration,
        stored::RecordKind::Appointment => Kind::Appointment,
        stored::RecordKind::Hold => Kind::Hold,
        stored::RecordKind::Outage => Kind::Outage,
        stored::RecordKind::Turnover => Kind::Turnover,
        stored::RecordKind::Business => Kind::Business,
        stored::RecordKind::PriceList => Kind::PriceList,
        stored::RecordKind::Payment => Kind::Payment,
        stored::RecordKind::Receipt => Kind::Receipt,
        stored::RecordKind::Key => Kind::Key,
        stored::RecordKind::SessionRecord => Kind::SessionRecord,
        stored::RecordKind::Aftercare => Kind::Aftercare,
        stored::RecordKind::WaitlistEntry => Kind::WaitlistEntry,
        stored::RecordKind::StockItem => Kind::StockItem,
        stored::RecordKind::StockMovement => Kind::StockMovement,
        stored::RecordKind::SupportInspection => Kind::SupportInspection,
        stored::RecordKind::Hygiene => Kind::Hygiene,
    })
}

fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write;

    bytes.iter().fold(String::new(), |mut text, byte| {
        write!(text, "{byte:02x}").expect("writing to a string does not fail");
        text
    })
}

#[cfg(test)]
mod tests;
