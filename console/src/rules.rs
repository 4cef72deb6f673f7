//! Rule sets as text: the file that a manager edits, and each rule in words.

// Writing to a String can not fail: the results of `write!` are dropped.
use std::{collections::BTreeSet, fmt::Write as _, fs, io, path::Path};

use serde::Deserialize;
use toml::Spanned;
use treadwell_api::v1::{self, rule::Effect};

use crate::{file, tui::words};

/// The file: what `rules show --toml` writes. The catalog's file holds the rules alike, without what they were made from.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    rule_set: Vec<Set>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Set {
    id: String,
    /// What the file was made from; none when it does not say so.
    etag: Option<Spanned<String>>,
    #[serde(default)]
    rule: Vec<Line>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Line {
    condition: String,
    question: String,
    yes_means: String,
}

/// What a "yes" can mean, for whoever wrote something else.
const EFFECTS: &str = "\"ever\", \"while present\", \"review\", \"caution\", or a time such as \"9 months\", \
                       \"6 weeks\", \"72 hours\"";

/// Reads a file with one rule set, its etag that of the rules from which the file was made; or says everything that is wrong
/// with it. How long a time may be, and what else the clinic asks of rules, is the server's to say.
pub(crate) fn read(text: &str) -> Result<v1::RuleSet, Vec<String>> {
    let set = parse(text)?;
    let mut wrong = Vec::new();
    let mut rules = Vec::with_capacity(set.rule.len());
    for (at, line) in set.rule.into_iter().enumerate() {
        let effect = effect(&line.yes_means);
        if effect.is_none() {
            wrong.push(format!(
                "rule {} ({}): yes_means is {:?}; expected {EFFECTS}",
                at + 1,
                line.condition,
                line.yes_means
            ));
        }
        rules.push(v1::Rule {
            condition_id: line.condition,
            question: line.question,
            effect,
        });
    }
    if !wrong.is_empty() {
        return Err(wrong);
    }
    Ok(v1::RuleSet {
        id: set.id,
        rules,
        etag: set.etag.map(Spanned::into_inner).unwrap_or_default(),
        ..v1::RuleSet::default()
    })
}

fn parse(text: &str) -> Result<Set, Vec<String>> {
    let file: File = toml::from_str(text).map_err(|error| vec![error.to_string()])?;
    let one = <[Set; 1]>::try_from(file.rule_set);
    let [set] = one.map_err(|_| vec!["the file is to hold one [[rule_set]]".to_owned()])?;
    Ok(set)
}

/// After an edit from a file: the file says that it was made from the rules as they are now, etag `now`, so that the next
/// edit can be made from it too. All else in it stays. False when it does not say any more that it was made from `was`: then
/// it is left alone.
pub(crate) fn go_on(path: &Path, id: &str, was: &str, now: &str) -> io::Result<bool> {
    // What came through a pipe is gone; to open that again would wait for ever.
    if !fs::metadata(path)?.is_file() {
        return Ok(false);
    }
    let text = fs::read_to_string(path)?;
    match remade(&text, id, was, now) {
        // What a power cut takes away here is refused as outdated the next time, and nothing is lost.
        Some(now) => file::rewrite(path, &text, &now).map(|_| true),
        None => Ok(false),
    }
}

/// The text with the etag `now` in the place of `was`.
fn remade(text: &str, id: &str, was: &str, now: &str) -> Option<String> {
    let set = parse(text).ok().filter(|set| set.id == id)?;
    let etag = set.etag.filter(|etag| etag.get_ref() == was)?;
    let mut text = text.to_owned();
    text.replace_range(etag.span(), &quoted(now));
    Some(text)
}

/// The line that says from what a file was made.
pub(crate) fn etag_line(etag: &str) -> String {
    format!("etag = {}", quoted(etag))
}

fn quoted(text: &str) -> String {
    toml::Value::String(text.to_owned()).to_string()
}

fn effect(text: &str) -> Option<Effect> {
    Some(match text {
        "ever" => Effect::ExcludedAlways(true),
        "while present" => Effect::ExcludedWhilePresent(true),
        "review" => Effect::Review(true),
        "caution" => Effect::Caution(true),
        _ => {
            let (count, unit) = text.split_once(' ')?;
            let count: i32 = count.parse().ok()?;
            match unit {
                "month" | "months" => Effect::ExcludedMonths(count),
                "week" | "weeks" => Effect::ExcludedWeeks(count),
                "hour" | "hours" => Effect::ExcludedHours(count),
                _ => return None,
            }
        }
    })
}

/// What a "yes" means, as the file says it.
pub(crate) fn yes_means(rule: &v1::Rule) -> String {
    match rule.effect {
        None => String::new(),
        Some(Effect::ExcludedAlways(_)) => "ever".to_owned(),
        Some(Effect::ExcludedWhilePresent(_)) => "while present".to_owned(),
        Some(Effect::Review(_)) => "review".to_owned(),
        Some(Effect::Caution(_)) => "caution".to_owned(),
        Some(Effect::ExcludedMonths(n)) => format!("{n} months"),
        Some(Effect::ExcludedWeeks(n)) => format!("{n} weeks"),
        Some(Effect::ExcludedHours(n)) => format!("{n} hours"),
    }
}

