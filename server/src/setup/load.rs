//! From the file's text to strict types.

mod guide;
mod money;
mod references;
mod treatment;

use jiff::civil::Weekday;
use toml::de::DeTable;
use treadwell_clinic::command::Catalog;
use treadwell_clinic::id::SiteId;
use treadwell_clinic::limits;
use treadwell_clinic::model::{
    Closure, Credential, Equipment, EquipmentSet, Inspection, Opening, Policy, Registration, Room,
    Site, Therapist, TravelGap, WeekHours,
};
use treadwell_clinic::time::Zone;

use super::Setup;
use super::reader::{Mistake, Mistakes, Source, Table};
use super::roster::{Pattern, Roster};
use super::stock;
pub(super) use treatment::MODALITIES;

/// The days of the week as the file writes them.
pub(super) const DAYS: [(&str, Weekday); 7] = [
    ("monday", Weekday::Monday),
    ("tuesday", Weekday::Tuesday),
    ("wednesday", Weekday::Wednesday),
    ("thursday", Weekday::Thursday),
    ("friday", Weekday::Friday),
    ("saturday", Weekday::Saturday),
    ("sunday", Weekday::Sunday),
];

/// Kinds of equipment as the file writes them.
pub(super) const EQUIPMENT: [(&str, Equipment); 4] = [
    ("table", Equipment::Table),
    ("foot-chair", Equipment::FootChair),
    ("parallel-bars", Equipment::ParallelBars),
    ("rope", Equipment::Rope),
];

/// The most entries of one kind in a file.
const ENTRIES: usize = 1_000;

/// For how many weeks shifts are made when the file does not say.
const WEEKS: u16 = 8;

/// Reads a file, or finds everything that is wrong with it.
pub fn load(text: &str) -> Result<Setup, Mistakes> {
    let (document, errors) = DeTable::parse_recoverable(text);
    let source = Source::new(text);
    for error in &errors {
        let at = error.span().map_or(0, |span| span.start);
        source.mistake(at, String::new(), error.message());
    }
    if !errors.is_empty() {
        // What can not be read as TOML says nothing about fields either.
        return Err(Mistakes(source.finish()));
    }
    let setup = read(&Table::root(&source, document.get_ref()));
    let mistakes = source.finish();
    match setup {
        Some(setup) if mistakes.is_empty() => Ok(setup),
        _ => Err(Mistakes(if mistakes.is_empty() {
            vec![Mistake {
                line: 1,
                field: String::new(),
                expected: "a clinic".to_owned(),
            }]
        } else {
            mistakes
        })),
    }
}

/// Reads everything, so that every mistake is found, before anything is given up.
fn read(root: &Table<'_, '_>) -> Option<Setup> {
    let sites = each(root, "site", read_site);
    let rooms = each(root, "room", read_room);
    let rule_sets = each(root, "rule_set", treatment::read_rule_set);
    let services = each(root, "service", treatment::read_service);
    let therapists = each(root, "therapist", read_therapist);
    let guide = guide::read(root);
    let stock = each(root, "stock", stock::read_item);
    let policy = match root.table("policy") {
        Some(table) => {
            let policy = read_policy(&table);
            table.finish();
            policy
                .zip(guide)
                .map(|(policy, guide)| Policy { guide, ..policy })
        }
        None => root.wrong("policy", "is missing: a table [policy], which may be empty"),
    };
    let business = money::read_business(root);
    let price_lists = money::read_prices(root);
    let roster = match root.table("roster") {
        Some(table) => {
            let roster = read_roster(&table);
            table.finish();
            roster
        }
        None => Some(Roster::default()),
    };
    root.finish();
    let setup = Setup {
        catalog: Catalog {
            policy: Some(policy?),
            sites: sites?,
            rooms: rooms?,
            rule_sets: rule_sets?,
            services: services?,
            therapists: therapists?,
            business: business?,
            price_lists: price_lists?,
            stock: stock?,
        },
        roster: roster?,
    };
    references::check(root, &setup);
    Some(setup)
}

