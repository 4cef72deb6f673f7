//! A client's complete record as one file: JSON for programs, a page for people.
//!
//! Both are made of whatever the server sends, field by field by the API's own description, so that nothing is left out
//! because nobody thought of it here.

mod page;

use std::{collections::BTreeMap, path::Path, sync::LazyLock, time::Duration};

use jiff::{Timestamp, tz::TimeZone};
use prost_reflect::{
    DescriptorPool, DynamicMessage, Kind, ReflectMessage as _, Value as Field, prost::Message,
};
use serde_json::{Map, Value, json};
use treadwell_api::v1::{self, export_client_record_response::Part};
use treadwell_client::{Client, Error};

use crate::tui::time;

pub(crate) use page::page;

/// What the file says of itself; the number goes up when a field that is there changes its meaning.
const FORMAT: &str = "treadwell client record 1";

/// What is not in the file.
const READS: &str = "Who read this record is in the clinic's audit trail (`treadwell audit --client` with the client's id), not in the record.";

/// The description of every message of the API.
static API: LazyLock<DescriptorPool> = LazyLock::new(|| {
    DescriptorPool::decode(treadwell_api::DESCRIPTOR_SET).expect("the build made the descriptors")
});

/// A client's record as it was asked for.
pub(crate) struct Record {
    /// As one JSON object.
    pub(crate) file: Value,
    /// The zone of the clinic's first site.
    pub(crate) zone: TimeZone,
    /// The revision that all of it reflects.
    pub(crate) revision: u64,
    /// How many resources and changes there are.
    pub(crate) counts: v1::ClientRecordEnd,
}

/// Asks for a client's record, and for the names of what occurs in it.
pub(crate) async fn fetch(
    client: &Client,
    request: v1::ExportClientRecordRequest,
) -> Result<Record, Error> {
    // The journal is read from the client's first day on.
    let patient = client.with_timeout(client.options().timeout.max(PATIENCE));
    let parts = patient.export_client_record(request).await?;
    let catalog = client.get_catalog(v1::GetCatalogRequest {}).await?;
    let mut names = BTreeMap::new();
    let mut name = |id: &String, name: &String| {
        names.insert(id.clone(), name.clone());
    };
    catalog.sites.iter().for_each(|it| name(&it.id, &it.name));
    catalog.rooms.iter().for_each(|it| name(&it.id, &it.name));
    for service in &catalog.services {
        name(&service.id, &service.name);
        let extensions = service.extensions.iter();
        extensions.for_each(|it| name(&it.id, &it.name));
    }
    let mut asked = v1::ListTherapistsRequest {
        page_size: PAGE,
        ..v1::ListTherapistsRequest::default()
    };
    loop {
        let page = client.list_therapists(asked.clone()).await?;
        page.therapists.iter().for_each(|it| name(&it.id, &it.name));
        asked.page_token = page.next_page_token;
        if asked.page_token.is_empty() {
            break;
        }
    }
    let mut asked = v1::ListKeysRequest {
        page_size: PAGE,
        page_token: String::new(),
    };
    loop {
        let page = client.list_keys(asked.clone()).await?;
        page.keys.iter().for_each(|it| name(&it.id, &it.name));
        asked.page_token = page.next_page_token;
        if asked.page_token.is_empty() {
            break;
        }
    }
    let zone = catalog.sites.first();
    let counts = parts.iter().find_map(|part| match part.part {
        Some(Part::End(end)) => Some(end),
        _ => None,
    });
    Ok(Record {
        file: file(&parts, &names),
        zone: zone.map_or(TimeZone::UTC, |site| time::zone(&site.time_zone)),
        revision: parts.first().map_or(0, |part| part.revision),
        counts: counts.unwrap_or_default(),
    })
}

impl Record {
    /// The file's text.
    pub(crate) fn text(&self) -> String {
        format!("{:#}\n", self.file)
    }

    /// What was written, for people.
    pub(crate) fn said(&self, path: &Path) -> String {
        let compacted = match self.counts.compacted_revision {
            0 => String::new(),
            until => format!(" Changes up to revision {until} are not kept any more."),
        };
        format!(
            "Only you can read {}, which holds health data: {} records, {} changes, as of revision {}.{compacted}",
            path.display(),
            self.counts.entry_count,
            self.counts.change_count,
            self.revision
        )
    }
}

/// The least time that a record is waited for.
const PATIENCE: Duration = Duration::from_mins(2);

/// How many names are asked for at once.
const PAGE: i32 = 500;