/// The same for people.
pub(crate) fn in_words(rule: &v1::Rule) -> String {
    match rule.effect {
        Some(Effect::ExcludedAlways(_)) => "excluded, any history".to_owned(),
        Some(Effect::Review(_)) => "a therapist decides".to_owned(),
        Some(Effect::Caution(_)) => "the therapist minds it".to_owned(),
        Some(Effect::ExcludedWhilePresent(_)) => "excluded while present".to_owned(),
        _ => format!("excluded for {}", yes_means(rule)),
    }
}

/// Whether an edit takes away something that is said or asked of somebody, and what it does to the rule about a condition.
pub(crate) fn change(change: &v1::RuleChange) -> (bool, String) {
    let id = &change.condition_id;
    let text = match (&change.before, &change.after) {
        (Some(before), None) => format!("Removed: {id} ({})", in_words(before)),
        (Some(before), Some(after)) if before.effect != after.effect => {
            let how = match (change.weaker, change.stricter) {
                (true, true) => "Weaker or stricter, by when it was",
                (true, false) => "Weaker",
                _ => "Stricter",
            };
            let asked = if before.question == after.question {
                ""
            } else {
                ", asked in other words"
            };
            format!(
                "{how}: {id} ({} -> {}{asked})",
                in_words(before),
                in_words(after)
            )
        }
        (Some(_), Some(after)) => format!("In other words: {id} ({})", after.question),
        (None, after) => {
            let means = after.as_ref().map(in_words).unwrap_or_default();
            format!("Added: {id} ({means})")
        }
    };
    (change.weaker, text)
}

/// What an edit does to the rules, a line each: first what it takes away, marked.
pub(crate) fn changes(preview: &v1::RuleSetPreview) -> Vec<String> {
    let all = preview.rule_changes.iter().map(change);
    let (weaker, others): (Vec<_>, Vec<_>) = all.partition(|(weaker, _)| *weaker);
    let weaker = weaker.into_iter().map(|(_, text)| format!("! {text}"));
    weaker
        .chain(others.into_iter().map(|(_, text)| format!("  {text}")))
        .collect()
}

/// Whom an edit affects, in sentences; how many change from which outcome to which, a line each.
pub(crate) fn affected(preview: &v1::RuleSetPreview) -> Vec<String> {
    let of = |n: i32, what: &str| words::count(usize::try_from(n).unwrap_or(0), what);
    let mut lines = vec![judged(preview)];
    lines.extend(preview.counts.iter().map(|it| {
        let (before, after) = (outcome(it.before()), outcome(it.after()));
        format!("  {}: {before} -> {after}", it.count)
    }));
    if !preview.newly_asked_condition_ids.is_empty() {
        let newly = preview.newly_asked_condition_ids.join(", ");
        lines.push(format!("Newly asked: {newly}."));
    }
    if preview.incomplete_client_count > 0 {
        lines.push(format!(
            "! The declarations of {} do not answer that, and are incomplete until they are asked.",
            of(preview.incomplete_client_count, "client")
        ));
    }
    if preview.voided_decision_count > 0 {
        lines.push(format!(
            "! {} of therapists would have to be made again.",
            of(preview.voided_decision_count, "decision")
        ));
    }
    lines
}

/// `5 appointments to come would be judged again; 3, of 2 clients, would have another outcome.`
fn judged(preview: &v1::RuleSetPreview) -> String {
    let all = words::count(
        usize::try_from(preview.judged_count).unwrap_or(0),
        "appointment",
    );
    let changed: i32 = preview.counts.iter().map(|it| it.count).sum();
    let named = preview
        .changes
        .iter()
        .filter_map(|it| it.appointment.as_ref());
    let clients: BTreeSet<_> = named.map(|it| &it.client_id).collect();
    // Of very many not all are named.
    let least = if usize::try_from(changed).is_ok_and(|changed| changed > preview.changes.len()) {
        "at least "
    } else {
        ""
    };
    let whose = match clients.len() {
        0 => String::new(),
        count => format!(", of {least}{},", words::count(count, "client")),
    };
    format!("{all} to come would be judged again; {changed}{whose} would have another outcome.")
}

fn outcome(outcome: v1::ScreeningOutcome) -> String {
    let name = outcome
        .as_str_name()
        .trim_start_matches("SCREENING_OUTCOME_");
    name.to_lowercase().replace('_', " ")
}

/// Of a rule set that is not any more what a file was made from.
pub(crate) fn outdated(id: &str, version: i32) -> String {
    format!("{id} has been edited since the file was made from it: it is version {version} now.")
}

/// Why a file is not taken that does not say what it was made from.
pub(crate) const NO_ETAG: &str = "the file does not say what it was made from, so nobody can tell whether somebody else's edit would be \
                                  lost: it has no etag";

