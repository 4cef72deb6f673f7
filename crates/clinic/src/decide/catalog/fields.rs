use jiff::civil::{Time, Weekday};

use super::size;
use crate::command::Catalog;
use crate::decide::check::Checks;
use crate::decide::prices;
use crate::decide::stock;
use crate::limits;
use crate::model::{
    ChecklistItem, Effect, Opening, Policy, Room, Rule, RuleSet, Service, Site, Therapist,
    Training, Window,
};
use crate::time::CELL_MINUTES;

pub(super) fn catalog(checks: &mut Checks, catalog: &Catalog) {
    checks.at_most("catalog", size(catalog), limits::IMPORT_RECORDS);
    checks.unique("sites", catalog.sites.iter().map(|site| site.id));
    checks.unique("rooms", catalog.rooms.iter().map(|room| room.id));
    checks.unique("rule_sets", catalog.rule_sets.iter().map(|set| set.id));
    checks.unique("services", catalog.services.iter().map(|s| s.id));
    checks.unique("therapists", catalog.therapists.iter().map(|t| t.id));
    checks.each("sites", &catalog.sites, site);
    checks.each("rooms", &catalog.rooms, room);
    checks.each("rule_sets", &catalog.rule_sets, rule_set);
    checks.each("services", &catalog.services, service);
    checks.each("therapists", &catalog.therapists, therapist);
    prices::check(checks, catalog);
    checks.unique(
        "stock",
        catalog.stock.iter().map(|s| (s.item.site, s.item.item)),
    );
    checks.each("stock", &catalog.stock, |checks, opening| {
        stock::fields(checks, &opening.item);
        checks.between("level", opening.level, 0, limits::STOCK_UNITS);
    });
    if let Some(new) = &catalog.policy {
        checks.inside("policy", |checks| policy(checks, new));
    }
}

const WEEK: [(Weekday, &str); 7] = [
    (Weekday::Monday, "hours.monday"),
    (Weekday::Tuesday, "hours.tuesday"),
    (Weekday::Wednesday, "hours.wednesday"),
    (Weekday::Thursday, "hours.thursday"),
    (Weekday::Friday, "hours.friday"),
    (Weekday::Saturday, "hours.saturday"),
    (Weekday::Sunday, "hours.sunday"),
];

pub(super) fn site(checks: &mut Checks, site: &Site) {
    checks.name("name", &site.name);
    checks.text("address", &site.address, limits::ADDRESS_CHARS);
    checks.line("phone", &site.phone, limits::PHONE_CHARS);
    for (day, field) in WEEK {
        let openings = site.hours.on(day);
        checks.at_most(field, openings.len(), limits::OPENINGS_PER_DAY);
        checks.each(field, openings, opening);
        let apart = openings
            .windows(2)
            .all(|pair| closing(&pair[0]) <= minute(pair[1].opens));
        checks.expect(apart, field, "openings in order that do not overlap");
    }
    checks.at_most("closures", site.closures.len(), limits::CLOSURES);
    checks.each("closures", &site.closures, |checks, closure| {
        checks.line("reason", &closure.reason, limits::REASON_CHARS);
        let ordered = closure.first <= closure.last;
        checks.expect(ordered, "last", "not before the first date");
    });
}

fn opening(checks: &mut Checks, opening: &Opening) {
    for (field, time) in [("opens", opening.opens), ("closes", opening.closes)] {
        let whole = time.second() == 0 && time.subsec_nanosecond() == 0;
        let on_grid = whole && minute(time).is_multiple_of(CELL_MINUTES);
        checks.expect(on_grid, field, "a multiple of 5 minutes");
    }
    let ordered = minute(opening.opens) < closing(opening);
    checks.expect(
        ordered,
        "closes",
        "later than it opens; midnight is the end of the day",
    );
}

/// The minute of the day, 0 to 1,439.
fn minute(time: Time) -> u16 {
    u16::from(time.hour().unsigned_abs()) * 60 + u16::from(time.minute().unsigned_abs())
}

