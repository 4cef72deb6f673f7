//! Notes on sessions as people type and read them. Pure; the command line and the screens share it.

// Writing to a String can not fail: the results of `write!` are dropped.
use std::fmt::Write as _;

use treadwell_api::v1::{self, tender_place::Place};

/// Reads how deep the work on an area was: `calves=2`, `calves=2-4`, `calves=2-4: deeper as it let go`.
pub(crate) fn read_pressure(text: &str, guide: &v1::Guide) -> Result<v1::AreaPressure, String> {
    const FORM: &str = "pressure: AREA=1 to 5, AREA=2-4, or \"AREA=2-4: how it changed\"";
    let (area, rest) = text.split_once('=').ok_or(FORM)?;
    let (levels, change) = rest.split_once(':').unwrap_or((rest, ""));
    let (began, ended) = levels.split_once('-').unwrap_or((levels, levels));
    let level = |text: &str| {
        let level: Option<i32> = text.trim().parse().ok();
        level.filter(|level| (1..=5).contains(level)).ok_or(FORM)
    };
    Ok(v1::AreaPressure {
        area_id: read_area(area, guide)?,
        began: level(began)?,
        ended: level(ended)?,
        change: change.trim().to_owned(),
    })
}

/// Writes it so that it can be read back.
pub(crate) fn pressure(pressure: &v1::AreaPressure) -> String {
    let v1::AreaPressure {
        area_id,
        began,
        ended,
        change,
    } = pressure;
    let mut text = format!("{area_id}={began}");
    if began != ended {
        let _ = write!(text, "-{ended}");
    }
    if !change.is_empty() {
        let _ = write!(text, ": {change}");
    }
    text
}

/// Reads a tender place, an area or a reflex zone: `heel`, `heel: left, sharp`.
pub(crate) fn read_tender(text: &str, guide: &v1::Guide) -> Result<v1::TenderPlace, String> {
    let (place, note) = text.split_once(':').unwrap_or((text, ""));
    let place = match read_zone(place, guide) {
        Ok(zone) => Place::ZoneId(zone),
        Err(_) => Place::AreaId(read_area(place, guide).map_err(|_| {
            let known: Vec<&str> = areas(guide).chain(zones(guide)).map(|(id, _)| id).collect();
            format!(
                "{:?} is no area and no zone: {}",
                place.trim(),
                known.join(", ")
            )
        })?),
    };
    Ok(v1::TenderPlace {
        place: Some(place),
        note: note.trim().to_owned(),
    })
}

/// Writes it so that it can be read back.
pub(crate) fn tender(tender: &v1::TenderPlace) -> String {
    let place = match &tender.place {
        Some(Place::AreaId(id) | Place::ZoneId(id)) => id.as_str(),
        None => "",
    };
    if tender.note.is_empty() {
        place.to_owned()
    } else {
        format!("{place}: {}", tender.note)
    }
}

/// Reads one word of the guide.
pub(crate) type Read = fn(&str, &v1::Guide) -> Result<String, String>;

/// The id of a technique by id or name.
pub(crate) fn read_technique(text: &str, guide: &v1::Guide) -> Result<String, String> {
    one_of(text, "technique", techniques(guide))
}

/// The id of an area by id or name.
pub(crate) fn read_area(text: &str, guide: &v1::Guide) -> Result<String, String> {
    one_of(text, "area", areas(guide))
}

/// The id of a reflex zone by id or name.
pub(crate) fn read_zone(text: &str, guide: &v1::Guide) -> Result<String, String> {
    one_of(text, "zone", zones(guide))
}

type Entry<'g> = (&'g str, &'g str);

fn techniques(guide: &v1::Guide) -> impl Iterator<Item = Entry<'_>> {
    let entries = guide.techniques.iter();
    entries.map(|one| (one.id.as_str(), one.name.as_str()))
}

fn areas(guide: &v1::Guide) -> impl Iterator<Item = Entry<'_>> {
    let entries = guide.areas.iter();
    entries.map(|one| (one.id.as_str(), one.name.as_str()))
}

fn zones(guide: &v1::Guide) -> impl Iterator<Item = Entry<'_>> {
    let entries = guide.zones.iter();
    entries.map(|one| (one.id.as_str(), one.name.as_str()))
}

fn one_of<'g>(
    text: &str,
    what: &str,
    entries: impl Iterator<Item = Entry<'g>>,
) -> Result<String, String> {
    let text = text.trim();
    let mut known = Vec::new();
    for (id, name) in entries {
        if id == text || name.eq_ignore_ascii_case(text) {
            return Ok(id.to_owned());
        }
        known.push(id);
    }
    Err(format!("{text:?} is no {what}: {}", known.join(", ")))
}

