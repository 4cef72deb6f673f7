//! Who may do what until when, and the training log, in words: the same for the command line and the screens. Pure.

use serde::Serialize;
use treadwell_api::v1;

use crate::{figures::Figure, tui::time::iso};

/// Whether a therapist may offer a service, with what they have to show beside it: a line of the report.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct Line {
    report: &'static str,
    pub(crate) therapist_id: String,
    pub(crate) site_ids: Vec<String>,
    pub(crate) on: String,
    pub(crate) service_id: String,
    pub(crate) may: bool,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub(crate) valid_through: String,
    /// Each credential that is lacking, with the last day on which it was valid if it ever was.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) lacking: Vec<Lacking>,
    /// `none`, `valid` or `expired`.
    pub(crate) registration: &'static str,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub(crate) registration_valid_through: String,
    /// Left out for those who do not see the therapist's training.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) education_minutes: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) education_required_minutes: Option<i32>,
}

/// A credential that is lacking.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct Lacking {
    pub(crate) credential_id: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub(crate) expired: String,
}

fn date(date: Option<&v1::LocalDate>) -> String {
    date.map(iso).unwrap_or_default()
}

/// The lines of the report, by therapist and service.
pub(crate) fn lines(standings: &[v1::Standing]) -> Vec<Line> {
    let of = |standing: &v1::Standing, service: &v1::Entitlement| Line {
        report: "entitlements",
        therapist_id: standing.therapist_id.clone(),
        site_ids: standing.site_ids.clone(),
        on: date(standing.on.as_ref()),
        service_id: service.service_id.clone(),
        may: service.may,
        valid_through: date(service.valid_through.as_ref()),
        lacking: service.lacking.iter().map(lacking).collect(),
        registration: registered(standing),
        registration_valid_through: date(standing.registration_valid_through.as_ref()),
        education_minutes: standing.education.as_ref().map(|it| it.minutes),
        education_required_minutes: standing.education.as_ref().map(|it| it.required_minutes),
    };
    let all = standings.iter();
    all.flat_map(|standing| standing.services.iter().map(move |it| of(standing, it)))
        .collect()
}

fn lacking(lacking: &v1::LackingCredential) -> Lacking {
    Lacking {
        credential_id: lacking.credential_id.clone(),
        expired: date(lacking.expired.as_ref()),
    }
}

fn registered(standing: &v1::Standing) -> &'static str {
    match (
        standing.registration.is_empty(),
        standing.registration_expired,
    ) {
        (true, _) => "none",
        (false, true) => "expired",
        (false, false) => "valid",
    }
}

impl Line {
    /// `yes`, `until 2027-03-31` or `NO`.
    pub(crate) fn may(&self) -> String {
        match (self.may, self.valid_through.as_str()) {
            (false, _) => "NO".to_owned(),
            (true, "") => "yes".to_owned(),
            (true, last) => format!("until {last}"),
        }
    }

    /// Why not: each credential that is lacking.
    pub(crate) fn because(&self) -> String {
        let words = self.lacking.iter().map(|it| match it.expired.as_str() {
            "" => format!("no {}", it.credential_id),
            last => format!("{} expired on {last}", it.credential_id),
        });
        words.collect::<Vec<_>>().join(", ")
    }
}

/// The lines as comma-separated values with a head. Ids, dates and numbers alone: nothing needs quotes.
pub(crate) fn csv(lines: &[Line]) -> String {
    let mut text = "therapist_id,site_ids,on,service_id,may,valid_through,lacking,registration,\
                    registration_valid_through,education_minutes,education_required_minutes\r\n"
        .to_owned();
    for line in lines {
        let lacking = line.lacking.iter().map(|it| match it.expired.as_str() {
            "" => it.credential_id.clone(),
            last => format!("{} {last}", it.credential_id),
        });
        let number = |it: Option<i64>| it.map(|it| it.to_string()).unwrap_or_default();
        let cells = [
            line.therapist_id.clone(),
            line.site_ids.join(" "),
            line.on.clone(),
            line.service_id.clone(),
            line.may.to_string(),
            line.valid_through.clone(),
            lacking.collect::<Vec<_>>().join(";"),
            line.registration.to_owned(),
            line.registration_valid_through.clone(),
            number(line.education_minutes),
            number(line.education_required_minutes.map(i64::from)),
        ];
        text.push_str(&cells.join(","));
        text.push_str("\r\n");
    }
    text
}

/// A therapist's registration, such as `M-1041 until 2027-06-30`.
pub(crate) fn registration(standing: &v1::Standing) -> String {
    if standing.registration.is_empty() {
        return "none".to_owned();
    }
    let number = match standing.registration_number.as_str() {
        "" => standing.registration.as_str(),
        number => number,
    };
    match (
        &standing.registration_valid_through,
        standing.registration_expired,
    ) {
        (None, _) => number.to_owned(),
        (Some(last), false) => format!("{number} until {}", iso(last)),
        (Some(last), true) => format!("{number} EXPIRED on {}", iso(last)),
    }
}

/// A therapist's continuing education, such as `12h00 of 20h00 since 2024-10-15`; empty for those who do not see it.
pub(crate) fn education(standing: &v1::Standing) -> String {
    let Some(education) = &standing.education else {
        return String::new();
    };
    let since = date(education.since.as_ref());
    let had = hours(education.minutes);
    match education.required_minutes {
        0 => format!("{had} since {since}"),
        required => format!("{had} of {} since {since}", hours(required.into())),
    }
}

