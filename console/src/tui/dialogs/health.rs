//! What is asked and shown about health at the desk: whether anything has changed since a client declared it, what can be
//! booked in spite of a screening, and the rules themselves.

use treadwell_api::v1;

use super::{
    Dialog, Message,
    menu::{self, Action, Item, Menu},
};
use crate::{
    rules,
    tui::{
        event::{Effect, Purpose},
        failure::Failure,
        keys::Command,
        model::Model,
        screens, time, visit,
    },
};

/// Asks whether anything has changed since the client, who is here, declared their health. A "yes" would be read both ways:
/// the answers say themselves what they mean.
pub(crate) fn ask_changed(
    model: &mut Model,
    visit: &v1::Appointment,
    since: &v1::LocalDate,
    blocking: &[v1::Obstacle],
) -> Vec<Effect> {
    let mut lines = vec![
        format!("{} is here.", visit::short(model, visit)),
        format!("Has anything changed since {}?", time::birthday(since)),
    ];
    let others = blocking.iter().filter(|it| it.reason != NOT_RECONFIRMED);
    lines.extend(others.map(|it| format!("- Before the start: {}", it.text)));
    lines.extend(cautions(visit).map(|text| format!("- {text}")));
    let items = vec![
        Item {
            key: "n".to_owned(),
            label: "Nothing has changed".to_owned(),
            action: Action::Unchanged(visit.id.clone()),
        },
        Item {
            key: "c".to_owned(),
            label: "Something has changed: ask the questions".to_owned(),
            action: Action::Questions(visit.client_id.clone()),
        },
    ];
    let mut effects = menu::open(model, Menu::new("Health", lines, items));
    effects.extend(screens::refresh(model));
    effects
}

/// Why a session waits until the client was asked.
const NOT_RECONFIRMED: &str = "NOT_RECONFIRMED";

/// What the therapist is to mind, for those to whom it is told.
pub(crate) fn cautions(visit: &v1::Appointment) -> impl Iterator<Item = String> {
    let screening = visit.screening.iter();
    let all = screening.flat_map(|screening| &screening.cautions);
    all.map(|caution| format!("For the therapist: {}", caution.text))
}

/// Records that nothing has changed.
pub(super) fn unchanged(model: &mut Model, appointment_id: String) -> Vec<Effect> {
    let call = v1::CheckInRequest {
        appointment_id,
        nothing_changed: true,
        write: None,
    };
    model.write(Purpose::Act, call)
}

/// Opens the places that can be booked instead of a refused one: a digit books.
pub(crate) fn open_instead(
    model: &mut Model,
    title: &str,
    client_id: &str,
    failure: &Failure,
) -> Vec<Effect> {
    let items = failure.alternatives.iter().zip(1..);
    let items = items.map(|(place, number)| Item {
        key: if number < 10 {
            number.to_string()
        } else {
            String::new()
        },
        label: place_words(model, place),
        action: Action::Instead(Box::new(v1::Appointment {
            client_id: client_id.to_owned(),
            service_id: place.service_id.clone(),
            extension_ids: place.extension_ids.clone(),
            site_id: place.site_id.clone(),
            room_id: place.room_id.clone(),
            therapist_id: place.therapist_id.clone(),
            start: place.start.parse().ok().map(time::wire),
            ..v1::Appointment::default()
        })),
    });
    let items = items.collect();
    let mut lines = failure.all_lines();
    lines.push("Book one of these instead:".to_owned());
    menu::open(model, Menu::new(title, lines, items))
}

/// `Wed 14 Oct 14:00, H3 with Chen: Hands-on 60`.
pub(crate) fn place_words(model: &Model, place: &v1::Alternative) -> String {
    let at = place.start.parse();
    let at = at.map_or_else(
        |_| place.start.clone(),
        |at| time::day_and_clock(at, &model.zone(&place.site_id)),
    );
    let mut words = format!(
        "{at}, {} with {}",
        model.room_name(&place.room_id),
        model.therapist_name(&place.therapist_id)
    );
    if !place.service_id.is_empty() {
        words.push_str(": ");
        words.push_str(&model.service_name(&place.service_id));
    }
    words
}