/// Reads each table of a list, and notes ids that are there twice.
fn each<T: Named>(
    root: &Table<'_, '_>,
    name: &'static str,
    read: impl Fn(&Table<'_, '_>) -> Option<T>,
) -> Option<Vec<T>> {
    let tables = root.tables(name, ENTRIES);
    let mut good = true;
    let mut all: Vec<T> = Vec::with_capacity(tables.len());
    for table in tables {
        match read(&table) {
            Some(one) if all.iter().any(|other| other.key() == one.key()) => {
                good = false;
                table.wrong::<()>("id", T::TWICE);
            }
            Some(one) => all.push(one),
            None => good = false,
        }
        table.finish();
    }
    good.then_some(all)
}

/// What has an id, or one of its own at each site.
pub(super) trait Named {
    /// What is wrong with one whose key another has.
    const TWICE: &'static str = "is there twice";

    fn key(&self) -> String;
}

macro_rules! named {
    ($($noun:ty),* $(,)?) => {$(
        impl Named for $noun {
            fn key(&self) -> String {
                self.id.to_string()
            }
        }
    )*};
}

named!(
    Site,
    Room,
    Therapist,
    treadwell_clinic::model::RuleSet,
    treadwell_clinic::model::Service,
);

fn read_policy(table: &Table<'_, '_>) -> Option<Policy> {
    let default = Policy::default();
    let grid = table.minutes("proposal_grid_minutes", 5..=60, Some(default.grid));
    if grid.is_some_and(|grid| 60 % grid.get() != 0) {
        table.wrong::<()>("proposal_grid_minutes", "5, 10, 15, 20, 30 or 60");
    }
    let hold_minutes = table.number("hold_minutes", 1..=1_440, Some(default.hold_minutes));
    let holds_per_key = table.number("holds_per_key", 1..=1_000, Some(default.holds_per_key));
    let notice = table.number(
        "cancel_notice_hours",
        0..=720,
        Some(default.cancel_notice_hours),
    );
    let months = table.number(
        "declaration_months",
        1..=120,
        Some(default.declaration_months),
    );
    let horizon_days = table.number("horizon_days", 1..=1_000, Some(default.horizon_days));
    let early = table.number(
        "early_start_minutes",
        0..=720,
        Some(default.early_start_minutes),
    );
    let no_show = table.number(
        "no_show_after_minutes",
        0..=720,
        Some(default.no_show_after_minutes),
    );
    let undo_minutes = table.number("undo_minutes", 0..=60, Some(default.undo_minutes));
    let waitlist = super::waitlist::read_policy(table, &default);
    let warning_days = table.number("warning_days", 0..=366, Some(default.warning_days));
    let reconfirm = if table.has("reconfirm") {
        table.flag("reconfirm")
    } else {
        Some(default.reconfirm)
    };
    let training = super::training::read_policy(table, &default);
    let retention_years = table.number("retention_years", 1..=100, Some(default.retention_years));
    let retention_age = table.number("retention_age", 0..=100, Some(default.retention_age));
    let travel = table.minutes(
        "travel_minutes",
        0..=limits::TRAVEL.get(),
        Some(default.travel),
    );
    let fee = |name| {
        if table.has(name) {
            table.money(name, limits::PRICE_CENTS)
        } else {
            Some(0)
        }
    };
    let (late_cancel_fee, no_show_fee) = (fee("late_cancel_fee"), fee("no_show_fee"));
    let mut travel_between = Vec::new();
    for gap in table.tables("travel", limits::TRAVEL_PAIRS) {
        let pair: Option<Vec<SiteId>> = gap.ids("between", 2..=2);
        let minutes = gap.minutes("minutes", 0..=limits::TRAVEL.get(), None);
        if let (Some(&[a, b]), Some(minutes)) = (pair.as_deref(), minutes) {
            travel_between.push(TravelGap { a, b, minutes });
        }
        gap.finish();
    }
    let waitlist = waitlist?;
    Some(Policy {
        grid: grid?,
        hold_minutes: hold_minutes?,
        holds_per_key: holds_per_key?,
        cancel_notice_hours: notice?,
        declaration_months: months?,
        travel: travel?,
        travel_between,
        early_start_minutes: early?,
        horizon_days: horizon_days?,
        no_show_after_minutes: no_show?,
        undo_minutes: undo_minutes?,
        guide: default.guide,
        late_cancel_fee_cents: late_cancel_fee?,
        no_show_fee_cents: no_show_fee?,
        waitlist_offer_minutes: waitlist.offer_minutes,
        waitlist_contact_minutes: waitlist.contact_minutes,
        waitlist_auto_offer: waitlist.auto_offer,
        call_minutes: waitlist.call_minutes,
        warning_days: warning_days?,
        reconfirm: reconfirm?,
        credential_warning_days: training?.credential_warning_days,
        education_minutes: training?.education_minutes,
        education_months: training?.education_months,
        retention_years: retention_years?,
        retention_age: retention_age?,
    })
}

