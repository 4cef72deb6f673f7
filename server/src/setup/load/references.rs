//! Whether what a file names is in it, and whether its roster can be kept.

use jiff::civil::Time;
use treadwell_clinic::command::Catalog;
use treadwell_clinic::id::SiteId;
use treadwell_clinic::limits;

use super::super::Setup;
use super::super::reader::Table;
use super::super::roster::{Pattern, Roster};
use super::ENTRIES;

/// Notes whatever the file names and does not describe.
pub(super) fn check(root: &Table<'_, '_>, setup: &Setup) {
    check_catalog(root, &setup.catalog);
    check_travel(root, &setup.catalog);
    if let Some(table) = root.table("roster") {
        check_roster(&table, &setup.roster, &setup.catalog);
    }
}

fn is_site(catalog: &Catalog, id: SiteId) -> bool {
    catalog.sites.iter().any(|site| site.id == id)
}

fn no_site(id: SiteId) -> String {
    format!("a site of this file; there is no {id}")
}

fn check_catalog(root: &Table<'_, '_>, catalog: &Catalog) {
    let rooms = root.tables("room", ENTRIES);
    for (table, room) in rooms.iter().zip(&catalog.rooms) {
        if !is_site(catalog, room.site) {
            table.wrong::<()>("site", no_site(room.site));
        }
    }
    let stock = root.tables("stock", ENTRIES);
    for (table, opening) in stock.iter().zip(&catalog.stock) {
        if !is_site(catalog, opening.item.site) {
            table.wrong::<()>("site", no_site(opening.item.site));
        }
    }
    let services = root.tables("service", ENTRIES);
    for (table, service) in services.iter().zip(&catalog.services) {
        if !catalog
            .rule_sets
            .iter()
            .any(|set| set.id == service.rule_set)
        {
            let expected = format!("a rule set of this file; there is no {}", service.rule_set);
            table.wrong::<()>("rule_set", expected);
        }
    }
    super::money::check(root, catalog);
    let therapists = root.tables("therapist", ENTRIES);
    for (table, therapist) in therapists.iter().zip(&catalog.therapists) {
        let unknown = therapist
            .sites
            .iter()
            .find(|&&site| !is_site(catalog, site));
        if let Some(&site) = unknown {
            table.wrong::<()>("sites", no_site(site));
        }
    }
}

fn check_travel(root: &Table<'_, '_>, catalog: &Catalog) {
    let Some(policy) = root.table("policy") else {
        return;
    };
    let gaps = catalog
        .policy
        .iter()
        .flat_map(|policy| &policy.travel_between);
    let tables = policy.tables("travel", limits::TRAVEL_PAIRS);
    for (table, gap) in tables.iter().zip(gaps) {
        for site in [gap.a, gap.b]
            .into_iter()
            .filter(|&site| !is_site(catalog, site))
        {
            table.wrong::<()>("between", no_site(site));
        }
    }
}

fn check_roster(table: &Table<'_, '_>, roster: &Roster, catalog: &Catalog) {
    let tables = table.tables("shift", ENTRIES);
    for (at, (table, pattern)) in tables.iter().zip(&roster.patterns).enumerate() {
        let mut therapists = catalog.therapists.iter();
        match therapists.find(|therapist| therapist.id == pattern.therapist) {
            None => {
                let expected = format!(
                    "a therapist of this file; there is no {}",
                    pattern.therapist
                );
                table.wrong::<()>("therapist", expected);
            }
            Some(therapist) if !therapist.sites.contains(&pattern.site) => {
                let expected = format!("one of the sites of therapist {}", pattern.therapist);
                table.wrong::<()>("site", expected);
            }
            Some(_) => {}
        }
        if let Some(earlier) = roster.patterns[..at]
            .iter()
            .position(|it| meet(it, pattern))
        {
            let expected = format!("other hours than in shift[{earlier}], on the days of both");
            table.wrong::<()>("hours", expected);
        }
    }
}

/// Whether two patterns want the same therapist at the same time.
fn meet(one: &Pattern, other: &Pattern) -> bool {
    let before = |end: Time, start: Time| end != Time::midnight() && end <= start;
    one.therapist == other.therapist
        && one.days.iter().any(|day| other.days.contains(day))
        && !before(one.hours.1, other.hours.0)
        && !before(other.hours.1, one.hours.0)
}
