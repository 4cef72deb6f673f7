//! The clinic back as the file that it could have been loaded from.

mod money;

use std::fmt::Write as _;

use jiff::civil::Time;
use toml::Value;
use treadwell_clinic::Clinic;
use treadwell_clinic::id::SiteId;
use treadwell_clinic::model::{
    ChecklistItem, Effect, EquipmentSet, Modality, Policy, Room, RuleSet, Service, Site, Sites,
    StockItem, Therapist, Window,
};

mod guide;

use super::load::{DAYS, EQUIPMENT, MODALITIES};
use super::stock::KINDS;

/// The policy, sites, rooms, rule sets, services, therapists and stock of a clinic as a commented file, as
/// far as they are within these sites. The roster is left out: the clinic keeps shifts, not the weeks that
/// they were made from.
pub fn export(clinic: &Clinic, within: &Sites) -> String {
    let mut file = Writer::default();
    file.comment(&[
        "A clinic, as `treadwell init --from` reads it and `treadwell export --toml` writes it.",
        "Ids are 1 to 24 characters of a-z, 0-9 and hyphens. Times are on each site's own clock.",
    ]);
    policy(&mut file, clinic.policy(), within);
    guide::write(&mut file, &clinic.policy().guide);
    for site in clinic.sites().filter(|site| within.allow(site.id)) {
        self::site(&mut file, site);
    }
    for room in clinic.rooms().filter(|room| within.allow(room.site)) {
        self::room(&mut file, room);
    }
    for rule_set in clinic.rule_sets() {
        self::rule_set(&mut file, rule_set);
    }
    for service in clinic.services() {
        self::service(&mut file, service);
    }
    for therapist in clinic.therapists() {
        let sites = therapist.sites.iter().copied();
        let sites: Vec<SiteId> = sites.filter(|&id| within.allow(id)).collect();
        if !sites.is_empty() {
            self::therapist(&mut file, therapist, &sites);
        }
    }
    money::write(&mut file, clinic);
    for site in clinic.sites().filter(|site| within.allow(site.id)) {
        for item in clinic.stock_at(site.id) {
            stock(&mut file, item);
        }
    }
    file.0
}

/// Lines of TOML.
#[derive(Default)]
pub(super) struct Writer(String);

impl Writer {
    fn line(&mut self, line: std::fmt::Arguments<'_>) {
        writeln!(self.0, "{line}").expect("a String takes all text");
    }

    pub(super) fn comment(&mut self, lines: &[&str]) {
        for line in lines {
            self.line(format_args!("# {line}"));
        }
    }

    fn table(&mut self, header: &str) {
        self.line(format_args!("\n{header}"));
    }

    pub(super) fn field(&mut self, name: &str, value: impl Into<Value>) {
        self.line(format_args!("{name} = {}", value.into()));
    }

    /// A field that is left out where it is empty.
    fn text(&mut self, name: &str, text: &str) {
        if !text.is_empty() {
            self.field(name, text);
        }
    }

    fn flag(&mut self, name: &str, flag: bool) {
        if flag {
            self.field(name, true);
        }
    }

    /// A field whose value is TOML already.
    fn raw(&mut self, name: &str, value: &str) {
        self.line(format_args!("{name} = {value}"));
    }

    fn ids(&mut self, name: &str, ids: impl Iterator<Item = impl ToString>) {
        let ids: Vec<Value> = ids.map(|id| Value::String(id.to_string())).collect();
        if !ids.is_empty() {
            self.field(name, ids);
        }
    }
}