fn read_site(table: &Table<'_, '_>) -> Option<Site> {
    let id = table.id("id");
    let name = table.text("name", 1..=limits::NAME_CHARS);
    let address = table.text("address", 0..=limits::ADDRESS_CHARS);
    let phone = table.text("phone", 0..=limits::PHONE_CHARS);
    let zone_name = table.text("time_zone", 1..=limits::NAME_CHARS);
    let zone = zone_name.and_then(|name| match Zone::named(&name) {
        Some(zone) => Some(zone),
        None => table.wrong(
            "time_zone",
            "the name of an IANA time zone such as America/Halifax",
        ),
    });
    let mut hours = WeekHours::default();
    match table.table("hours") {
        Some(week) => {
            for (name, day) in DAYS {
                let spans = week
                    .spans(name, limits::OPENINGS_PER_DAY)
                    .unwrap_or_default();
                let openings = spans
                    .into_iter()
                    .map(|(opens, closes)| Opening { opens, closes });
                hours.set(day, openings.collect());
            }
            week.finish();
        }
        None => {
            table.wrong::<()>(
                "hours",
                "is missing: a table [site.hours] with a line a day",
            );
        }
    }
    let mut closures = Vec::new();
    for closure in table.tables("closure", limits::CLOSURES) {
        let first = closure.date("first");
        let last = closure.optional_date("last");
        let reason = closure.text("reason", 0..=limits::REASON_CHARS);
        if let (Some(first), Some(last), Some(reason)) = (first, last, reason) {
            let last = last.unwrap_or(first);
            if last < first {
                closure.wrong::<()>("last", "a date on or after `first`");
            }
            closures.push(Closure {
                first,
                last,
                reason,
            });
        }
        closure.finish();
    }
    Some(Site {
        id: id?,
        name: name?,
        address: address?,
        phone: phone?,
        zone: zone?,
        hours,
        closures,
    })
}

/// Reads a list of kinds of equipment.
fn read_equipment(table: &Table<'_, '_>, name: &'static str) -> Option<EquipmentSet> {
    let kinds = table.list(name, 1..=EQUIPMENT.len())?;
    let count = kinds.len();
    let read: Vec<_> = kinds
        .into_iter()
        .filter_map(|kind| table.parse_word(name, kind, &EQUIPMENT))
        .collect();
    (read.len() == count).then(|| EquipmentSet::of(read))
}

