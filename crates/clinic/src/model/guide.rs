use super::service::Modality;
use crate::id::{AreaId, TechniqueId, ZoneId};

/// What therapists choose from when they write notes, and what clients are told afterwards. All of it
/// is editable; [`Guide::default`] holds the shipped words, each list with where it comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Guide {
    /// Words for the levels of pressure, the gentlest first. One for each level of [`Level`].
    pub pressure: [String; Level::COUNT],
    /// Techniques; each id once.
    pub techniques: Vec<Technique>,
    /// Areas of the body; each id once.
    pub areas: Vec<Area>,
    /// The foot chart: reflex zones; each id once.
    pub zones: Vec<Zone>,
    /// What is to be known about the foot beside its zones, for people; may be empty.
    pub foot: String,
    /// What clients are told after a session, at most one for a modality.
    pub advice: Vec<Advice>,
}

impl Guide {
    /// What clients are told after work of a modality, if anything is.
    pub fn advice_for(&self, modality: Modality) -> Option<&Advice> {
        self.advice
            .iter()
            .find(|advice| advice.modality == modality)
    }
}

/// How deep the work was: 1, the gentlest, to 5.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Level(u8);

impl Level {
    /// How many levels there are.
    pub const COUNT: usize = 5;
    /// The gentlest.
    pub const MIN: u8 = 1;
    /// The deepest.
    pub const MAX: u8 = 5;

    /// The level of this number, if it is 1 to 5.
    pub const fn new(number: u8) -> Option<Self> {
        if number >= Self::MIN && number <= Self::MAX {
            Some(Self(number))
        } else {
            None
        }
    }

    /// Its number, 1 to 5.
    pub const fn get(self) -> u8 {
        self.0
    }
}

/// A way of working.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Technique {
    /// Its id.
    pub id: TechniqueId,
    /// The name that people see.
    pub name: String,
}

/// An area of the body.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Area {
    /// Its id.
    pub id: AreaId,
    /// The name that people see.
    pub name: String,
}

/// A reflex zone of the foot.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Zone {
    /// Its id.
    pub id: ZoneId,
    /// Where on the foot it lies.
    pub name: String,
    /// What it is said to stand for.
    pub reflex: String,
}

/// What clients are told after work of one modality.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Advice {
    /// The modality.
    pub modality: Modality,
    /// Where the advice comes from; may be empty. Not shown to clients.
    pub source: String,
    /// The advice, in the order in which it is given. Never empty.
    pub items: Vec<AdviceItem>,
}

/// One piece of advice.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AdviceItem {
    /// What the client is told. Where it holds for a time only, [`AdviceItem::UNTIL`] stands in it once for
    /// the end of that time.
    pub text: String,
    /// For how long it holds.
    pub lasting: Lasting,
}

impl AdviceItem {
    /// What stands in a text for the time at which the advice ends.
    pub const UNTIL: &'static str = "{until}";

    /// Whether the text names the time if and only if there is one, and only once.
    pub fn is_sound(&self) -> bool {
        let named = self.text.matches(Self::UNTIL).count();
        named == usize::from(self.lasting != Lasting::Open)
    }
}

/// For how long a piece of advice holds, counted from when the session was over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lasting {
    /// No end is named.
    Open,
    /// So many hours on the clock that runs through, 1 to [`Lasting::MAX_HOURS`].
    Hours(u16),
    /// Until the local day ends.
    Midnight,
}

impl Lasting {
    /// The most hours: within a week a day of the week says which day is meant.
    pub const MAX_HOURS: u16 = 144;
}

impl Default for Guide {
    fn default() -> Self {
        Self {
            pressure: ["very gentle", "gentle", "firm", "deep", "very deep"].map(Into::into),
            techniques: techniques(),
            areas: areas(),
            zones: zones(),
            foot: "The foot has 26 bones, 33 joints and over 100 muscles, tendons and ligaments. Foot \
                   massage is no substitute for medical treatment: refer what looks serious."
                .to_owned(),
            advice: advice(),
        }
    }
}

