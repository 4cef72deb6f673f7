//! Rule sets and services.

use treadwell_clinic::limits;
use treadwell_clinic::model::{
    ChecklistItem, Effect, Extension, Modality, Rule, RuleSet, Service, Window,
};
use treadwell_clinic::time::Minutes;

use super::super::reader::Table;
use super::super::stock;
use super::EQUIPMENT;

/// Modalities as the file writes them.
pub(in crate::setup) const MODALITIES: [(&str, Modality); 4] = [
    ("barefoot", Modality::Barefoot),
    ("hands-on", Modality::HandsOn),
    ("foot", Modality::Foot),
    ("combination", Modality::Combination),
];

pub(super) fn read_rule_set(table: &Table<'_, '_>) -> Option<RuleSet> {
    let id = table.id("id");
    let entries = table.tables("rule", limits::RULES);
    let count = entries.len();
    let mut rules: Vec<Rule> = Vec::with_capacity(count);
    for entry in entries {
        let condition = entry.id("condition");
        let question = entry.text("question", 1..=limits::REASON_CHARS);
        let effect = read_effect(&entry);
        if let (Some(condition), Some(question), Some(effect)) = (condition, question, effect) {
            if rules.iter().any(|other| other.condition == condition) {
                entry.wrong::<()>("condition", "is there twice");
            }
            rules.push(Rule {
                condition,
                question,
                effect,
            });
        }
        entry.finish();
    }
    if rules.len() != count {
        return None;
    }
    Some(RuleSet {
        id: id?,
        // The clinic counts versions itself.
        version: 1,
        rules,
    })
}

/// What a yes means, such as `exclude = "9 months"`.
fn read_effect(table: &Table<'_, '_>) -> Option<Effect> {
    const EXPECTED: &str = "\"ever\", \"while present\", \"review\", \"caution\", or a time such as \
                            \"9 months\", \"6 weeks\", \"72 hours\"";
    let text = table.text("yes_means", 1..=limits::NAME_CHARS)?;
    match parse_effect(&text) {
        Some(effect) => Some(effect),
        None => table.wrong("yes_means", EXPECTED),
    }
}

fn parse_effect(text: &str) -> Option<Effect> {
    let window = match text {
        "review" => return Some(Effect::Review),
        "caution" => return Some(Effect::Caution),
        "ever" => Window::Ever,
        "while present" => Window::WhilePresent,
        _ => {
            let (count, unit) = text.split_once(' ')?;
            let count: u16 = count.parse().ok().filter(|&count| count > 0)?;
            match unit {
                "month" | "months" if count <= 240 => Window::Months(count),
                "week" | "weeks" if count <= 1_040 => Window::Weeks(count),
                "hour" | "hours" if count <= 1_000 => Window::Hours(count),
                _ => return None,
            }
        }
    };
    Some(Effect::Exclude(window))
}

pub(super) fn read_service(table: &Table<'_, '_>) -> Option<Service> {
    let id = table.id("id");
    let name = table.text("name", 1..=limits::NAME_CHARS);
    let modality = table.word("modality", &MODALITIES);
    let minutes = table.minutes("minutes", 5..=limits::SESSION.get(), None);
    // The defaults of the clinic's rules: a quarter of an hour for the room, and ten minutes for the
    // feet of whoever worked barefoot, five for hands.
    let turnover = table.minutes(
        "turnover_minutes",
        0..=limits::AFTERWARDS.get(),
        Minutes::new(15),
    );
    let reset = if modality.is_some_and(Modality::is_barefoot) {
        10
    } else {
        5
    };
    let reset = table.minutes(
        "reset_minutes",
        0..=limits::AFTERWARDS.get(),
        Minutes::new(reset),
    );
    let accepts = read_accepts(table);
    let credentials = table.ids("credentials", 0..=limits::CREDENTIALS);
    let rule_set = table.id("rule_set");
    let price_cents = table.money("price", limits::PRICE_CENTS);
    let retired = table.flag("retired");
    let checklist = read_checklist(table);
    let extensions = read_extensions(table);
    let consumes = stock::read_consumes(table);
    Some(Service {
        id: id?,
        name: name?,
        modality: modality?,
        minutes: minutes?,
        turnover: turnover?,
        reset: reset?,
        accepts: accepts?,
        credentials: credentials?,
        rule_set: rule_set?,
        checklist: checklist?,
        extensions: extensions?,
        consumes: consumes?,
        price_cents: price_cents?,
        retired: retired?,
    })
}

/// The sets of equipment that serve, such as `rooms = [["foot-chair"], ["table"]]`.
fn read_accepts(table: &Table<'_, '_>) -> Option<Vec<treadwell_clinic::model::EquipmentSet>> {
    let sets = table.list("rooms", 1..=limits::ACCEPTED_SETS)?;
    let count = sets.len();
    let mut read = Vec::with_capacity(count);
    for set in sets {
        let Some(kinds) = set.get_ref().as_array().filter(|kinds| !kinds.is_empty()) else {
            return table.wrong(
                "rooms",
                "a list of lists, such as [[\"foot-chair\"], [\"table\"]]",
            );
        };
        let known: Vec<_> = kinds
            .iter()
            .filter_map(|kind| table.parse_word("rooms", kind, &EQUIPMENT))
            .collect();
        if known.len() == kinds.len() {
            read.push(treadwell_clinic::model::EquipmentSet::of(known));
        }
    }
    (read.len() == count).then_some(read)
}

pub(super) fn read_checklist(table: &Table<'_, '_>) -> Option<Vec<ChecklistItem>> {
    let entries = table.tables("checklist", limits::CHECKLIST_ITEMS);
    let count = entries.len();
    let mut items: Vec<ChecklistItem> = Vec::with_capacity(count);
    for entry in entries {
        let id = entry.id("id");
        let text = entry.text("do", 1..=limits::REASON_CHARS);
        if let Some((id, text)) = id.zip(text) {
            if items.iter().any(|other| other.id == id) {
                entry.wrong::<()>("id", "is there twice");
            }
            items.push(ChecklistItem { id, text });
        }
        entry.finish();
    }
    (items.len() == count).then_some(items)
}

fn read_extensions(table: &Table<'_, '_>) -> Option<Vec<Extension>> {
    let entries = table.tables("extensions", limits::EXTENSIONS);
    let count = entries.len();
    let mut extensions: Vec<Extension> = Vec::with_capacity(count);
    for entry in entries {
        let id = entry.id("id");
        let name = entry.text("name", 1..=limits::NAME_CHARS);
        let minutes = entry.minutes("minutes", 5..=limits::SESSION.get(), None);
        let price = entry.money("price", limits::PRICE_CENTS);
        if let (Some(id), Some(name), Some(minutes), Some(price_cents)) = (id, name, minutes, price)
        {
            if extensions.iter().any(|other| other.id == id) {
                entry.wrong::<()>("id", "is there twice");
            }
            extensions.push(Extension {
                id,
                name,
                minutes,
                price_cents,
            });
        }
        entry.finish();
    }
    (extensions.len() == count).then_some(extensions)
}
