//! The guide: words that therapists note by, and what clients are told afterwards.

use treadwell_api::v1;
use treadwell_clinic::limits;
use treadwell_clinic::model::{
    Advice, AdviceItem, Area, Guide, Lasting, Level, Modality, Technique, Zone,
};

use super::fields::Fields;
use super::service;

/// Reads a whole guide. Whether ids are there twice is judged by the clinic.
pub fn read(guide: &v1::Guide, f: &mut Fields<'_>) -> Option<Guide> {
    let pressure = each(f, "pressure", &guide.pressure, Level::COUNT, |word, f| {
        f.text("", word, NAME)
    });
    let pressure = pressure.and_then(|words| match <[String; Level::COUNT]>::try_from(words) {
        Ok(words) => Some(words),
        Err(words) => f.wrong("pressure", format!("5 words, not {}", words.len())),
    });
    let most = limits::GUIDE_ENTRIES;
    let techniques = each(f, "techniques", &guide.techniques, most, |one, f| {
        let (id, name) = (f.id("id", &one.id), f.text("name", &one.name, NAME));
        Some(Technique {
            id: id?,
            name: name?,
        })
    });
    let areas = each(f, "areas", &guide.areas, most, |one, f| {
        let (id, name) = (f.id("id", &one.id), f.text("name", &one.name, NAME));
        Some(Area {
            id: id?,
            name: name?,
        })
    });
    let zones = each(f, "zones", &guide.zones, most, |one, f| {
        let (id, name) = (f.id("id", &one.id), f.text("name", &one.name, NAME));
        let reflex = f.text("reflex", &one.reflex, NAME);
        Some(Zone {
            id: id?,
            name: name?,
            reflex: reflex?,
        })
    });
    let foot = f.note("foot", &guide.foot, 0..=limits::NOTE_CHARS);
    let advice = each(f, "advice", &guide.advice, MODALITIES, read_advice);
    Some(Guide {
        pressure: pressure?,
        techniques: techniques?,
        areas: areas?,
        zones: zones?,
        foot: foot?,
        advice: advice?,
    })
}

/// How long names and words are, in characters.
const NAME: std::ops::RangeInclusive<usize> = 1..=limits::NAME_CHARS;

/// One entry of advice for each modality.
const MODALITIES: usize = 4;

/// Reads each of a list, or notes what is wrong with any.
pub(super) fn each<M, T>(
    f: &mut Fields<'_>,
    name: &'static str,
    messages: &[M],
    most: usize,
    read: impl Fn(&M, &mut Fields<'_>) -> Option<T>,
) -> Option<Vec<T>> {
    f.count(name, messages.len(), 0..=most)?;
    let read: Vec<Option<T>> = messages
        .iter()
        .enumerate()
        .map(|(at, message)| read(message, &mut f.item(name, at)))
        .collect();
    read.into_iter().collect()
}

fn read_advice(advice: &v1::Advice, f: &mut Fields<'_>) -> Option<Advice> {
    let modality: Option<Modality> = f.choice("modality", advice.modality, service::modality);
    let source = f.text("source", &advice.source, 0..=limits::REASON_CHARS);
    f.count("items", advice.items.len(), 1..=limits::ADVICE_ITEMS)?;
    let items = each(f, "items", &advice.items, limits::ADVICE_ITEMS, read_item);
    Some(Advice {
        modality: modality?,
        source: source?,
        items: items?,
    })
}

fn read_item(item: &v1::AdviceItem, f: &mut Fields<'_>) -> Option<AdviceItem> {
    use v1::advice_item::Lasting as Form;
    let text = f.text("text", &item.text, 1..=limits::REASON_CHARS);
    let lasting = match item.lasting {
        None => Some(Lasting::Open),
        Some(Form::Hours(hours)) => f
            .number("hours", hours, 1..=i64::from(Lasting::MAX_HOURS))
            .map(Lasting::Hours),
        Some(Form::UntilMidnight(true)) => Some(Lasting::Midnight),
        Some(Form::UntilMidnight(false)) => f.wrong("until_midnight", "true, or unset"),
    };
    Some(AdviceItem {
        text: text?,
        lasting: lasting?,
    })
}

/// Shows the guide.
pub fn show(guide: &Guide) -> v1::Guide {
    v1::Guide {
        pressure: guide.pressure.to_vec(),
        techniques: guide
            .techniques
            .iter()
            .map(|one| v1::Technique {
                id: one.id.to_string(),
                name: one.name.clone(),
            })
            .collect(),
        areas: guide
            .areas
            .iter()
            .map(|one| v1::BodyArea {
                id: one.id.to_string(),
                name: one.name.clone(),
            })
            .collect(),
        zones: guide
            .zones
            .iter()
            .map(|one| v1::ReflexZone {
                id: one.id.to_string(),
                name: one.name.clone(),
                reflex: one.reflex.clone(),
            })
            .collect(),
        foot: guide.foot.clone(),
        advice: guide.advice.iter().map(show_advice).collect(),
    }
}

fn show_advice(advice: &Advice) -> v1::Advice {
    use v1::advice_item::Lasting as Form;
    v1::Advice {
        modality: service::show_modality(advice.modality).into(),
        source: advice.source.clone(),
        items: advice
            .items
            .iter()
            .map(|item| v1::AdviceItem {
                text: item.text.clone(),
                lasting: match item.lasting {
                    Lasting::Open => None,
                    Lasting::Hours(hours) => Some(Form::Hours(hours.into())),
                    Lasting::Midnight => Some(Form::UntilMidnight(true)),
                },
            })
            .collect(),
    }
}
