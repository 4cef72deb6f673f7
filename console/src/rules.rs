//! Rule sets as text: the file that a manager edits, and each rule in words.

// Writing to a String can not fail: the results of `write!` are dropped.
use std::fmt::Write as _;

use serde::Deserialize;
use treadwell_api::v1::{self, rule::Effect};

/// The file: what `rules show --toml` writes and the catalog's file holds too.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    rule_set: Vec<Set>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Set {
    id: String,
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

/// Reads a file with one rule set; or says everything that is wrong with it. How long a time may be, and what else the
/// clinic asks of rules, is the server's to say.
pub(crate) fn read(text: &str) -> Result<v1::RuleSet, Vec<String>> {
    let file: File = toml::from_str(text).map_err(|error| vec![error.to_string()])?;
    let Ok([set]) = <[Set; 1]>::try_from(file.rule_set) else {
        return Err(vec!["the file is to hold one [[rule_set]]".to_owned()]);
    };
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
        ..v1::RuleSet::default()
    })
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

/// A rule set as the file that [`read`] reads.
pub(crate) fn write(set: &v1::RuleSet) -> String {
    let quoted = |text: &str| toml::Value::String(text.to_owned()).to_string();
    let mut text = format!(
        "# {} version {}. Edit it, then: treadwell rules edit FILE --dry-run\n# What a yes means: {EFFECTS}.\n\n\
         [[rule_set]]\nid = {}\n",
        set.name,
        set.version,
        quoted(&set.id)
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
    fn every_wrong_effect_is_named_at_once() {
        let text = write(&set())
            .replace("\"review\"", "\"perhaps\"")
            .replace("\"72 hours\"", "\"3 days\"");
        let wrong = read(&text).expect_err("two effects are wrong");
        assert_eq!(wrong.len(), 2);
        assert!(wrong[0].starts_with("rule 3 (condition-3)") && wrong[1].contains("3 days"));
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
