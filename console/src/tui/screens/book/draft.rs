//! The draft itself: everything that was chosen and typed so far.

use treadwell_api::v1;
use tui_input::Input;

use crate::tui::screens::{finder::Finder, questions::Questions};

/// List numbers for clicks.
pub(crate) mod list {
    /// The parts of the screen.
    pub(crate) const STOPS: usize = 0;
    /// Clients found.
    pub(crate) const WHO: usize = 1;
    /// Services and extensions.
    pub(crate) const WHAT: usize = 2;
    /// Proposals.
    pub(crate) const PLACES: usize = 3;
    /// Questions.
    pub(crate) const QUESTIONS: usize = 4;
}

/// Where the focus is, in the order in which Tab goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub(crate) enum Stop {
    /// Finding the client.
    #[default]
    Who,
    /// The service and its extensions.
    What,
    /// From when on.
    From,
    /// Which sites.
    Site,
    /// Which therapist.
    Therapist,
    /// The proposals.
    Places,
    /// How it repeats.
    Repeat,
    /// The screening questions.
    Questions,
    /// The confirmation.
    Confirm,
}

impl Stop {
    /// Every stop.
    pub(super) const ALL: [Self; 9] = [
        Self::Who,
        Self::What,
        Self::From,
        Self::Site,
        Self::Therapist,
        Self::Places,
        Self::Repeat,
        Self::Questions,
        Self::Confirm,
    ];

    pub(super) fn beside(self, forward: bool) -> Self {
        let at = Self::ALL.iter().position(|stop| *stop == self).unwrap_or(0);
        let step = if forward { 1 } else { Self::ALL.len() - 1 };
        Self::ALL[(at + step) % Self::ALL.len()]
    }
}

/// A booking in the making.
#[derive(Debug, Default)]
pub(crate) struct Draft {
    /// Where the focus is.
    pub(crate) stop: Stop,
    /// Finding the client.
    pub(crate) finder: Finder,
    /// The client, once chosen.
    pub(crate) client: Option<v1::Client>,
    /// How many there are who are perhaps the same person as the new client.
    pub(super) similar: usize,
    /// The row in focus among services and extensions.
    pub(super) what_at: usize,
    /// The service, once chosen.
    pub(crate) service: Option<String>,
    /// Chosen extensions.
    pub(super) extensions: Vec<String>,
    /// From when on, as typed; empty means now.
    pub(super) from: Input,
    /// What is wrong with it.
    pub(super) from_problem: Option<String>,
    /// How it repeats, as typed; empty means once.
    pub(super) repeat: Input,
    /// Only this site.
    pub(super) site: Option<String>,
    /// Only this therapist.
    pub(super) therapist: Option<String>,
    /// Only this room.
    pub(super) room: Option<String>,
    /// The first free place is held without asking.
    pub(super) walk_in: bool,
    /// What can be booked; none before the first answer.
    pub(super) places: Option<v1::SearchAvailabilityResponse>,
    /// The places are those of what was typed before.
    pub(super) behind: bool,
    /// The proposal in focus, of those that the filter lets through.
    pub(super) place_at: usize,
    /// The place that is being held.
    pub(crate) wanted: Option<v1::Proposal>,
    /// The place that is held; the first one's, if it repeats.
    pub(crate) hold: Option<v1::Hold>,
    /// What is booked in the stead of what was refused, once its hold is given back.
    pub(super) instead: Option<v1::Appointment>,
    /// The hold lapsed before it was booked.
    pub(super) lapsed: bool,
    /// What screening says of client, service and time.
    pub(crate) screening: Option<v1::Screening>,
    /// Of what client, service and time it says that.
    pub(super) screened: Option<v1::ScreenRequest>,
    /// What is to be asked.
    pub(crate) questions: Questions,
}
