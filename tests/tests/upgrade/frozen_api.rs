//! The API as a release had it, as a program that was built with it knows it.

use anyhow::{Context, Result};
use prost::Message as _;
use prost_reflect::{DescriptorPool, DynamicMessage, MethodDescriptor, Value};
use treadwell_tests::frozen;

/// A released API.
pub(crate) struct Api(DescriptorPool);

impl Api {
    pub(crate) fn of(version: u32) -> Result<Self> {
        let set = frozen::api(version)?;
        Ok(Self(DescriptorPool::decode(set.as_slice())?))
    }

    /// A method, by a name such as `ClientService/GetClient`.
    pub(crate) fn method(&self, name: &str) -> Result<MethodDescriptor> {
        let (service, method) = name.split_once('/').context("a method's name")?;
        let service = self
            .0
            .get_service_by_name(&format!("treadwell.v1.{service}"));
        let service = service.with_context(|| format!("no {name}"))?;
        let found = service.methods().find(|it| it.name() == method);
        found.with_context(|| format!("no {name}"))
    }

    /// An empty request of a method.
    pub(crate) fn request(&self, method: &str) -> Result<DynamicMessage> {
        Ok(DynamicMessage::new(self.method(method)?.input()))
    }

    /// A message of the API without content.
    pub(crate) fn message(&self, name: &str) -> Result<DynamicMessage> {
        let found = self.0.get_message_by_name(&format!("treadwell.v1.{name}"));
        Ok(DynamicMessage::new(
            found.with_context(|| format!("no {name}"))?,
        ))
    }

    /// An answer as the frozen program understands it: what it does not know is passed over.
    pub(crate) fn answer(&self, method: &str, bytes: &[u8]) -> Result<DynamicMessage> {
        let mut answer = DynamicMessage::decode(self.method(method)?.output(), bytes)?;
        pass_over(&mut answer);
        // What was taken out leaves a mark in the message, and none in its bytes.
        let known = answer.encode_to_vec();
        Ok(DynamicMessage::decode(
            self.method(method)?.output(),
            known.as_slice(),
        )?)
    }
}

fn pass_over(message: &mut DynamicMessage) {
    message.take_unknown_fields().for_each(drop);
    for (_, value) in message.fields_mut() {
        pass_over_in(value);
    }
}

fn pass_over_in(value: &mut Value) {
    match value {
        Value::Message(message) => pass_over(message),
        Value::List(list) => list.iter_mut().for_each(pass_over_in),
        _ => {}
    }
}

/// Leaves out which revision something is of: what belongs to clients is written once more, sealed, when the store is opened.
pub(crate) fn without_revisions(value: &mut Value) {
    match value {
        Value::Message(message) => {
            for name in ["revision", "etag"] {
                message.clear_field_by_name(name);
            }
            message
                .fields_mut()
                .for_each(|(_, value)| without_revisions(value));
        }
        Value::List(list) => list.iter_mut().for_each(without_revisions),
        _ => {}
    }
}

/// A field's value, which is there.
pub(crate) fn field(message: &DynamicMessage, path: &str) -> Result<Value> {
    let (name, rest) = path.split_once('.').unwrap_or((path, ""));
    let value = message.get_field_by_name(name);
    let value = value
        .with_context(|| format!("no field {name}"))?
        .into_owned();
    if rest.is_empty() {
        return Ok(value);
    }
    let inner = match &value {
        Value::List(list) => list.first().cloned().context("an empty list")?,
        other => other.clone(),
    };
    field(inner.as_message().context("a message")?, rest)
}

/// The bytes of a message.
pub(crate) fn bytes(message: &DynamicMessage) -> Vec<u8> {
    message.encode_to_vec()
}