/// Opens the rule sets.
pub(crate) fn open_rules(model: &mut Model) -> Vec<Effect> {
    let sets = model.catalog.rule_sets.iter();
    let items: Vec<Item> = sets
        .map(|set| Item {
            key: String::new(),
            label: format!(
                "{}, version {}, {} questions",
                set.name,
                set.version,
                set.rules.len()
            ),
            action: Action::Rules(set.id.clone()),
        })
        .collect();
    let lines = vec!["Screening rules: what clients are asked, and what a yes means.".to_owned()];
    menu::open(model, Menu::new("Screening rules", lines, items))
}

/// Shows a rule set; with its history to those who treat or manage.
pub(super) fn open_rule_set(model: &mut Model, id: String) -> Vec<Effect> {
    if !matches!(
        model.role(),
        v1::Role::Owner | v1::Role::Manager | v1::Role::Therapist
    ) {
        show_rule_set(model, &id, &[]);
        return Vec::new();
    }
    let call = v1::ListRuleSetVersionsRequest {
        rule_set_id: id.clone(),
        ..v1::ListRuleSetVersionsRequest::default()
    };
    super::read(model, Purpose::Rules, (Command::Rules, id), call)
}

/// The history has arrived.
pub(crate) fn versions_loaded(model: &mut Model, versions: &[v1::RuleSetVersion]) {
    let first = versions.first().and_then(|it| it.rule_set.as_ref());
    let id = first.map(|set| set.id.clone()).unwrap_or_default();
    if super::awaited(model, Command::Rules, &id) {
        show_rule_set(model, &id, versions);
    }
}

fn show_rule_set(model: &mut Model, id: &str, versions: &[v1::RuleSetVersion]) {
    let sets = model.catalog.rule_sets.iter();
    let Some(set) = { sets }.find(|set| set.id == id) else {
        return;
    };
    let mut lines: Vec<String> = set
        .rules
        .iter()
        .map(|rule| format!("- {} ({})", rule.question, rules::in_words(rule)))
        .collect();
    if !versions.is_empty() {
        lines.extend([String::new(), "History".to_owned()]);
    }
    let zone = model.home_zone();
    for version in versions {
        let number = version.rule_set.as_ref().map_or(0, |set| set.version);
        let at = version.edited_at.as_ref().map(time::instant);
        let mut line = format!("- version {number}");
        // Of one that is older than the history it is not known.
        if let Some(at) = at {
            let at = time::day_and_clock(at, &zone);
            line.extend([", ", &at]);
        }
        // Nobody's key made the first, of a clinic that is made from a file.
        if !version.edited_by_name.is_empty() {
            line.extend([" by ", &version.edited_by_name]);
        }
        if !version.reason.is_empty() {
            line.push_str(": ");
            line.push_str(&version.reason);
        }
        lines.push(line);
    }
    lines.push(String::new());
    // Only by their own keys: the palette does not open over a dialog.
    if let Some(save) = model.keymap.own_key_of(Command::IntakeForm) {
        lines.push(format!(
            "{save} writes them into a file: a form to print, or the rules to edit."
        ));
    }
    let edit = model.keymap.own_key_of(Command::EditRules);
    if let Some(edit) = edit.filter(|_| model.runs()) {
        lines.push(format!(
            "{edit} edits them from a file, after showing what that changes and whom it affects."
        ));
    }
    lines.push("On the command line: treadwell rules show, history, edit, form.".to_owned());
    let title = format!("{}, version {}", set.name, set.version);
    let message = Message {
        rule_set: Some(set.id.clone()),
        ..Message::new(title, lines)
    };
    super::show(model, Dialog::Message(message));
}
