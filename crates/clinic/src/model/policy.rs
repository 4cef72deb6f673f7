use super::guide::Guide;
use crate::id::SiteId;
use crate::time::Minutes;

/// The clinic's editable figures. [`Policy::default`] holds the shipped ones.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Policy {
    /// The grid on which proposals start, in minutes from the local hour; 5 to 60. Default 15.
    pub grid: Minutes,
    /// How long a hold lasts, in minutes; 1 to 1,440. Default 5.
    pub hold_minutes: u16,
    /// How many live holds one key may have; 1 to 1,000. Default 20.
    pub holds_per_key: u16,
    /// A cancellation nearer to the start than this is late, in hours; 0 to 720. Default 24.
    pub cancel_notice_hours: u16,
    /// For how many calendar months an answer in a declaration is good; 1 to 120. Default 12.
    pub declaration_months: u16,
    /// The time a therapist needs between any two sites. Default 30 min.
    pub travel: Minutes,
    /// Pairs of sites that need another time; each pair once.
    pub travel_between: Vec<TravelGap>,
    /// How long before its planned start a session may be started, in minutes; 0 to 720. Default 30.
    pub early_start_minutes: u16,
    /// How far ahead appointments may be booked, in days; 1 to 1,000. Default 400.
    pub horizon_days: u16,
    /// How long after its planned start a client counts as not having come, in minutes; 0 to 720.
    /// Before that a no-show is refused. Default 0.
    pub no_show_after_minutes: u16,
    /// How long an operation can be undone by whoever did it, in minutes; 0 to 60. Default 10.
    pub undo_minutes: u16,
    /// What therapists note by, and what clients are told afterwards.
    pub guide: Guide,
    /// What a late cancellation at the client's own wish costs, before tax, in cents. Default 0.
    pub late_cancel_fee_cents: u32,
    /// What an appointment costs to which the client did not come, before tax, in cents. Default 0.
    pub no_show_fee_cents: u32,
    /// How long an offer to somebody on the waitlist lasts from the moment at which contact with them is
    /// recorded, in minutes; 1 to 1,440. Default 30.
    pub waitlist_offer_minutes: u16,
    /// How long such an offer lasts until contact is recorded, in minutes; 1 to 1,440. Default 10.
    pub waitlist_contact_minutes: u16,
    /// How long a place is held while a client is asked whether their appointment may move there, in minutes; 1 to
    /// 1,440. Default 60.
    pub call_minutes: u16,
    /// Whether the server offers a place that becomes free to the waitlist by itself. Default no.
    pub waitlist_auto_offer: bool,
    /// How long ahead an inspection that will lapse raises an alert, in days; 0 to 366. Default 30.
    pub warning_days: u16,
    /// Whether a session waits until its client was asked on arriving whether anything has changed since they declared
    /// their health, unless they declared it that day. No source says so; default yes.
    pub reconfirm: bool,
    /// How long ahead a credential or a registration that will expire raises an alert, in days; 0 to 366.
    /// Default 60.
    pub credential_warning_days: u16,
    /// How much continuing education each therapist needs in the period that the next figure says, in
    /// minutes; a multiple of 15, at most [`crate::limits::TRAINING`]. Default 0: none is asked for.
    pub education_minutes: u32,
    /// How long that period is, in calendar months; 1 to 120. It ends with each day. Default 12.
    pub education_months: u16,
    /// For how many years after the last visit, or after the birthday of `retention_age`, a client's records are
    /// kept; 1 to 100. Default 10.
    pub retention_years: u16,
    /// The birthday before which the years do not begin to run; 0 to 100. Default 18.
    pub retention_age: u16,
}

impl Policy {
    /// The time a therapist needs between two sites; none within one.
    pub fn travel_gap(&self, a: SiteId, b: SiteId) -> Minutes {
        if a == b {
            return Minutes::ZERO;
        }
        self.travel_between
            .iter()
            .find(|gap| gap.is_between(a, b))
            .map_or(self.travel, |gap| gap.minutes)
    }
}

impl Default for Policy {
    fn default() -> Self {
        let minutes = |n| Minutes::new(n).expect("the default is a multiple of 5");
        Self {
            grid: minutes(15),
            hold_minutes: 5,
            holds_per_key: 20,
            cancel_notice_hours: 24,
            declaration_months: 12,
            travel: minutes(30),
            travel_between: Vec::new(),
            early_start_minutes: 30,
            horizon_days: 400,
            no_show_after_minutes: 0,
            undo_minutes: 10,
            guide: Guide::default(),
            late_cancel_fee_cents: 0,
            no_show_fee_cents: 0,
            waitlist_offer_minutes: 30,
            waitlist_contact_minutes: 10,
            call_minutes: 60,
            waitlist_auto_offer: false,
            warning_days: 30,
            reconfirm: true,
            credential_warning_days: 60,
            education_minutes: 0,
            education_months: 12,
            retention_years: 10,
            retention_age: 18,
        }
    }
}

/// The time a therapist needs between two sites, in either direction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TravelGap {
    /// One site.
    pub a: SiteId,
    /// The other site.
    pub b: SiteId,
    /// The time between them.
    pub minutes: Minutes,
}

impl TravelGap {
    fn is_between(&self, a: SiteId, b: SiteId) -> bool {
        (self.a == a && self.b == b) || (self.a == b && self.b == a)
    }
}