fn policy(file: &mut Writer, policy: &Policy, within: &Sites) {
    file.table("# The clinic's figures.\n[policy]");
    file.comment(&["Proposals start on multiples of this: 5, 10, 15, 20, 30 or 60."]);
    file.field("proposal_grid_minutes", i64::from(policy.grid.get()));
    file.comment(&["Life of a hold, 1 to 1440, and how many one key may have at once."]);
    file.field("hold_minutes", i64::from(policy.hold_minutes));
    file.field("holds_per_key", i64::from(policy.holds_per_key));
    file.comment(&["A cancellation nearer to the start than this is late."]);
    file.field("cancel_notice_hours", i64::from(policy.cancel_notice_hours));
    file.comment(&["For how long an answer about health is good."]);
    file.field("declaration_months", i64::from(policy.declaration_months));
    file.comment(&["How far ahead may be booked."]);
    file.field("horizon_days", i64::from(policy.horizon_days));
    file.comment(&["How long before its planned start a session may begin."]);
    file.field("early_start_minutes", i64::from(policy.early_start_minutes));
    file.comment(&["How long after the planned start a client counts as not having come."]);
    file.field(
        "no_show_after_minutes",
        i64::from(policy.no_show_after_minutes),
    );
    file.comment(&["For how long somebody can take back what they did last."]);
    file.field("undo_minutes", i64::from(policy.undo_minutes));
    file.comment(&[
        "What a late cancellation at the client's own wish costs before tax, and not to come.",
    ]);
    file.field("late_cancel_fee", money(policy.late_cancel_fee_cents));
    file.field("no_show_fee", money(policy.no_show_fee_cents));
    super::waitlist::export_policy(file, policy);
    file.comment(&["How many days ahead a lapsing inspection is warned of."]);
    file.field("warning_days", i64::from(policy.warning_days));
    file.comment(&[
        "Whether a session waits until its client was asked on arriving if anything has changed since they declared their health.",
    ]);
    file.field("reconfirm", policy.reconfirm);
    super::training::export_policy(file, policy);
    file.comment(&[
        "How many years a client's records are kept after the last visit, or after that birthday.",
    ]);
    file.field("retention_years", i64::from(policy.retention_years));
    file.field("retention_age", i64::from(policy.retention_age));
    file.comment(&["Time a therapist needs between two sites; pairs of sites may have their own."]);
    file.field("travel_minutes", i64::from(policy.travel.get()));
    let pairs = policy.travel_between.iter();
    for gap in pairs.filter(|gap| within.allow(gap.a) && within.allow(gap.b)) {
        file.table("[[policy.travel]]");
        file.ids("between", [gap.a, gap.b].into_iter());
        file.field("minutes", i64::from(gap.minutes.get()));
    }
}

fn span(from: Time, until: Time) -> String {
    let until = if until == Time::midnight() {
        "24:00".to_owned()
    } else {
        format!("{:02}:{:02}", until.hour(), until.minute())
    };
    format!("{:02}:{:02}-{until}", from.hour(), from.minute())
}

fn site(file: &mut Writer, site: &Site) {
    file.table("[[site]]");
    file.field("id", site.id.as_str());
    file.field("name", site.name.as_str());
    file.text("address", &site.address);
    file.text("phone", &site.phone);
    file.field("time_zone", site.zone.name());
    file.table("# Opening hours; a day without a line is closed.\n[site.hours]");
    for (name, day) in DAYS {
        let spans: Vec<Value> = site
            .hours
            .on(day)
            .iter()
            .map(|opening| Value::String(span(opening.opens, opening.closes)))
            .collect();
        match <[Value; 1]>::try_from(spans) {
            Ok([one]) => file.field(name, one),
            Err(spans) if spans.is_empty() => {}
            Err(spans) => file.field(name, spans),
        }
    }
    for closure in &site.closures {
        file.table("[[site.closure]]");
        file.raw("first", &closure.first.to_string());
        if closure.last != closure.first {
            file.raw("last", &closure.last.to_string());
        }
        file.text("reason", &closure.reason);
    }
}

fn words(set: EquipmentSet) -> Vec<Value> {
    EQUIPMENT
        .iter()
        .filter(|(_, kind)| set.has(*kind))
        .map(|(word, _)| Value::String((*word).to_owned()))
        .collect()
}

fn room(file: &mut Writer, room: &Room) {
    file.table("[[room]]");
    file.field("id", room.id.as_str());
    file.field("site", room.site.as_str());
    file.field("name", room.name.as_str());
    file.field("equipment", words(room.equipment));
    if room.turnover.get() > 0 {
        file.field("turnover_minutes", i64::from(room.turnover.get()));
    }
    if let Some(inspection) = room.inspection {
        file.raw("inspected", &inspection.passed.to_string());
        file.field("inspection_months", i64::from(inspection.months));
    }
    file.flag("retired", room.retired);
    checklist(file, &room.checklist);
}

fn rule_set(file: &mut Writer, rule_set: &RuleSet) {
    file.table("[[rule_set]]");
    file.field("id", rule_set.id.as_str());
    for rule in &rule_set.rules {
        file.table("[[rule_set.rule]]");
        file.field("condition", rule.condition.as_str());
        file.field("question", rule.question.as_str());
        let effect = match rule.effect {
            Effect::Review => "review".to_owned(),
            Effect::Caution => "caution".to_owned(),
            Effect::Exclude(Window::Ever) => "ever".to_owned(),
            Effect::Exclude(Window::WhilePresent) => "while present".to_owned(),
            Effect::Exclude(Window::Months(n)) => format!("{n} months"),
            Effect::Exclude(Window::Weeks(n)) => format!("{n} weeks"),
            Effect::Exclude(Window::Hours(n)) => format!("{n} hours"),
        };
        file.field("yes_means", effect);
    }
}