/// Barefoot work as the clinic (S0) and Vis-a-Vis (S1) describe it, foot massage as its vendor does (S2).
fn techniques() -> Vec<Technique> {
    [
        ("broad-strokes", "Broad strokes with the foot"),
        ("slow-deep-strokes", "Slow deep strokes"),
        ("compression", "Compression"),
        ("trigger-points", "Trigger points"),
        ("swedish", "General Swedish massage"),
        ("thumb-walking", "Thumb walking"),
        ("kneading", "Kneading"),
        ("circles", "Circles with thumbs or fingers"),
        ("zone-pressure", "Slow deliberate pressure on reflex zones"),
        ("acupressure-calf", "Acupressure calf"),
        ("calf-release", "Calf release"),
        ("leg-thigh", "Leg and thigh massage"),
        ("stretching", "Stretching"),
    ]
    .map(|(id, name)| Technique {
        id: TechniqueId::parse(id).expect("a slug"),
        name: name.to_owned(),
    })
    .into()
}

/// No source lists them: the body from head to foot.
fn areas() -> Vec<Area> {
    [
        ("head", "Head"),
        ("neck", "Neck"),
        ("shoulders", "Shoulders"),
        ("arms", "Arms"),
        ("hands", "Hands"),
        ("chest", "Chest"),
        ("upper-back", "Upper back"),
        ("lower-back", "Lower back"),
        ("hips", "Hips"),
        ("thighs", "Thighs"),
        ("knees", "Knees"),
        ("calves", "Calves"),
        ("feet", "Feet"),
    ]
    .map(|(id, name)| Area {
        id: AreaId::parse(id).expect("a slug"),
        name: name.to_owned(),
    })
    .into()
}

/// The zones that S2 names.
fn zones() -> Vec<Zone> {
    [
        ("ball", "Ball of the foot", "chest and lungs"),
        ("heel", "Heel", "pelvic area"),
        ("inner-edge", "Inner edge", "nervous system"),
        ("outer-edge", "Outer edge", "nervous system"),
    ]
    .map(|(id, name, reflex)| Zone {
        id: ZoneId::parse(id).expect("a slug"),
        name: name.to_owned(),
        reflex: reflex.to_owned(),
    })
    .into()
}

const DAY: Lasting = Lasting::Hours(24);

/// What Vis-a-Vis advises after ashiatsu.
const BAREFOOT: [(&str, Lasting); 9] = [
    ("Drink plenty of water.", Lasting::Open),
    ("Stretch gently.", Lasting::Open),
    ("Take a hot shower or sit in a sauna.", Lasting::Open),
    ("Use Biofreeze on the lower back as needed.", Lasting::Open),
    (
        "No heavy lifting, not even a child over 35 lb, until {until}.",
        DAY,
    ),
    (
        "No rough-contact sports, and none that twist the back, until {until}.",
        DAY,
    ),
    ("No long sitting in a hard chair until {until}.", DAY),
    ("No heavy drinking until {until}.", DAY),
    ("Nothing else that is strenuous until {until}.", DAY),
];

/// What S1 says of any massage, without what it says of ashiatsu alone.
const BY_HAND: [(&str, Lasting); 3] = [
    ("Drink plenty of water.", Lasting::Open),
    ("Stretch gently.", Lasting::Open),
    (
        "Rest if you feel like it; let us know how you felt.",
        Lasting::Open,
    ),
];

/// What the vendor of S2 advises after foot massage.
const FOOT: [(&str, Lasting); 4] = [
    ("Drink plenty of water.", Lasting::Open),
    ("Do some simple foot stretches at home.", Lasting::Open),
    (
        "Take it easy for the rest of the day: nothing strenuous until {until}.",
        Lasting::Midnight,
    ),
    (
        "Soreness is normal and passes within a day or two.",
        Lasting::Open,
    ),
];

fn advice() -> Vec<Advice> {
    const ASHIATSU: &str = "Vis-a-Vis, Ashiatsu Massage: What's the 411?";
    let of = |modality, source: &str, items: &[(&str, Lasting)]| Advice {
        modality,
        source: source.to_owned(),
        items: items
            .iter()
            .map(|&(text, lasting)| AdviceItem {
                text: text.to_owned(),
                lasting,
            })
            .collect(),
    };
    vec![
        of(Modality::Barefoot, ASHIATSU, &BAREFOOT),
        of(
            Modality::HandsOn,
            "Vis-a-Vis, as far as it speaks of any massage",
            &BY_HAND,
        ),
        of(
            Modality::Foot,
            "What are the key points to focus on in foot massage?",
            &FOOT,
        ),
        of(Modality::Combination, ASHIATSU, &BAREFOOT),
    ]
}
