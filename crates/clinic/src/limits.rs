//! A limit on everything. What a person may edit is in [`crate::model::Policy`]; these are the
//! bounds that keep the program sound, all in one place.

use std::time::Duration;

use crate::time::Minutes;

/// The longest name of anything, in characters.
pub const NAME_CHARS: usize = 80;
/// The longest telephone number, in characters.
pub const PHONE_CHARS: usize = 32;
/// The longest e-mail address, in characters.
pub const EMAIL_CHARS: usize = 120;
/// The longest postal address, in characters.
pub const ADDRESS_CHARS: usize = 200;
/// The longest note, in characters.
pub const NOTE_CHARS: usize = 500;
/// The longest reason, question or checklist item, in characters.
pub const REASON_CHARS: usize = 200;

/// The longest of a session's notes of one kind, and of an addendum to them, in characters.
pub const SESSION_TEXT_CHARS: usize = 2_000;

/// The most openings of a site on one day of the week.
pub const OPENINGS_PER_DAY: usize = 4;
/// The most closures of a site.
pub const CLOSURES: usize = 200;
/// The most sites of a therapist.
pub const SITES_PER_THERAPIST: usize = 50;
/// The most credentials of a therapist, and the most that a service asks for.
pub const CREDENTIALS: usize = 20;
/// The most equipment sets that a service accepts.
pub const ACCEPTED_SETS: usize = 8;
/// The most items of a checklist.
pub const CHECKLIST_ITEMS: usize = 30;
/// The most extensions of a service.
pub const EXTENSIONS: usize = 20;
/// The most extensions booked with one appointment.
pub const EXTENSIONS_BOOKED: usize = 8;
/// The most rules of a rule set.
pub const RULES: usize = 100;
/// The most breaks of a shift.
pub const BREAKS: usize = 12;
/// The most shifts put in one command.
pub const SHIFTS_PER_COMMAND: usize = 500;
/// The most pairs of sites with a travel gap of their own.
pub const TRAVEL_PAIRS: usize = 500;
/// The most shifts of a weekly template on one day of the week.
pub const TEMPLATE_SHIFTS_PER_DAY: usize = 2;
/// The most weeks between two in which a weekly template holds.
pub const TEMPLATE_WEEKS: u8 = 8;
/// For how many days ahead the shifts of weekly templates are made, at most: two a day then still are
/// fewer than one commit may create.
pub const TEMPLATE_DAYS: u16 = 400;
/// The longest time off, in days.
pub const ABSENCE_DAYS: u16 = 400;
/// The most items of stock that a service consumes.
pub const CONSUMED_ITEMS: usize = 20;
/// The longest unit of an item of stock, in characters.
pub const UNIT_CHARS: usize = 20;
/// The most of one item that a site keeps, and that one movement moves, in units.
pub const STOCK_UNITS: u32 = 1_000_000;
/// The most items that one stock-take counts.
pub const COUNTED_ITEMS: usize = 200;
/// The most participants of a training.
pub const PARTICIPANTS: usize = 200;
/// The longest training, and the most continuing education that is asked for, in minutes: a thousand hours.
pub const TRAINING: u32 = 60_000;
/// The most records put by one import.
pub const IMPORT_RECORDS: usize = 5_000;
/// The most lines of one import of clients or appointments: each takes the writer as long as a booking does, and a commit
/// numbers at most [`crate::id::Ids::PER_COMMIT`] things.
pub const IMPORT_LINES: usize = 500;
/// The most characters of another product's id.
pub const EXTERNAL_CHARS: usize = 64;
/// The most sites that a key is limited to.
pub const SITES_PER_KEY: usize = 200;

/// The most techniques, areas or zones of the guide, and so the most entries of a kind in notes.
pub const GUIDE_ENTRIES: usize = 60;
/// The most pieces of advice after a session.
pub const ADVICE_ITEMS: usize = 30;
/// The most addenda to a session's notes.
pub const ADDENDA: usize = 50;
/// How often the aftercare of one session may be issued.
pub const AFTERCARE_ISSUED: usize = 50;

/// The most rates of the tax.
pub const TAX_RATES: usize = 50;
/// The most dated prices of a service and its extensions.
pub const PRICES: usize = 500;
/// The most parts that one payment is split into.
pub const PAYMENT_PARTS: usize = 10;
/// The most payments and refunds of one appointment.
pub const PAYMENTS: usize = 100;
/// The most that is paid in one part, in cents: more than any appointment costs with its tax.
pub const PAYMENT_CENTS: u32 = 4_000_000_000;