/// The minute of the day at which it closes, 1 to 1,440.
fn closing(opening: &Opening) -> u16 {
    match minute(opening.closes) {
        0 => 24 * 60,
        minute => minute,
    }
}

pub(super) fn room(checks: &mut Checks, room: &Room) {
    checks.name("name", &room.name);
    checks.minutes("turnover", room.turnover, 0, limits::AFTERWARDS);
    checklist(checks, &room.checklist);
    if let Some(inspection) = room.inspection {
        checks.between("inspection.months", inspection.months, 1, 120);
    }
}

/// What is to be done after a session, each item once.
fn checklist(checks: &mut Checks, checklist: &[ChecklistItem]) {
    checks.at_most("checklist", checklist.len(), limits::CHECKLIST_ITEMS);
    checks.unique("checklist", checklist.iter().map(|item| item.id));
    checks.each("checklist", checklist, |checks, item| {
        checks.line("text", &item.text, limits::REASON_CHARS);
        checks.expect(!item.text.is_empty(), "text", "not empty");
    });
}

pub(super) fn rule_set(checks: &mut Checks, rule_set: &RuleSet) {
    checks.at_most("rules", rule_set.rules.len(), limits::RULES);
    checks.unique("rules", rule_set.rules.iter().map(|rule| rule.condition));
    checks.each("rules", &rule_set.rules, rule);
}

fn rule(checks: &mut Checks, rule: &Rule) {
    checks.line("question", &rule.question, limits::REASON_CHARS);
    checks.expect(!rule.question.is_empty(), "question", "not empty");
    match rule.effect {
        Effect::Exclude(Window::Months(n)) => checks.between("months", n, 1, 1_200),
        Effect::Exclude(Window::Weeks(n)) => checks.between("weeks", n, 1, 5_200),
        Effect::Exclude(Window::Hours(n)) => checks.between("hours", n, 1, 8_784),
        Effect::Exclude(Window::Ever | Window::WhilePresent) | Effect::Review | Effect::Caution => {
        }
    }
}

pub(super) fn service(checks: &mut Checks, service: &Service) {
    checks.name("name", &service.name);
    checks.minutes("minutes", service.minutes, CELL_MINUTES, limits::SESSION);
    checks.minutes("turnover", service.turnover, 0, limits::AFTERWARDS);
    checks.minutes("reset", service.reset, 0, limits::AFTERWARDS);
    checks.expect(!service.accepts.is_empty(), "accepts", "at least one set");
    checks.at_most("accepts", service.accepts.len(), limits::ACCEPTED_SETS);
    checks.unique("accepts", service.accepts.iter());
    let some = service.accepts.iter().all(|set| !set.is_empty());
    checks.expect(some, "accepts", "sets that are not empty");
    checks.at_most(
        "credentials",
        service.credentials.len(),
        limits::CREDENTIALS,
    );
    checks.unique("credentials", service.credentials.iter());
    checklist(checks, &service.checklist);
    checks.at_most("extensions", service.extensions.len(), limits::EXTENSIONS);
    checks.unique("extensions", service.extensions.iter().map(|e| e.id));
    checks.each("extensions", &service.extensions, |checks, extension| {
        checks.name("name", &extension.name);
        checks.minutes("minutes", extension.minutes, CELL_MINUTES, limits::SESSION);
        checks.between("price_cents", extension.price_cents, 0, limits::PRICE_CENTS);
    });
    checks.at_most("consumes", service.consumes.len(), limits::CONSUMED_ITEMS);
    checks.unique("consumes", service.consumes.iter().map(|it| it.item));
    checks.each("consumes", &service.consumes, |checks, it| {
        checks.between("quantity", it.quantity, 1, limits::STOCK_UNITS);
    });
    // So that whatever is booked with the service, no session is longer than any may be.
    let longest = limits::SESSION;
    let extensions = service.extensions.iter().map(|extension| extension.minutes);
    let in_all = extensions.fold(service.minutes.cells(), |sum, more| sum + more.cells());
    checks.expect(
        in_all <= longest.cells(),
        "extensions",
        format_args!("with the service, at most {longest} in all"),
    );
    checks.between("price_cents", service.price_cents, 0, limits::PRICE_CENTS);
}

