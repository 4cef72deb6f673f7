//! The guide, as the file writes it.

use toml::Value;
use treadwell_clinic::model::{Advice, Guide, Lasting};

use super::{Writer, modality, quote};

pub(super) fn write(file: &mut Writer, guide: &Guide) {
    file.table("# What therapists note by, and what clients are told afterwards.\n[guide]");
    file.comment(&["Words for the levels of pressure, 1 to 5."]);
    let words = guide.pressure.iter().map(|word| quote(word));
    file.field("pressure", words.collect::<Vec<Value>>());
    list(
        file,
        "techniques",
        guide
            .techniques
            .iter()
            .map(|one| entry(one.id.as_str(), &one.name)),
    );
    list(
        file,
        "areas",
        guide
            .areas
            .iter()
            .map(|one| entry(one.id.as_str(), &one.name)),
    );
    file.comment(&[
        "The foot chart: where each reflex zone lies, and what it is said to stand for.",
    ]);
    list(
        file,
        "zones",
        guide.zones.iter().map(|one| {
            let reflex = quote(&one.reflex);
            format!("{}, reflex = {reflex}", entry(one.id.as_str(), &one.name))
        }),
    );
    file.field("foot", guide.foot.as_str());
    if guide.advice.is_empty() {
        file.raw("advice", "[]");
    }
    for advice in &guide.advice {
        self::advice(file, advice);
    }
}

/// A list that is empty says so: one that is missing would be read as the shipped one.
fn list(file: &mut Writer, name: &str, entries: impl ExactSizeIterator<Item = String>) {
    if entries.len() == 0 {
        file.raw(name, "[]");
    } else {
        super::list(file, name, entries);
    }
}

fn entry(id: &str, name: &str) -> String {
    format!("id = {}, name = {}", quote(id), quote(name))
}

fn advice(file: &mut Writer, advice: &Advice) {
    file.table("[[guide.advice]]");
    file.field("modality", modality(advice.modality));
    file.text("source", &advice.source);
    list(
        file,
        "say",
        advice.items.iter().map(|item| {
            let text = quote(&item.text);
            match item.lasting {
                Lasting::Open => format!("text = {text}"),
                Lasting::Hours(hours) => format!("text = {text}, hours = {hours}"),
                Lasting::Midnight => format!("text = {text}, until = \"midnight\""),
            }
        }),
    );
}
