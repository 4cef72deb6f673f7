//! The guide: words that therapists note by, and what clients are told afterwards.

use treadwell_clinic::id::ParseIdError;
use treadwell_clinic::limits;
use treadwell_clinic::model::{Advice, AdviceItem, Area, Guide, Lasting, Level, Technique, Zone};

use super::super::reader::Table;
use super::treatment::MODALITIES;

/// Reads the table `[guide]`. A list that it does not have is the shipped one.
pub(super) fn read(root: &Table<'_, '_>) -> Option<Guide> {
    let shipped = Guide::default();
    let Some(table) = root.table("guide") else {
        return (!root.has("guide")).then_some(shipped);
    };
    let pressure = read_pressure(&table, shipped.pressure);
    let techniques = named(&table, "techniques", shipped.techniques, |_, id, name| {
        Some(Technique { id, name })
    });
    let areas = named(&table, "areas", shipped.areas, |_, id, name| {
        Some(Area { id, name })
    });
    let zones = named(&table, "zones", shipped.zones, |entry, id, name| {
        let reflex = entry.text("reflex", 1..=limits::NAME_CHARS)?;
        Some(Zone { id, name, reflex })
    });
    let foot = if table.has("foot") {
        table.text("foot", 0..=limits::NOTE_CHARS)
    } else {
        Some(shipped.foot)
    };
    let advice = if table.has("advice") {
        let entries = table.tables("advice", MODALITIES.len());
        entries.iter().map(read_advice).collect()
    } else {
        Some(shipped.advice)
    };
    table.finish();
    Some(Guide {
        pressure: pressure?,
        techniques: techniques?,
        areas: areas?,
        zones: zones?,
        foot: foot?,
        advice: advice?,
    })
}

fn read_pressure(
    table: &Table<'_, '_>,
    shipped: [String; Level::COUNT],
) -> Option<[String; Level::COUNT]> {
    if !table.has("pressure") {
        return Some(shipped);
    }
    let words = table.list("pressure", Level::COUNT..=Level::COUNT)?;
    let words: Vec<String> = words
        .into_iter()
        .filter_map(|word| word.get_ref().as_str())
        .map(|word| word.trim().to_owned())
        .filter(|word| !word.is_empty() && word.chars().count() <= limits::NAME_CHARS)
        .collect();
    match words.try_into() {
        Ok(words) => Some(words),
        Err(_) => table.wrong("pressure", "5 words, the gentlest first"),
    }
}

/// Reads a list of what has an id and a name, or keeps the shipped one.
fn named<I, T>(
    table: &Table<'_, '_>,
    list: &'static str,
    shipped: Vec<T>,
    make: impl Fn(&Table<'_, '_>, I, String) -> Option<T>,
) -> Option<Vec<T>>
where
    I: std::str::FromStr<Err = ParseIdError> + PartialEq + Copy,
{
    if !table.has(list) {
        return Some(shipped);
    }
    let entries = table.tables(list, limits::GUIDE_ENTRIES);
    let mut seen: Vec<I> = Vec::with_capacity(entries.len());
    let mut read = Vec::with_capacity(entries.len());
    let count = entries.len();
    for entry in entries {
        let id: Option<I> = entry.id("id");
        let name = entry.text("name", 1..=limits::NAME_CHARS);
        if let Some((id, name)) = id.zip(name) {
            if seen.contains(&id) {
                entry.wrong::<()>("id", "is there twice");
            }
            seen.push(id);
            read.extend(make(&entry, id, name));
        }
        entry.finish();
    }
    (read.len() == count).then_some(read)
}

fn read_advice(table: &Table<'_, '_>) -> Option<Advice> {
    let modality = table.word("modality", &MODALITIES);
    let source = table.text("source", 0..=limits::REASON_CHARS);
    let entries = table.tables("say", limits::ADVICE_ITEMS);
    if entries.is_empty() {
        table.wrong::<()>("say", "at least one piece of advice");
    }
    let items: Vec<_> = entries.iter().map(read_item).collect();
    table.finish();
    Some(Advice {
        modality: modality?,
        source: source?,
        items: items.into_iter().collect::<Option<_>>()?,
    })
}

fn read_item(table: &Table<'_, '_>) -> Option<AdviceItem> {
    let text = table.text("text", 1..=limits::REASON_CHARS);
    let lasting = if table.has("until") {
        table.word("until", &[("midnight", Lasting::Midnight)])
    } else if table.has("hours") {
        let hours = table.number("hours", 1..=i64::from(Lasting::MAX_HOURS), None);
        hours.map(Lasting::Hours)
    } else {
        Some(Lasting::Open)
    };
    table.finish();
    let item = AdviceItem {
        text: text?,
        lasting: lasting?,
    };
    if item.is_sound() {
        return Some(item);
    }
    table.wrong(
        "text",
        "{until} once where the advice ends, and nowhere else",
    )
}
