//! Rule sets: their versions, and whom an edit affects.

use super::put;
use crate::clinic::Clinic;
use crate::command::Command;
use crate::decide::desk::{DAY, Desk, actor, wish, with};
use crate::fixture::local;
use crate::id::{ConditionId, KeyId};
use crate::model::{Effect, Kind, Mark, OutcomeKind, Role, Rule, RuleSet, Window};
use crate::screening;

/// Barefoot rules that ask one thing more.
fn asking_more(effect: Effect) -> RuleSet {
    let mut rules = RuleSet::barefoot();
    rules.rules.push(Rule {
        condition: "something-new".parse().unwrap(),
        question: "Is there something new?".to_owned(),
        effect,
    });
    rules
}

#[test]
fn every_version_of_a_rule_set_stays() {
    let (mut desk, _) = Desk::open();
    let id = RuleSet::barefoot().id;
    let opened = desk.now;
    desk.act_as(actor(7, Role::Manager)).at(9, 0);
    let edited = asking_more(Effect::Review);
    desk.done(&Command::PutRuleSet(put(edited.clone())));
    // The same once more is no edit.
    desk.at(9, 30)
        .done(&Command::PutRuleSet(put(edited.clone())));
    let versions: Vec<_> = desk.clinic.rule_set_versions(id, u32::MAX).collect();
    let told: Vec<_> = versions
        .iter()
        .map(|it| (it.rule_set.version, it.edited))
        .collect();
    let mark = |by, at| {
        let by = KeyId::new(by);
        Some(Mark { by, at })
    };
    let expected = [(2, mark(7, local(DAY, 9, 0))), (1, mark(1, opened))];
    assert_eq!(told, expected);
    assert_eq!(versions[0].rule_set.rules, edited.rules);
    assert_eq!(versions[1].rule_set, RuleSet::barefoot());
    let first = desk.clinic.rule_set_version(id, 1).expect("it stays");
    assert_eq!(first.rule_set, RuleSet::barefoot());
    assert_eq!(desk.clinic.rule_set_versions(id, 2).count(), 1);
}

#[test]
fn the_first_edit_of_what_was_stored_before_versions_were_keeps_what_it_was() {
    let (mut desk, _) = Desk::open();
    let id = RuleSet::barefoot().id;
    let stored = desk.clinic.records();
    let older = stored.filter(|(record, _)| record.id().kind() != Kind::RuleSetVersion);
    desk.clinic = Clinic::from_records(older.collect::<Vec<_>>(), desk.clinic.revision());
    desk.commits.clear();
    let versions = |desk: &Desk| {
        let all = desk.clinic.rule_set_versions(id, u32::MAX);
        all.map(|it| (it.rule_set.clone(), it.edited.map(|edit| edit.by.number())))
            .collect::<Vec<_>>()
    };
    // As it is already: nobody has edited it.
    desk.act_as(actor(7, Role::Manager));
    desk.done(&Command::PutRuleSet(put(RuleSet::barefoot())));
    assert_eq!(versions(&desk), []);
    let edited = RuleSet {
        version: 2,
        ..asking_more(Effect::Review)
    };
    desk.done(&Command::PutRuleSet(put(edited.clone())));
    assert_eq!(
        versions(&desk),
        [(edited, Some(7)), (RuleSet::barefoot(), None)]
    );
}

#[test]
fn a_preview_says_what_judging_again_then_finds() {
    for (effect, after) in [
        (Effect::Caution, None),
        (Effect::Review, Some(OutcomeKind::Incomplete)),
    ] {
        let (mut desk, clients) = Desk::open();
        let barefoot = desk.book(clients.clear, with(wish("ashiatsu-60", 10, 0), "h1", "ann"));
        desk.book(clients.clear, wish("massage-60", 13, 0));
        let before = desk.clinic.clone();
        let edited = asking_more(effect);
        desk.done(&Command::PutRuleSet(put(edited.clone())));
        let preview = screening::preview(&before, &desk.clinic, edited.id, desk.now);
        // The massage is judged by other rules.
        assert_eq!(preview.judged, 1, "{effect:?}");
        let changes: Vec<_> = preview
            .changes
            .iter()
            .map(|it| {
                (
                    it.appointment,
                    it.before.outcome.kind(),
                    it.after.outcome.kind(),
                )
            })
            .collect();
        let expected = after.map(|after| (barefoot, OutcomeKind::Clear, after));
        assert_eq!(
            changes,
            expected.into_iter().collect::<Vec<_>>(),
            "{effect:?}"
        );
        let flagged = preview.counts.values().sum::<u32>();
        assert_eq!(flagged, u32::from(!desk.flags(barefoot).is_empty()));
        // Of the two clients one has declared, and lacks the answer; nobody has to be asked about a caution.
        let newly = usize::from(after.is_some());
        assert_eq!(preview.newly_asked.len(), newly, "{effect:?}");
        assert_eq!(preview.incomplete_clients, u32::from(after.is_some()));
        let nothing = screening::preview(&desk.clinic, &desk.clinic, edited.id, desk.now);
        assert_eq!((nothing.judged, nothing.changes.len()), (0, 0));
    }
}

#[test]
fn what_was_a_caution_and_is_more_is_newly_asked() {
    let (mut desk, _) = Desk::open();
    desk.done(&Command::PutRuleSet(put(asking_more(Effect::Caution))));
    let before = desk.clinic.clone();
    let edited = asking_more(Effect::Exclude(Window::Ever));
    let id = edited.id;
    desk.done(&Command::PutRuleSet(put(edited)));
    let preview = screening::preview(&before, &desk.clinic, id, desk.now);
    let asked: Vec<_> = preview
        .newly_asked
        .iter()
        .map(ConditionId::as_str)
        .collect();
    assert_eq!(
        (asked, preview.incomplete_clients),
        (vec!["something-new"], 1)
    );
    let changes: Vec<_> = preview
        .rules
        .iter()
        .map(|it| (it.weaker, it.stricter))
        .collect();
    assert_eq!(changes, [(false, true)]);
}