pub(super) fn therapist(checks: &mut Checks, therapist: &Therapist) {
    checks.name("name", &therapist.name);
    checks.expect(!therapist.sites.is_empty(), "sites", "at least one site");
    checks.at_most("sites", therapist.sites.len(), limits::SITES_PER_THERAPIST);
    checks.unique("sites", therapist.sites.iter());
    checks.at_most(
        "credentials",
        therapist.credentials.len(),
        limits::CREDENTIALS,
    );
    checks.unique("credentials", therapist.credentials.iter().map(|c| c.kind));
    checks.each(
        "credentials",
        &therapist.credentials,
        |checks, credential| {
            checks.line("issuer", &credential.issuer, limits::NAME_CHARS);
            checks.line("number", &credential.number, limits::NAME_CHARS);
        },
    );
    if let Some(registration) = &therapist.registration {
        checks.inside("registration", |checks| {
            checks.name("association", &registration.association);
            checks.name("number", &registration.number);
        });
    }
}

pub(super) fn policy(checks: &mut Checks, policy: &Policy) {
    checks.between("grid", policy.grid.get(), CELL_MINUTES, 60);
    checks.expect(
        policy.grid.get() > 0 && 60 % policy.grid.get().max(1) == 0,
        "grid",
        "a divisor of 60 minutes",
    );
    checks.between("hold_minutes", policy.hold_minutes, 1, 1_440);
    checks.between("holds_per_key", policy.holds_per_key, 1, 1_000);
    checks.between("cancel_notice_hours", policy.cancel_notice_hours, 0, 720);
    checks.between("declaration_months", policy.declaration_months, 1, 120);
    checks.minutes("travel", policy.travel, 0, limits::TRAVEL);
    checks.at_most(
        "travel_between",
        policy.travel_between.len(),
        limits::TRAVEL_PAIRS,
    );
    let pairs = policy
        .travel_between
        .iter()
        .map(|gap| (gap.a.min(gap.b), gap.a.max(gap.b)));
    checks.unique("travel_between", pairs);
    checks.each("travel_between", &policy.travel_between, |checks, gap| {
        checks.expect(gap.a != gap.b, "b", "another site");
        checks.minutes("minutes", gap.minutes, 0, limits::TRAVEL);
    });
    checks.between("early_start_minutes", policy.early_start_minutes, 0, 720);
    checks.between("horizon_days", policy.horizon_days, 1, 1_000);
    checks.between(
        "no_show_after_minutes",
        policy.no_show_after_minutes,
        0,
        720,
    );
    checks.between("undo_minutes", policy.undo_minutes, 0, 60);
    checks.inside("guide", |checks| super::guide::check(checks, &policy.guide));
    for (field, fee) in [
        ("late_cancel_fee_cents", policy.late_cancel_fee_cents),
        ("no_show_fee_cents", policy.no_show_fee_cents),
    ] {
        checks.between(field, fee, 0, limits::PRICE_CENTS);
    }
    let (offer, contact) = (
        policy.waitlist_offer_minutes,
        policy.waitlist_contact_minutes,
    );
    checks.between("waitlist_offer_minutes", offer, 1, 1_440);
    checks.between("waitlist_contact_minutes", contact, 1, 1_440);
    checks.between("call_minutes", policy.call_minutes, 1, 1_440);
    checks.between("warning_days", policy.warning_days, 0, 366);
    let ahead = policy.credential_warning_days;
    checks.between("credential_warning_days", ahead, 0, 366);
    let education = policy.education_minutes;
    checks.between("education_minutes", education, 0, limits::TRAINING);
    let whole = education.is_multiple_of(Training::QUARTER);
    checks.expect(whole, "education_minutes", "whole quarters of an hour");
    checks.between("education_months", policy.education_months, 1, 120);
    checks.between("retention_years", policy.retention_years, 1, 100);
    checks.between("retention_age", policy.retention_age, 0, 100);
}