/// The record as one JSON object. `names` are those of whatever has an id; the ones that occur are in the file.
fn file(parts: &[v1::ExportClientRecordResponse], names: &BTreeMap<String, String>) -> Value {
    let mut head = Value::Null;
    let mut resources: Map<String, Value> = Map::new();
    let mut changes = Vec::new();
    let mut compacted = 0;
    for part in parts.iter().filter_map(|part| part.part.as_ref()) {
        match part {
            Part::Head(it) => head = object("ClientRecordHead", it),
            Part::Entry(it) => {
                let Value::Object(entry) = object("ClientRecordEntry", it) else {
                    continue;
                };
                let theirs = entry.into_iter().filter(|(kind, _)| kind != "revision");
                for (kind, resource) in theirs {
                    let of_kind = resources.entry(kind).or_insert_with(|| json!([]));
                    of_kind.as_array_mut().expect("made above").push(resource);
                }
            }
            Part::Change(it) => changes.push(object("ClientRecordChange", it)),
            Part::End(end) => compacted = end.compacted_revision,
        }
    }
    let mut file = json!({
        "format": FORMAT,
        "revision": parts.first().map_or(0, |part| part.revision),
    });
    let fields = file.as_object_mut().expect("made above");
    if let Value::Object(head) = head {
        fields.extend(head);
    }
    fields.insert("resources".to_owned(), Value::Object(resources));
    fields.insert("changes".to_owned(), Value::Array(changes));
    if compacted > 0 {
        let text = format!("Changes up to revision {compacted} are not kept any more.");
        fields.insert("compacted".to_owned(), text.into());
    }
    fields.insert("reads".to_owned(), READS.into());
    let mut said = BTreeMap::new();
    mentioned(&file, names, &mut said);
    file["names"] = json!(said);
    file
}

/// The names of the ids that occur.
fn mentioned(value: &Value, names: &BTreeMap<String, String>, said: &mut BTreeMap<String, String>) {
    match value {
        Value::String(text) => {
            if let Some(name) = names.get(text) {
                said.insert(text.clone(), name.clone());
            }
        }
        Value::Array(all) => all.iter().for_each(|it| mentioned(it, names, said)),
        Value::Object(fields) => fields.values().for_each(|it| mentioned(it, names, said)),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

/// A message of the API as JSON: the fields by their names there, what is not set left out.
fn object(name: &str, message: &impl Message) -> Value {
    let kind = API.get_message_by_name(&format!("treadwell.v1.{name}"));
    let decoded = kind.map(|kind| DynamicMessage::decode(kind, &*message.encode_to_vec()));
    match decoded {
        Some(Ok(message)) => of_message(&message),
        Some(Err(_)) | None => unreachable!("the message and its description are of one build"),
    }
}

fn of_message(message: &DynamicMessage) -> Value {
    let number = |name| match message.get_field_by_name(name).as_deref() {
        Some(Field::I32(number)) => i64::from(*number),
        Some(Field::I64(number)) => *number,
        _ => 0,
    };
    match message.descriptor().full_name() {
        "google.protobuf.Timestamp" => {
            let nanos = i32::try_from(number("nanos")).unwrap_or_default();
            let at = Timestamp::new(number("seconds"), nanos).unwrap_or_default();
            at.to_string().into()
        }
        "treadwell.v1.LocalDate" => {
            let month = format!("{:04}-{:02}", number("year"), number("month"));
            match number("day") {
                0 => month.into(),
                day => format!("{month}-{day:02}").into(),
            }
        }
        "treadwell.v1.TimeOfDay" => format!("{:02}:{:02}", number("hour"), number("minute")).into(),
        _ => {
            let fields = message
                .fields()
                .map(|(field, value)| (field.name().to_owned(), of_field(&field.kind(), value)));
            Value::Object(fields.collect())
        }
    }
}

fn of_field(kind: &Kind, value: &Field) -> Value {
    match value {
        Field::Bool(it) => (*it).into(),
        Field::I32(it) => (*it).into(),
        Field::I64(it) => (*it).into(),
        Field::U32(it) => (*it).into(),
        Field::U64(it) => (*it).into(),
        Field::F32(it) => (*it).into(),
        Field::F64(it) => (*it).into(),
        Field::String(it) => it.as_str().into(),
        Field::Bytes(it) => it.iter().copied().collect(),
        Field::EnumNumber(it) => word(kind, *it).into(),
        Field::Message(it) => of_message(it),
        Field::List(all) => all.iter().map(|it| of_field(kind, it)).collect(),
        // No message of the API has a map.
        Field::Map(all) => all.values().map(|it| of_field(kind, it)).collect(),
    }
}

/// The word of an enum's value: lower case, without the enum's own name before it.
fn word(kind: &Kind, number: i32) -> String {
    let Kind::Enum(of) = kind else {
        return number.to_string();
    };
    let nothing = of.default_value();
    let prefix = nothing.name().trim_end_matches("UNSPECIFIED");
    let name = of.get_value(number).map(|value| value.name().to_owned());
    let name = name.unwrap_or_else(|| number.to_string());
    name.strip_prefix(prefix).unwrap_or(&name).to_lowercase()
}

#[cfg(test)]
mod tests;