/// The longest session, extensions included. With the next two it has to fit the window of a
/// [`crate::cells::Mask`] around a local day of 25 hours; `rules` asserts that.
pub const SESSION: Minutes = minutes(8 * 60);
/// The longest turnover or reset.
pub const AFTERWARDS: Minutes = minutes(2 * 60);
/// The longest shift.
pub const SHIFT: Minutes = minutes(24 * 60);
/// The longest travel gap.
pub const TRAVEL: Minutes = minutes(3 * 60);
/// How far from now the start of an appointment on another local date may be for its client to be checked in.
pub const ARRIVAL: Minutes = minutes(4 * 60);
/// The highest price, in cents: a hundred thousand dollars.
pub const PRICE_CENTS: u32 = 10_000_000;

/// The most appointments of a series.
pub const SERIES: u16 = 52;
/// The most days from one appointment of a series to the next.
pub const SERIES_DAYS: u16 = 366;
/// How many alternatives each appointment of a series names that can not be had.
pub const SERIES_ALTERNATIVES: usize = 1;

/// How many days a search may cover.
pub const SEARCH_DAYS: u16 = 31;
/// The most local dates of a report: five years.
pub const REPORT_DAYS: u16 = 5 * 366;
/// The most rows of a report: a year of weeks at 200 sites, and twice that.
pub const REPORT_ROWS: usize = 20_000;
/// How many alternatives a refused booking names.
pub const ALTERNATIVES: usize = 3;
/// How many of the appointments that an edited rule set affects are named.
pub const PREVIEWED: usize = 100;
/// How many appointments one commit judges again.
pub const REJUDGED_PER_COMMIT: usize = 500;
/// How many expired holds one commit removes.
pub const EXPIRED_PER_COMMIT: usize = 500;
/// The most live entries of one client on the waitlist.
pub const WAITLIST_PER_CLIENT: usize = 5;
/// The most windows of a waitlist entry.
pub const WAITLIST_WINDOWS: usize = 20;
/// How many places that a client passed over an entry remembers; the oldest are forgotten first.
pub const WAITLIST_PASSED: usize = 50;
/// How many entries one commit, or one answer, holds against a place.
pub const WAITLIST_JUDGED: usize = 100;
/// How many days ahead of now a place that became free is offered.
pub const WAITLIST_AHEAD_DAYS: u16 = 14;
/// How many of the places that one commit frees are offered to the waitlist, one after the other: those that come first.
pub const WAITLIST_FREED: usize = 50;
/// The most disruptions that are repaired together.
pub const DISRUPTIONS: usize = 20;
/// The most appointments that one repair finds new places for; those that come first do.
pub const REPAIR_HITS: usize = 200;
/// The most appointments that one repair changes.
pub const REPAIR_MOVES: usize = 400;
/// How many days after its own an appointment may be moved to by a repair when it has no place on that.
pub const REPAIR_DAYS: u16 = 7;
/// To how many other sites a repair may send a client.
pub const REPAIR_SITES: usize = 8;
/// How many choices a repair tries for each of its days before it is content with the best so far.
pub const REPAIR_TRIED_PER_DAY: u32 = 3_000;
/// How many it tries in all.
pub const REPAIR_TRIED: u32 = 12_000;
/// How many clients' complete records may be sent at once. Each keeps the clinic as it was when it was asked for.
pub const RECORDS: usize = 16;
/// How long a client's complete record may take to be sent: it is written as fast as it is read, and who stalls asks anew.
pub const RECORD: Duration = Duration::from_mins(10);
/// How many commits are looked through at once for changes to a client's records, before it is another one's turn: less than
/// a second's work.
pub const RECORD_COMMITS: u64 = 20_000;
/// After how many changes that are found it is as well.
pub const RECORD_CHANGES: usize = 256;
/// How much of what is open a refused erasure names.
pub const OPEN_NAMED: usize = 20;
/// What finding a repair may take in all, whatever the choices are: counted in comparisons of two places, of which a
/// hundred thousand take about a millisecond.
pub const REPAIR_WORK: u64 = 16_000_000;
/// How far ahead shifts and outages may lie, in days.
pub const CALENDAR_DAYS: u16 = 1_100;

const fn minutes(n: u16) -> Minutes {
    match Minutes::new(n) {
        Some(minutes) => minutes,
        None => panic!("a limit is a multiple of 5 minutes"),
    }
}
