//! How the states of the clinic read: symbol, word and role.

use treadwell_api::v1::{self, AppointmentState, BarsState, RoomState, ScreeningOutcome};

use super::{theme::Role, time};
use crate::hours;

/// A room's state: symbol and words, and the role that colours them.
pub(crate) fn room_state(room: &v1::RoomStatus) -> (String, Role) {
    match room.state() {
        RoomState::Unspecified => ("[ ] ?".to_owned(), Role::Dim),
        RoomState::Vacant => ("[ ] VACANT".to_owned(), Role::Vacant),
        RoomState::Held => ("[?] HELD".to_owned(), Role::Held),
        RoomState::InSession => ("[#] IN SESSION".to_owned(), Role::InSession),
        RoomState::Over if room.late_minutes == 0 => ("[!] OVER".to_owned(), Role::Over),
        RoomState::Over => (format!("[!] OVER {}min", room.late_minutes), Role::Over),
        RoomState::Turnover if room.late_minutes > 0 => {
            ("[~] TURNOVER !".to_owned(), Role::Turnover)
        }
        RoomState::Turnover => ("[~] TURNOVER".to_owned(), Role::Turnover),
        RoomState::Out => ("[x] OUT".to_owned(), Role::Out),
    }
}

/// The BAR column.
pub(crate) fn bars(bars: BarsState) -> (&'static str, Role) {
    match bars {
        BarsState::Sound => ("BAR", Role::Text),
        BarsState::Out => ("bar-out", Role::Out),
        BarsState::None | BarsState::Unspecified => ("-", Role::Dim),
    }
}

/// Where an appointment is in its life.
pub(crate) fn appointment_state(state: AppointmentState) -> &'static str {
    match state {
        AppointmentState::Unspecified => "unknown",
        AppointmentState::Booked => "booked",
        AppointmentState::Confirmed => "confirmed",
        AppointmentState::Arrived => "arrived",
        AppointmentState::InSession => "in session",
        AppointmentState::Completed => "completed",
        AppointmentState::Cancelled => "cancelled",
        AppointmentState::NoShow => "no-show",
    }
}

/// The life cycle's state of a word that the board carries.
pub(crate) fn state_of_word(word: &str) -> AppointmentState {
    let plain = word.trim().to_ascii_lowercase().replace(['-', '_'], " ");
    let all = [
        AppointmentState::Booked,
        AppointmentState::Confirmed,
        AppointmentState::Arrived,
        AppointmentState::InSession,
        AppointmentState::Completed,
        AppointmentState::Cancelled,
        AppointmentState::NoShow,
    ];
    let found = all
        .into_iter()
        .find(|state| appointment_state(*state).replace('-', " ") == plain);
    found.unwrap_or(AppointmentState::Unspecified)
}

/// What screening says, in one phrase.
pub(crate) fn screening(screening: &v1::Screening) -> String {
    match screening.outcome() {
        ScreeningOutcome::Unspecified => "not judged".to_owned(),
        ScreeningOutcome::Clear => "CLEAR".to_owned(),
        ScreeningOutcome::NeedsReview => "NEEDS REVIEW by a therapist before the start".to_owned(),
        ScreeningOutcome::Incomplete => format!(
            "INCOMPLETE: {} to ask",
            count(screening.unanswered.len(), "question")
        ),
        ScreeningOutcome::ExcludedUntil => {
            let until = screening
                .eligible_on
                .as_ref()
                .map(super::time::birthday)
                .unwrap_or_default();
            format!("EXCLUDED until {until}")
        }
        ScreeningOutcome::Excluded => "EXCLUDED".to_owned(),
    }
}

/// The role of an outcome.
pub(crate) fn screening_role(outcome: ScreeningOutcome) -> Role {
    match outcome {
        ScreeningOutcome::Clear => Role::Done,
        ScreeningOutcome::Unspecified => Role::Dim,
        _ => Role::Warning,
    }
}

/// What spoke for a proposal.
pub(crate) fn rank(reasons: &[i32]) -> String {
    let words: Vec<&str> = reasons
        .iter()
        .filter_map(|reason| match v1::RankReason::try_from(*reason).ok()? {
            v1::RankReason::Unspecified => None,
            v1::RankReason::Earliest => Some("earliest"),
            v1::RankReason::UsualTherapist => Some("usual"),
            v1::RankReason::PreferredTherapist => Some("preferred"),
            v1::RankReason::LeastScarceRoom => Some("spares BAR"),
            v1::RankReason::NoShortGap => Some("no short gap"),
        })
        .collect();
    words.join(", ")
}

/// A role of a key.
pub(crate) fn role(role: v1::Role) -> &'static str {
    match role {
        v1::Role::Unspecified => "unknown role",
        v1::Role::Owner => "Owner",
        v1::Role::Manager => "Manager",
        v1::Role::FrontDesk => "Front desk",
        v1::Role::Therapist => "Therapist",
        v1::Role::Integration => "Integration",
        v1::Role::Wallboard => "Wallboard",
    }
}

