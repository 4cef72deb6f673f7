//! Whatever is stored of a client is in the client's complete record: every text of every kind.

use std::collections::BTreeSet;

use prost_reflect::{
    DescriptorPool, DynamicMessage, Kind as FieldKind, ReflectMessage as _, Value,
};
use treadwell_clinic::Clinic;
use treadwell_clinic::model::Kind;

use super::*;
use crate::access::HealthRead;
use crate::convert::client_record;

/// Texts of stored records that a complete record tells otherwise or which are not of the client, each with the reason.
const TOLD_OTHERWISE: [&str; 4] = [
    // What the clinic itself holds against an appointment: told in words, with names.
    "Appointment.flags",
    // A place that is offered is one for what is wished.
    "WaitlistEntry.offer.slot.service",
    "WaitlistEntry.offer.slot.extensions",
    // What became free together with the place is for others.
    "WaitlistEntry.offer.rest",
];

/// Puts another canary into every text, in whichever message it lies.
struct Planter {
    planted: Vec<String>,
}

impl Planter {
    fn message(&mut self, message: &mut DynamicMessage, path: &str) {
        let fields: Vec<_> = message.descriptor().fields().collect();
        for field in fields {
            let path = format!("{path}.{}", field.name());
            // What is not there stays away, where that says something.
            let says_something = field.supports_presence() || field.is_list();
            if TOLD_OTHERWISE.contains(&path.as_str())
                || says_something && !message.has_field(&field)
            {
                continue;
            }
            let is_text = matches!(field.kind(), FieldKind::String | FieldKind::Message(_));
            if is_text {
                self.value(message.get_field_mut(&field), &path);
            }
        }
    }

    fn value(&mut self, value: &mut Value, path: &str) {
        match value {
            Value::String(text) => {
                // Some of the texts are ids of the catalog, and have to look so.
                *text = format!("canary-{}x", self.planted.len());
                self.planted.push(text.clone());
            }
            Value::Message(message) => self.message(message, path),
            Value::List(all) => all.iter_mut().for_each(|it| self.value(it, path)),
            _ => {}
        }
    }
}

/// The record with a canary in each of its texts, and these.
fn with_canaries(record: &Record) -> (Record, Vec<String>) {
    let api = DescriptorPool::decode(treadwell_api::DESCRIPTOR_SET).unwrap();
    let mut envelope = stored::Envelope::decode(in_the_clear(record)).unwrap();
    let kind = envelope.kind().as_str_name();
    let words = kind.trim_start_matches("RECORD_KIND_").split('_');
    let mut name = String::new();
    for word in words {
        name.push_str(&word[..1]);
        name.push_str(&word[1..].to_lowercase());
    }
    let form = api
        .get_message_by_name(&format!("treadwell.store.v1.{name}"))
        .unwrap();
    let mut body = DynamicMessage::decode(form, envelope.body.clone()).unwrap();
    let mut planter = Planter {
        planted: Vec::new(),
    };
    planter.message(&mut body, &name);
    envelope.body = prost::Message::encode_to_vec(&body).into();
    let bytes = envelope.encode_to_vec().into();
    let (planted, _) = read(&keyring(), record, bytes).unwrap();
    // What the record does not keep, such as why a receipt that is not void was voided, needs not be told.
    let kept = in_the_clear(&planted);
    let canaries = planter.planted.into_iter();
    let canaries = canaries.filter(|canary| holds(&kept, canary)).collect();
    (planted, canaries)
}

fn holds(bytes: &[u8], text: &str) -> bool {
    bytes
        .windows(text.len())
        .any(|part| part == text.as_bytes())
}

#[test]
fn every_text_of_every_record_of_a_client_is_in_the_complete_one() {
    let site = everything()
        .into_iter()
        .filter(|record| matches!(record, Record::Site(_)));
    let mut kinds = BTreeSet::new();
    let mut count = 0;
    for record in everything().iter().chain(&sessions::records()) {
        if record.owner().is_none() {
            continue;
        }
        let (planted, canaries) = with_canaries(record);
        let sites = planted.sites().into_iter().map(|id| {
            let mut like = site.clone().next().unwrap();
            if let Record::Site(site) = &mut like {
                std::sync::Arc::make_mut(site).id = id;
            }
            (like, 1)
        });
        let clinic = Clinic::from_records(sites, 1);
        let shown = client_record::show(&clinic, &planted, 1, &HealthRead::in_a_test());
        let shown = shown.unwrap_or_else(|| panic!("{} is not in it", record.id()));
        let shown = shown.encode_to_vec();
        for canary in &canaries {
            assert!(
                holds(&shown, canary),
                "{canary} is not told of {planted:#?}"
            );
        }
        count += canaries.len();
        kinds.insert(record.id().kind());
    }
    let expected = [
        Kind::Client,
        Kind::Declaration,
        Kind::Appointment,
        Kind::Hold,
        Kind::Payment,
        Kind::Receipt,
        Kind::SessionRecord,
        Kind::Aftercare,
        Kind::WaitlistEntry,
    ];
    assert_eq!(kinds, BTreeSet::from(expected));
    assert!(count > 200, "{count} canaries were planted");
}
