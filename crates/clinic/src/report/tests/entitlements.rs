use jiff::ToSpan;
use jiff::civil::date;

use super::*;
use crate::id::TrainingId;
use crate::model::{
    CredentialFault, Learned, Policy, Registration, Therapist, Training, TrainingKind,
};

/// Ann at both sites, certified through the end of the year; bea at Dartmouth with nothing to show.
fn staff() -> [Therapist; 2] {
    let mut ann = certified("ann", &["halifax", "dartmouth"]);
    ann.credentials[0].expires = Some(date(2026, 12, 31));
    ann.registration = Some(Registration {
        association: "Association".to_owned(),
        number: "7".to_owned(),
        expires: Some(date(2026, 10, 13)),
    });
    [ann, therapist("bea", &["dartmouth"])]
}

fn clinic() -> Records {
    let [ann, bea] = staff();
    let records = Records::new().with(site("halifax")).with(site("dartmouth"));
    let records = records.with(ashiatsu()).with(massage());
    records.with(ann).with(bea)
}

fn learned(number: u64, who: &[&str], last: Date, education: bool) -> Training {
    Training {
        id: TrainingId::new(number),
        what: Learned {
            participants: who.iter().map(|who| therapist_id(who)).collect(),
            kind: TrainingKind::Workshop,
            title: "Anatomy of the foot".to_owned(),
            provider: String::new(),
            subject: "anatomy".to_owned(),
            first: last,
            last,
            minutes: 90,
            education,
            certificate: String::new(),
            note: String::new(),
        },
        by: KeyId::new(1),
        at: local(last, 20, 0),
    }
}

#[test]
fn each_says_what_they_may_do_until_when_or_what_they_lack() {
    let clinic = clinic().clinic();
    let sites = [site_id("halifax"), site_id("dartmouth")];
    let found = entitlements(&clinic, &sites, None, local(DAY, 12, 0));
    let of = |who: &str, service: &Service| {
        let standing = found.iter().find(|it| it.therapist == therapist_id(who));
        let mut services = standing.unwrap().services.iter();
        services
            .find(|it| it.service == service.id)
            .unwrap()
            .clone()
    };
    assert_eq!(found[0].sites, sites);
    assert_eq!(found[1].sites, sites[1..]);
    assert_eq!(found[0].on, DAY);
    assert!(
        found[0].registration_expired,
        "valid through the day before"
    );
    assert!(!found[1].registration_expired, "there is none");
    let may = of("ann", &ashiatsu());
    assert_eq!((may.until, may.lacking), (Some(date(2026, 12, 31)), vec![]));
    let always = of("bea", &massage());
    assert_eq!((always.until, always.lacking), (None, vec![]));
    let lacks = of("bea", &ashiatsu());
    let missing = (ashiatsu_certificate(), CredentialFault::Missing);
    assert_eq!((lacks.until, lacks.lacking), (None, vec![missing]));
}

#[test]
fn on_the_last_day_they_may_and_on_the_next_they_may_not() {
    let clinic = clinic().clinic();
    let last = date(2026, 12, 31);
    let asked = |on| {
        let found = entitlements(&clinic, &[site_id("halifax")], Some(on), local(DAY, 12, 0));
        assert_eq!(found.len(), 1, "bea does not work there");
        let ashiatsu = ashiatsu().id;
        let mut services = found[0].services.iter();
        services.find(|it| it.service == ashiatsu).unwrap().clone()
    };
    assert_eq!(asked(last).lacking, []);
    let late = asked(last.saturating_add(1.day()));
    let expired = (ashiatsu_certificate(), CredentialFault::Expired(last));
    assert_eq!((late.until, late.lacking), (None, vec![expired]));
}

#[test]
fn education_counts_what_ended_in_the_months_before_and_nothing_else() {
    let policy = Policy {
        education_minutes: 600,
        education_months: 12,
        ..Policy::default()
    };
    let records = clinic().with(policy);
    let both = ["ann", "bea"];
    let records = records
        .with(learned(1, &both, date(2025, 10, 14), true))
        .with(learned(2, &both, date(2025, 10, 15), true))
        .with(learned(3, &["ann"], DAY, true))
        .with(learned(4, &["ann"], DAY, false))
        .with(learned(5, &["ann"], date(2026, 10, 15), true));
    let clinic = records.clinic();
    let of = |who: &str| education(&clinic, therapist_id(who), DAY);
    let expected = |minutes| Education {
        since: date(2025, 10, 15),
        minutes,
        required: 600,
    };
    assert_eq!(of("ann"), expected(180));
    assert_eq!(of("bea"), expected(90));
}
