//! Checks of the guide by which therapists note and clients are advised.

use super::super::check::Checks;
use crate::limits;
use crate::model::{AdviceItem, Guide, Lasting};

pub(super) fn check(checks: &mut Checks, guide: &Guide) {
    checks.each("pressure", &guide.pressure, |checks, word| {
        checks.name("word", word);
    });
    let entries = limits::GUIDE_ENTRIES;
    checks.at_most("techniques", guide.techniques.len(), entries);
    checks.unique("techniques", guide.techniques.iter().map(|one| one.id));
    checks.each("techniques", &guide.techniques, |checks, one| {
        checks.name("name", &one.name);
    });
    checks.at_most("areas", guide.areas.len(), entries);
    checks.unique("areas", guide.areas.iter().map(|one| one.id));
    checks.each("areas", &guide.areas, |checks, one| {
        checks.name("name", &one.name);
    });
    checks.at_most("zones", guide.zones.len(), entries);
    checks.unique("zones", guide.zones.iter().map(|one| one.id));
    checks.each("zones", &guide.zones, |checks, one| {
        checks.name("name", &one.name);
        checks.name("reflex", &one.reflex);
    });
    checks.text("foot", &guide.foot, limits::NOTE_CHARS);
    checks.unique("advice", guide.advice.iter().map(|one| one.modality));
    checks.each("advice", &guide.advice, |checks, one| {
        checks.line("source", &one.source, limits::REASON_CHARS);
        checks.between("items", one.items.len(), 1, limits::ADVICE_ITEMS);
        checks.each("items", &one.items, item);
    });
}

fn item(checks: &mut Checks, item: &AdviceItem) {
    checks.line("text", &item.text, limits::REASON_CHARS);
    checks.expect(!item.text.is_empty(), "text", "not empty");
    checks.expect(
        item.is_sound(),
        "text",
        "{until} once where the advice ends, and nowhere else",
    );
    if let Lasting::Hours(hours) = item.lasting {
        checks.between("hours", hours, 1, Lasting::MAX_HOURS);
    }
}
