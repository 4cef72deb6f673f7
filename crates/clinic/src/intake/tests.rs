//! The form asks all and tells nothing.

use super::*;

fn rules() -> RuleSet {
    let mut rules = RuleSet::barefoot();
    rules.rules.push(Rule {
        condition: "recent-meal".parse().unwrap(),
        question: "Have you <eaten> a \"meal\" & rested?".to_owned(),
        effect: Effect::Caution,
    });
    rules
}

#[test]
fn every_question_is_asked_with_its_date_where_that_matters() {
    let clinic = Clinic::default();
    let rules = rules();
    let form = Form {
        clinic: &clinic,
        rules: &rules,
        client: None,
        appointment: None,
    };
    let (text, page) = (form.text(), form.page());
    assert_eq!(text.matches("[ ] no   [ ] yes").count(), 12);
    assert_eq!(text.matches("Day: ____").count(), 3);
    assert_eq!(text.matches("Day and time: ____").count(), 1);
    assert!(text.lines().all(|line| line.chars().count() <= PAGE_WIDTH));
    assert!(text.contains("good for 12 months") && text.contains("barefoot, version 1"));
    let minded = text.find(MINDED).expect("cautions stand apart");
    assert!(text.find("<eaten>").is_some_and(|at| at > minded));
    assert_eq!(page.matches("<li>").count(), 12);
    assert!(page.contains("&lt;eaten&gt; a &quot;meal&quot; &amp; rested?"));
    assert!(page.contains("@media print") && page.contains("Signature"));
    for outside in ["http", "src=", "href=", "<script", "url("] {
        assert!(!page.contains(outside), "{outside}");
    }
}