/// How a question was answered.
pub(crate) fn answer(kind: v1::AnswerKind) -> &'static str {
    match kind {
        v1::AnswerKind::No => "no",
        v1::AnswerKind::Yes => "YES",
        v1::AnswerKind::NotAsked | v1::AnswerKind::Unspecified => "not asked",
    }
}

/// An operation as undo names it, in the words of the desk; one that is not known keeps its own.
fn operation(name: &str) -> &str {
    match name {
        "book" => "the booking",
        "hold" => "the hold",
        "release hold" => "the hold given back",
        "confirm" => "the client's confirmation",
        "move" => "the move",
        "cancel" => "the cancellation",
        "no show" => "the no-show",
        "check in" => "the check-in",
        "start" => "the start of the session",
        "extend" => "the extension",
        "finish" => "the end of the session",
        "complete items" => "what was ticked on the checklist",
        "complete turnover" => "the finished checklist",
        "open outage" => "the outage",
        "close outage" => "the end of the outage",
        "attest foot care" => "the attested foot care",
        other => other,
    }
}

/// What an undo takes back: by name, or its kind where there is nothing to name.
pub(crate) fn undone(answer: &v1::UndoLastOperationResponse) -> &str {
    if answer.text.is_empty() {
        operation(&answer.undone)
    } else {
        &answer.text
    }
}

/// `1 question`, `3 questions`.
pub(crate) fn count(number: usize, what: &str) -> String {
    let s = if number == 1 { "" } else { "s" };
    format!("{number} {what}{s}")
}

/// Cents as dollars: `$115.00`.
pub(crate) fn money(cents: i64) -> String {
    format!("${}.{:02}", cents / 100, cents % 100)
}

/// A window in words.
pub(crate) fn window(window: &v1::WaitlistWindow) -> String {
    let clock = |at: Option<&v1::TimeOfDay>| {
        at.map(|at| format!("{:02}:{:02}", at.hour, at.minute))
            .unwrap_or_default()
    };
    let date = |at: Option<&v1::LocalDate>| {
        at.and_then(time::date_of)
            .map(|date| date.to_string())
            .unwrap_or_default()
    };
    let (first, last) = (date(window.first.as_ref()), date(window.last.as_ref()));
    let dates = match (first.as_str(), last.as_str()) {
        ("", "") => String::new(),
        (first, last) if first == last => format!("{first} "),
        (first, last) => format!("{first}..{last} "),
    };
    let days = window.weekdays.iter();
    let days = days.filter_map(|&day| Some(hours::day_name(day.try_into().ok()?)));
    let days = days.collect::<Vec<_>>().join(",");
    let days = if days.is_empty() {
        days
    } else {
        format!("{days} ")
    };
    let (from, until) = (clock(window.from.as_ref()), clock(window.until.as_ref()));
    format!("{dates}{days}{from}-{until}")
}

/// What somebody waits for, by the names of the service, the sites and the therapist:
/// `Ashiatsu 60, Halifax or Dartmouth, rather Chen; fri 09:00-12:00`.
pub(crate) fn wish(
    entry: &v1::WaitlistEntry,
    service: &str,
    sites: &[String],
    therapist: &str,
) -> String {
    let mut text = format!("{service}, {}", sites.join(" or "));
    if !entry.therapist_id.is_empty() {
        let how = if entry.therapist_only {
            "only"
        } else {
            "rather"
        };
        text = format!("{text}, {how} {therapist}");
    }
    let windows: Vec<_> = entry.windows.iter().map(window).collect();
    if !windows.is_empty() {
        text = format!("{text}; {}", windows.join(" or "));
    }
    text
}

/// How an appointment moves by a repair.
pub(crate) fn repair_how(repair: &v1::Repair) -> &'static str {
    match (&repair.r#move, repair.at_once) {
        (None, _) => "no place",
        (Some(_), true) => "at once",
        (Some(_), false) => "call",
    }
}

/// What to say when more is hit than one repair mends.
pub(crate) const MORE_IS_HIT: &str =
    "! More is hit than one repair mends; repair again afterwards.";

/// What a repair costs, in one line.
pub(crate) fn repair_cost(cost: &v1::RepairCost) -> String {
    let parts = [
        (cost.unplaced, "without a place"),
        (cost.modality_changed, "with other work"),
        (cost.site_changed, "at another site"),
        (cost.therapist_changed, "with another therapist"),
        (cost.minutes_moved, "minutes moved"),
        (cost.others_changed, "who make room"),
    ];
    let told = parts.iter().filter(|(n, _)| *n > 0);
    let told: Vec<_> = told.map(|(n, what)| format!("{n} {what}")).collect();
    if told.is_empty() {
        return "Cost: nothing but other rooms.".to_owned();
    }
    format!("Cost: {}.", told.join(", "))
}