/// What was noted, in lines for people. Ids that the guide no longer has speak for themselves.
pub(crate) fn lines(notes: &v1::SessionNotes, guide: &v1::Guide) -> Vec<String> {
    let named = |id: &str| {
        let mut all = techniques(guide).chain(areas(guide)).chain(zones(guide));
        all.find(|(known, _)| *known == id)
            .map_or(id, |(_, name)| name)
            .to_owned()
    };
    let zone = |id: &str| {
        let zone = guide.zones.iter().find(|zone| zone.id == id);
        zone.map_or_else(
            || id.to_owned(),
            |zone| format!("{} ({})", zone.name, zone.reflex),
        )
    };
    let word = |level: i32| {
        let at = usize::try_from(level - 1).unwrap_or(usize::MAX);
        let word = guide.pressure.get(at).map_or("", String::as_str);
        format!("{level} {word}").trim_end().to_owned()
    };
    let mut lines = Vec::new();
    for one in &notes.pressure {
        let mut line = format!("Pressure   {}: {}", named(&one.area_id), word(one.began));
        if one.began != one.ended {
            let _ = write!(line, ", then {}", word(one.ended));
        }
        if !one.change.is_empty() {
            let _ = write!(line, " ({})", one.change);
        }
        lines.push(line);
    }
    let mut list = |label: &str, words: Vec<String>| {
        if !words.is_empty() {
            lines.push(format!("{label} {}", words.join(", ")));
        }
    };
    list(
        "Techniques",
        notes.technique_ids.iter().map(|id| named(id)).collect(),
    );
    list(
        "Areas     ",
        notes.area_ids.iter().map(|id| named(id)).collect(),
    );
    list(
        "Zones     ",
        notes.zone_ids.iter().map(|id| zone(id)).collect(),
    );
    let tender = notes.tender.iter().map(|one| {
        let place = match &one.place {
            Some(Place::AreaId(id)) => named(id),
            Some(Place::ZoneId(id)) => zone(id),
            None => String::new(),
        };
        if one.note.is_empty() {
            place
        } else {
            format!("{place}: {}", one.note)
        }
    });
    list("Tender    ", tender.collect());
    for (label, text) in [
        ("Feedback  ", &notes.feedback),
        ("Modified  ", &notes.modifications),
        ("Referral  ", &notes.referral),
    ] {
        list(
            label,
            Vec::from_iter((!text.is_empty()).then(|| text.replace('\n', " / "))),
        );
    }
    if lines.is_empty() {
        lines.push("Nothing is noted.".to_owned());
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    fn guide() -> v1::Guide {
        let area = |id: &str, name: &str| v1::BodyArea {
            id: id.to_owned(),
            name: name.to_owned(),
        };
        v1::Guide {
            pressure: ["very gentle", "gentle", "firm", "deep", "very deep"]
                .map(str::to_owned)
                .into(),
            techniques: vec![v1::Technique {
                id: "kneading".to_owned(),
                name: "Kneading".to_owned(),
            }],
            areas: vec![area("calves", "Calves"), area("lower-back", "Lower back")],
            zones: vec![v1::ReflexZone {
                id: "heel".to_owned(),
                name: "Heel".to_owned(),
                reflex: "pelvic area".to_owned(),
            }],
            ..v1::Guide::default()
        }
    }

    #[test]
    fn pressure_is_read_as_it_is_written() {
        let guide = guide();
        for text in ["calves=2", "calves=2-4", "lower-back=5-1: it hurt"] {
            let read = read_pressure(text, &guide).expect(text);
            assert_eq!(pressure(&read), text);
        }
        let named = read_pressure("Lower back = 3", &guide).expect("by name");
        assert_eq!(
            (named.area_id.as_str(), named.began, named.ended),
            ("lower-back", 3, 3)
        );
        for text in ["calves", "calves=0", "calves=2-6", "calves=x", "tail=2"] {
            assert!(read_pressure(text, &guide).is_err(), "{text}");
        }
    }

    #[test]
    fn a_tender_place_is_an_area_or_a_zone() {
        let guide = guide();
        let zone = read_tender("heel: left", &guide).expect("a zone");
        assert_eq!(zone.place, Some(Place::ZoneId("heel".to_owned())));
        assert_eq!(tender(&zone), "heel: left");
        let area = read_tender("Calves", &guide).expect("an area");
        assert_eq!(area.place, Some(Place::AreaId("calves".to_owned())));
        assert_eq!(tender(&area), "calves");
        let problem = read_tender("tail", &guide).expect_err("neither");
        assert!(
            problem.contains("lower-back") && problem.contains("heel"),
            "{problem}"
        );
    }

    #[test]
    fn notes_are_read_in_words() {
        let guide = guide();
        let notes = v1::SessionNotes {
            pressure: vec![read_pressure("calves=2-4: it let go", &guide).expect("pressure")],
            technique_ids: vec!["kneading".to_owned(), "gone".to_owned()],
            zone_ids: vec!["heel".to_owned()],
            feedback: "Good.\nLess oil.".to_owned(),
            ..v1::SessionNotes::default()
        };
        assert_eq!(
            lines(&notes, &guide),
            [
                "Pressure   Calves: 2 gentle, then 4 deep (it let go)",
                "Techniques Kneading, gone",
                "Zones      Heel (pelvic area)",
                "Feedback   Good. / Less oil.",
            ]
        );
        assert_eq!(
            lines(&v1::SessionNotes::default(), &guide),
            ["Nothing is noted."]
        );
    }
}