/// A rule set as the file that [`read`] reads. Its etag says from what it was made.
pub(crate) fn write(set: &v1::RuleSet) -> String {
    let mut text = format!(
        "# {} version {}. Edit it, then: treadwell rules edit FILE --dry-run\n# What a yes means: {EFFECTS}.\n\n\
         [[rule_set]]\nid = {}\n# Leave it: it tells whether somebody else has edited the rules meanwhile.\n{}\n",
        set.name,
        set.version,
        quoted(&set.id),
        etag_line(&set.etag)
    );
    for rule in &set.rules {
        let _ = write!(
            text,
            "\n[[rule_set.rule]]\ncondition = {}\nquestion = {}\nyes_means = {}\n",
            quoted(&rule.condition_id),
            quoted(&rule.question),
            quoted(&yes_means(rule))
        );
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn set() -> v1::RuleSet {
        let effects = [
            Effect::ExcludedAlways(true),
            Effect::ExcludedWhilePresent(true),
            Effect::Review(true),
            Effect::Caution(true),
            Effect::ExcludedMonths(9),
            Effect::ExcludedWeeks(6),
            Effect::ExcludedHours(72),
        ];
        v1::RuleSet {
            id: "barefoot".to_owned(),
            etag: "17".to_owned(),
            rules: effects
                .into_iter()
                .zip(1..)
                .map(|(effect, number)| v1::Rule {
                    condition_id: format!("condition-{number}"),
                    question: "Was it \"so\"?\\ Really?".to_owned(),
                    effect: Some(effect),
                })
                .collect(),
            ..v1::RuleSet::default()
        }
    }

    #[test]
    fn what_is_written_is_read_back() {
        assert_eq!(read(&write(&set())), Ok(set()));
    }

    #[test]
    fn an_edited_file_goes_on_from_what_it_made() {
        let text = format!("# mine\n{}# the end\n", write(&set())).replace("\"17\"", "'17' # so");
        let on = remade(&text, "barefoot", "17", "23").expect("it was made from 17");
        assert_eq!(on, text.replace("'17'", "\"23\""), "all else stays");
        assert_eq!(remade(&text, "barefoot", "16", "23"), None);
        assert_eq!(remade(&text, "general", "17", "23"), None);
        assert_eq!(remade("etag = '17'", "barefoot", "17", "23"), None);
    }

    #[test]
    fn clients_are_counted_once_and_only_as_far_as_they_are_named() {
        let change = |client: &str| v1::OutcomeChange {
            appointment: Some(v1::Appointment {
                client_id: client.to_owned(),
                ..v1::Appointment::default()
            }),
            ..v1::OutcomeChange::default()
        };
        let mut preview = v1::RuleSetPreview {
            judged_count: 9,
            counts: vec![v1::OutcomeCount {
                count: 3,
                ..v1::OutcomeCount::default()
            }],
            changes: ["ada", "bea", "ada"].map(change).to_vec(),
            ..v1::RuleSetPreview::default()
        };
        let said = "9 appointments to come would be judged again; 3, of 2 clients, would have another outcome.";
        assert_eq!(affected(&preview)[0], said);
        preview.changes.pop();
        assert_eq!(affected(&preview)[0], said.replace("of 2", "of at least 2"));
        preview = v1::RuleSetPreview::default();
        assert!(affected(&preview)[0].ends_with("again; 0 would have another outcome."));
    }

    #[test]
    fn every_wrong_effect_is_named_at_once() {
        let text = write(&set())
            .replace("\"review\"", "\"perhaps\"")
            .replace("\"72 hours\"", "\"3 days\"");
        let wrong = read(&text).expect_err("two effects are wrong");
        assert_eq!(wrong.len(), 2);
        assert!(wrong[0].starts_with("rule 3 (condition-3)") && wrong[1].contains("3 days"));
    }

    #[test]
    fn what_an_edit_takes_away_comes_first() {
        let rules = set().rules;
        let change = |id: &str, before: Option<usize>, after: Option<usize>, (weaker, stricter)| {
            let rule = |at: usize| rules[at].clone();
            v1::RuleChange {
                condition_id: id.to_owned(),
                before: before.map(rule),
                after: after.map(rule),
                weaker,
                stricter,
            }
        };
        let mut reworded = change("said", Some(3), Some(3), (false, false));
        if let Some(after) = &mut reworded.after {
            after.question = "Is it?".to_owned();
        }
        let preview = v1::RuleSetPreview {
            rule_changes: vec![
                change("new", None, Some(2), (false, true)),
                reworded,
                change("gone", Some(0), None, (true, false)),
                change("laxer", Some(4), Some(2), (true, true)),
            ],
            ..v1::RuleSetPreview::default()
        };
        let expected = [
            "! Removed: gone (excluded, any history)",
            "! Weaker or stricter, by when it was: laxer (excluded for 9 months -> a therapist decides)",
            "  Added: new (a therapist decides)",
            "  In other words: said (Is it?)",
        ];
        assert_eq!(changes(&preview), expected);
    }

    #[test]
    fn what_is_no_rule_set_is_refused() {
        for text in [
            "",
            "rule_set = 1",
            "[[rule_set]]\nid = \"a\"\n[[rule_set]]\nid = \"b\"\n",
        ] {
            assert!(read(text).is_err(), "{text:?}");
        }
    }
}
