//! The clients of the story. Nobody of these names is meant.

use jiff::Timestamp;
use jiff::civil::{Date, date};
use treadwell_clinic::Command;
use treadwell_clinic::command::{EarlierAnswers, NewClient, RecordDeclaration};
use treadwell_clinic::id::{ClientId, ConditionId};
use treadwell_clinic::model::{Answer, RecordId, RuleSet, When};

use super::{Stage, StoryError, made};

/// Those who come to everything, and declared that nothing stands against it.
const REGULARS: [&str; 36] = [
    "Alma Corbett",
    "Bruno Fennell",
    "Carla Whynot",
    "Dev Anand",
    "Edie Surette",
    "Farid Nassar",
    "Greta Holm",
    "Hugh Mosher",
    "Ines Comeau",
    "Jonas Weil",
    "Kira Oland",
    "Lewis Pratt",
    "Moira Gillis",
    "Nuno Faria",
    "Opal Rankin",
    "Priya Raman",
    "Quentin Hale",
    "Rosa Medina",
    "Stan Kowal",
    "Thea Boudreau",
    "Umar Sadiq",
    "Vera Zink",
    "Walt Isnor",
    "Xenia Petros",
    "Yusuf Demir",
    "Zoe Amirault",
    "Ailsa Keddy",
    "Boyd Naugler",
    "Celine Theriault",
    "Duncan Rafuse",
    "Esme Langille",
    "Felix Saulnier",
    "Gwen Hiltz",
    "Henri Doucet",
    "Iris Melanson",
    "Jude Conrad",
];

/// Who comes in the story.
pub(super) struct People {
    /// Clients with nothing against anything.
    pub(super) regulars: Vec<ClientId>,
    /// Next at a room that is not ready.
    pub(super) waiting: ClientId,
    /// Excluded from barefoot work until a date.
    pub(super) excluded: ClientId,
    /// Excluded from barefoot work for good.
    pub(super) barred: ClientId,
    /// Has not been asked anything yet.
    pub(super) unasked: ClientId,
    /// Has something that a therapist has to decide about.
    pub(super) reviewed: ClientId,
    /// As `reviewed`; nobody has decided yet.
    pub(super) undecided: ClientId,
    /// Was clear when the appointment was booked, and is not any more.
    pub(super) injured: ClientId,
}

/// Has everybody recorded, at the story's beginning.
pub(super) async fn arrive(stage: &Stage<'_>) -> Result<People, StoryError> {
    let at = super::super::begins();
    let no = |_: ConditionId| Some(Answer::No);
    let mut regulars = Vec::with_capacity(REGULARS.len());
    for (number, name) in REGULARS.iter().enumerate() {
        let client = create(stage, at, name, number).await?;
        declare(stage, at, client, &no).await?;
        regulars.push(client);
    }
    let yes = |condition: &'static str, when: When| {
        move |asked: ConditionId| {
            let answer = if asked.as_str() == condition {
                Answer::Yes(when)
            } else {
                Answer::No
            };
            Some(answer)
        }
    };
    let waiting = create(stage, at, "Anna Lindqvist", 40).await?;
    declare(stage, at, waiting, &no).await?;
    let excluded = create(stage, at, "Maren Solberg", 41).await?;
    let surgery = When::Date(date(2026, 3, 2));
    declare(stage, at, excluded, &yes("breast-implants", surgery)).await?;
    let barred = create(stage, at, "Otto Brandt", 42).await?;
    declare(stage, at, barred, &yes("thrombosis", When::Unknown)).await?;
    let unasked = create(stage, at, "Pia Novak", 43).await?;
    // Asked some of the questions only: incomplete too.
    let half_asked = create(stage, at, "Ravi Menon", 44).await?;
    let first_four = |asked: ConditionId| {
        let early = [
            "breast-implants",
            "joint-surgery",
            "eye-procedure",
            "tuberculosis",
        ];
        early.contains(&asked.as_str()).then_some(Answer::No)
    };
    declare(stage, at, half_asked, &first_four).await?;
    let reviewed = create(stage, at, "Sofia Karlsen", 45).await?;
    declare(stage, at, reviewed, &yes("osteoporosis", When::Unknown)).await?;
    let undecided = create(stage, at, "Tobias Lund", 46).await?;
    declare(stage, at, undecided, &yes("kidney-disorder", When::Unknown)).await?;
    let injured = create(stage, at, "Wanda Pires", 47).await?;
    declare(stage, at, injured, &no).await?;
    Ok(People {
        regulars,
        waiting,
        excluded,
        barred,
        unasked,
        reviewed,
        undecided,
        injured,
    })
}

async fn create(
    stage: &Stage<'_>,
    at: Timestamp,
    name: &str,
    number: usize,
) -> Result<ClientId, StoryError> {
    let born = Date::new(
        i16::try_from(1950 + number).unwrap_or(1990),
        i8::try_from(1 + number % 12).unwrap_or(1),
        i8::try_from(1 + number * 7 % 28).unwrap_or(1),
    );
    let command = Command::CreateClient(NewClient {
        name: name.to_owned(),
        // 555-01xx is reserved for stories.
        phone: format!("902-555-01{number:02}"),
        born: born.ok(),
        ..NewClient::default()
    });
    let done = stage
        .act(at, &stage.owner, "adding a client", command)
        .await?;
    made(&done, |record| match record {
        RecordId::Client(id) => Some(id),
        _ => None,
    })
    .ok_or(StoryError::Missing("a client"))
}

/// Records a client's answers to the questions for barefoot work; a question without one is not asked.
pub(super) async fn declare(
    stage: &Stage<'_>,
    at: Timestamp,
    client: ClientId,
    answer: &impl Fn(ConditionId) -> Option<Answer>,
) -> Result<(), StoryError> {
    let rules = RuleSet::barefoot().rules;
    let answers = rules
        .iter()
        .filter_map(|rule| Some((rule.condition, answer(rule.condition)?)))
        .collect();
    let command = Command::RecordDeclaration(RecordDeclaration {
        client,
        answers,
        earlier: EarlierAnswers::Keep,
        asked_at: None,
    });
    stage
        .act(at, &stage.owner, "recording a declaration", command)
        .await?;
    Ok(())
}