fn read_room(table: &Table<'_, '_>) -> Option<Room> {
    let id = table.id("id");
    let site = table.id("site");
    let name = table.text("name", 1..=limits::NAME_CHARS);
    let equipment = read_equipment(table, "equipment");
    let turnover = table.minutes(
        "turnover_minutes",
        0..=limits::AFTERWARDS.get(),
        Some(treadwell_clinic::time::Minutes::ZERO),
    );
    let checklist = treatment::read_checklist(table);
    let passed = table.optional_date("inspected");
    let months = table.number("inspection_months", 1..=120, Some(12));
    if passed == Some(None) && table.has("inspection_months") {
        table.wrong::<()>("inspection_months", "nothing without a date `inspected`");
    }
    let retired = table.flag("retired");
    Some(Room {
        id: id?,
        site: site?,
        name: name?,
        equipment: equipment?,
        turnover: turnover?,
        checklist: checklist?,
        inspection: passed?
            .zip(months)
            .map(|(passed, months)| Inspection { passed, months }),
        retired: retired?,
    })
}

fn read_therapist(table: &Table<'_, '_>) -> Option<Therapist> {
    let id = table.id("id");
    let name = table.text("name", 1..=limits::NAME_CHARS);
    let sites = table.ids("sites", 1..=limits::SITES_PER_THERAPIST);
    let association = table.text("association", 0..=limits::NAME_CHARS);
    let number = table.text("registration_number", 0..=limits::NAME_CHARS);
    let registered = table.optional_date("registration_expires");
    let retired = table.flag("retired");
    let mut credentials: Vec<Credential> = Vec::new();
    for entry in table.tables("credentials", limits::CREDENTIALS) {
        let kind = entry.id("kind");
        let issuer = entry.text("issuer", 0..=limits::NAME_CHARS);
        let number = entry.text("number", 0..=limits::NAME_CHARS);
        let expires = entry.optional_date("expires");
        if let (Some(kind), Some(issuer), Some(number), Some(expires)) =
            (kind, issuer, number, expires)
        {
            if credentials.iter().any(|other| other.kind == kind) {
                entry.wrong::<()>("kind", "is there twice");
            }
            credentials.push(Credential {
                kind,
                issuer,
                number,
                expires,
            });
        }
        entry.finish();
    }
    let registration = match (association?, number?, registered?) {
        (association, number, None) if association.is_empty() && number.is_empty() => None,
        (association, ..) if association.is_empty() => {
            return table.wrong("association", "the association that gave the number");
        }
        (association, number, expires) => Some(Registration {
            association,
            number,
            expires,
        }),
    };
    Some(Therapist {
        id: id?,
        name: name?,
        sites: sites?,
        credentials,
        registration,
        retired: retired?,
    })
}

fn read_roster(table: &Table<'_, '_>) -> Option<Roster> {
    let weeks = table.number("weeks", 1..=100, Some(WEEKS));
    let entries = table.tables("shift", ENTRIES);
    let count = entries.len();
    let mut patterns = Vec::with_capacity(count);
    for entry in entries {
        let therapist = entry.id("therapist");
        let site = entry.id("site");
        let days = entry.list("days", 1..=7).map(|days| {
            days.into_iter()
                .filter_map(|day| entry.parse_word("days", day, &DAYS))
                .collect::<Vec<_>>()
        });
        let hours = entry.spans("hours", 1);
        let breaks = entry.spans("breaks", limits::BREAKS);
        if hours.as_ref().is_some_and(Vec::is_empty) {
            entry.wrong::<()>("hours", "is missing: times such as \"09:00-17:00\"");
        }
        let hours = hours.and_then(|hours| hours.first().copied());
        if let (Some(therapist), Some(site), Some(days), Some(hours), Some(breaks)) =
            (therapist, site, days, hours, breaks)
        {
            let midnight = jiff::civil::Time::midnight();
            let inside = |&(from, until): &(jiff::civil::Time, jiff::civil::Time)| {
                from >= hours.0 && (hours.1 == midnight || (until != midnight && until <= hours.1))
            };
            if !breaks.iter().all(inside) {
                entry.wrong::<()>("breaks", "spans within the hours");
            }
            patterns.push(Pattern {
                therapist,
                site,
                days,
                hours,
                breaks,
            });
        }
        entry.finish();
    }
    (patterns.len() == count).then_some(Roster {
        weeks: weeks?,
        patterns,
    })
}