fn money(cents: u32) -> String {
    format!("{}.{:02}", cents / 100, cents % 100)
}

fn modality(of: Modality) -> &'static str {
    MODALITIES
        .iter()
        .find(|(_, modality)| *modality == of)
        .map_or("", |(word, _)| word)
}

fn service(file: &mut Writer, service: &Service) {
    file.table("[[service]]");
    file.field("id", service.id.as_str());
    file.field("name", service.name.as_str());
    file.field("modality", modality(service.modality));
    file.field("minutes", i64::from(service.minutes.get()));
    file.field("turnover_minutes", i64::from(service.turnover.get()));
    file.field("reset_minutes", i64::from(service.reset.get()));
    let rooms: Vec<Value> = service
        .accepts
        .iter()
        .map(|&set| words(set).into())
        .collect();
    file.field("rooms", rooms);
    file.ids("credentials", service.credentials.iter());
    file.field("rule_set", service.rule_set.as_str());
    file.field("price", money(service.price_cents));
    file.flag("retired", service.retired);
    checklist(file, &service.checklist);
    list(
        file,
        "extensions",
        service.extensions.iter().map(|extension| {
            format!(
                "id = {}, name = {}, minutes = {}, price = {}",
                quote(extension.id.as_str()),
                quote(&extension.name),
                extension.minutes.get(),
                quote(&money(extension.price_cents))
            )
        }),
    );
    list(
        file,
        "consumes",
        service.consumes.iter().map(|consumption| {
            format!(
                "item = {}, quantity = {}",
                quote(consumption.item.as_str()),
                consumption.quantity
            )
        }),
    );
}

fn checklist(file: &mut Writer, checklist: &[ChecklistItem]) {
    list(
        file,
        "checklist",
        checklist.iter().map(|item| {
            format!(
                "id = {}, do = {}",
                quote(item.id.as_str()),
                quote(&item.text)
            )
        }),
    );
}

fn stock(file: &mut Writer, item: &StockItem) {
    file.table("[[stock]]");
    file.field("site", item.site.as_str());
    file.field("id", item.item.as_str());
    file.field("name", item.name.as_str());
    file.field("unit", item.unit.as_str());
    let kind = KINDS.iter().find(|(_, kind)| *kind == item.kind);
    file.field("kind", kind.map_or("", |(word, _)| word));
    file.field("par", i64::from(item.par));
    file.field("level", i64::from(item.level));
    file.flag("retired", item.retired);
}

fn quote(text: &str) -> Value {
    Value::String(text.to_owned())
}

/// A list of small tables, one a line.
fn list(file: &mut Writer, name: &str, entries: impl Iterator<Item = String>) {
    let entries: Vec<_> = entries.collect();
    if entries.is_empty() {
        return;
    }
    file.line(format_args!("{name} = ["));
    for entry in entries {
        file.line(format_args!("  {{ {entry} }},"));
    }
    file.line(format_args!("]"));
}

fn therapist(file: &mut Writer, therapist: &Therapist, sites: &[SiteId]) {
    file.table("[[therapist]]");
    file.field("id", therapist.id.as_str());
    file.field("name", therapist.name.as_str());
    file.ids("sites", sites.iter());
    if let Some(registration) = &therapist.registration {
        file.field("association", registration.association.as_str());
        file.text("registration_number", &registration.number);
        if let Some(expires) = registration.expires {
            file.line(format_args!("registration_expires = {expires}"));
        }
    }
    file.flag("retired", therapist.retired);
    list(
        file,
        "credentials",
        therapist.credentials.iter().map(|credential| {
            let mut entry = format!("kind = {}", quote(credential.kind.as_str()));
            for (name, text) in [
                ("issuer", &credential.issuer),
                ("number", &credential.number),
            ] {
                if !text.is_empty() {
                    write!(entry, ", {name} = {}", quote(text)).expect("a String takes all text");
                }
            }
            if let Some(expires) = credential.expires {
                write!(entry, ", expires = {expires}").expect("a String takes all text");
            }
            entry
        }),
    );
}