/// Minutes as `7h30`.
pub(crate) fn hours(minutes: i64) -> String {
    let figure = Figure {
        name: "_minutes",
        value: minutes,
    };
    figure.words()
}

/// What a training was, as people and programs write it.
pub(crate) const KINDS: [(v1::TrainingKind, &str); 5] = [
    (v1::TrainingKind::Session, "session"),
    (v1::TrainingKind::Workshop, "workshop"),
    (v1::TrainingKind::Seminar, "seminar"),
    (v1::TrainingKind::Course, "course"),
    (v1::TrainingKind::Other, "other"),
];

/// The word for a kind of training.
pub(crate) fn kind(kind: v1::TrainingKind) -> &'static str {
    let known = KINDS.iter().find(|(known, _)| *known == kind);
    known.map_or("", |(_, word)| word)
}

/// Hours as people type them, such as `1.5` or `12`, in whole quarters; none when it is no such number.
pub(crate) fn quarters(text: &str) -> Option<i32> {
    let (whole, part) = text.trim().split_once('.').unwrap_or((text.trim(), ""));
    let part = match part.trim_end_matches('0') {
        "" => 0,
        "25" => 15,
        "5" => 30,
        "75" => 45,
        _ => return None,
    };
    let digits = !whole.is_empty() && whole.bytes().all(|it| it.is_ascii_digit());
    let whole: i32 = whole.parse().ok().filter(|_| digits)?;
    let minutes = whole.checked_mul(60)?.checked_add(part)?;
    (minutes > 0).then_some(minutes)
}

/// Minutes in whole quarters as [`quarters`] reads them.
pub(crate) fn in_quarters(minutes: i32) -> String {
    let (whole, part) = (minutes / 60, minutes % 60 * 100 / 60);
    match part {
        0 => whole.to_string(),
        50 => format!("{whole}.5"),
        part => format!("{whole}.{part}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hours_are_typed_as_they_are_shown() {
        for minutes in (15..=600).step_by(15) {
            assert_eq!(quarters(&in_quarters(minutes)), Some(minutes));
        }
    }

    const fn local(year: i32, month: i32, day: i32) -> v1::LocalDate {
        v1::LocalDate { year, month, day }
    }

    fn sample() -> v1::Standing {
        let lacking = |id: &str, expired| v1::LackingCredential {
            credential_id: id.to_owned(),
            expired,
        };
        let service =
            |id: &str, valid_through, lacking: Vec<v1::LackingCredential>| v1::Entitlement {
                service_id: id.to_owned(),
                may: lacking.is_empty(),
                valid_through,
                lacking,
            };
        v1::Standing {
            therapist_id: "chen".to_owned(),
            site_ids: vec!["halifax".to_owned(), "dartmouth".to_owned()],
            on: Some(local(2026, 10, 14)),
            registration: "Guild, Maritime".to_owned(),
            registration_number: "M-1".to_owned(),
            registration_valid_through: Some(local(2026, 9, 30)),
            registration_expired: true,
            education: Some(v1::Education {
                since: Some(local(2024, 10, 15)),
                minutes: 750,
                required_minutes: 1200,
            }),
            services: vec![
                service("ashiatsu-60", Some(local(2027, 3, 31)), vec![]),
                service("hands-on-60", None, vec![]),
                service(
                    "foot-30",
                    None,
                    vec![
                        lacking("reflexology", Some(local(2026, 1, 31))),
                        lacking("bars", None),
                    ],
                ),
            ],
        }
    }

    #[test]
    fn each_line_says_until_when_or_why_not() {
        let lines = lines(&[sample()]);
        let said: Vec<_> = lines.iter().map(|it| (it.may(), it.because())).collect();
        let expected = [
            ("until 2027-03-31", ""),
            ("yes", ""),
            ("NO", "reflexology expired on 2026-01-31, no bars"),
        ];
        assert_eq!(
            said,
            expected.map(|(may, why)| (may.to_owned(), why.to_owned()))
        );
        assert_eq!(registration(&sample()), "M-1 EXPIRED on 2026-09-30");
        assert_eq!(education(&sample()), "12h30 of 20h00 since 2024-10-15");
    }

    #[test]
    fn csv_has_a_head_and_no_text_that_would_need_quotes() {
        let csv = csv(&lines(&[sample()]));
        let last = csv.lines().last().unwrap();
        assert_eq!(
            last,
            "chen,halifax dartmouth,2026-10-14,foot-30,false,,reflexology 2026-01-31;bars,expired,2026-09-30,750,1200"
        );
        let columns: Vec<_> = csv.lines().map(|it| it.split(',').count()).collect();
        assert_eq!(columns, [11; 4]);
    }

    #[test]
    fn hours_are_read_in_quarters() {
        for (text, minutes) in [
            ("1", Some(60)),
            ("1.5", Some(90)),
            ("0.25", Some(15)),
            ("12.750", Some(765)),
            ("1.2", None),
            ("0", None),
            ("-1", None),
            ("+1", None),
            ("", None),
            ("99999999", None),
        ] {
            assert_eq!(quarters(text), minutes, "{text}");
        }
    }
}
