//! The catalog's names: ids to what people read, and what people type to ids. Pure.

use jiff::{Timestamp, Zoned, tz::TimeZone};
use treadwell_client::v1;

use super::failure::Failure;
use crate::tui::time;

/// The catalog, the therapists and the clinic's now, as of one moment.
#[derive(Debug, Default)]
pub(crate) struct Names {
    pub(crate) catalog: v1::GetCatalogResponse,
    pub(crate) therapists: Vec<v1::Therapist>,
    pub(crate) now: Timestamp,
}

impl Names {
    /// A site's name; its id if it is not known.
    pub(crate) fn site(&self, id: &str) -> String {
        let site = self.catalog.sites.iter().find(|site| site.id == id);
        site.map_or(id, |site| site.name.as_str()).to_owned()
    }

    /// A room's name.
    pub(crate) fn room(&self, id: &str) -> String {
        let room = self.catalog.rooms.iter().find(|room| room.id == id);
        room.map_or(id, |room| room.name.as_str()).to_owned()
    }

    /// A service's name.
    pub(crate) fn service(&self, id: &str) -> String {
        let service = self
            .catalog
            .services
            .iter()
            .find(|service| service.id == id);
        service
            .map_or(id, |service| service.name.as_str())
            .to_owned()
    }

    /// A therapist's short name.
    pub(crate) fn therapist(&self, id: &str) -> String {
        let therapist = self.therapists.iter().find(|therapist| therapist.id == id);
        therapist
            .map_or(id, |therapist| therapist.short_name.as_str())
            .to_owned()
    }

    /// The site of a room; empty for a room that is not known.
    pub(crate) fn site_of(&self, room_id: &str) -> String {
        let room = self.catalog.rooms.iter().find(|room| room.id == room_id);
        room.map(|room| room.site_id.clone()).unwrap_or_default()
    }

    /// A site's zone; UTC for a site that is not known.
    pub(crate) fn zone_of(&self, site_id: &str) -> TimeZone {
        let site = self.catalog.sites.iter().find(|site| site.id == site_id);
        site.map_or(TimeZone::UTC, |site| time::zone(&site.time_zone))
    }

    /// The clinic's now at a site. Without one, at any, if all sites are in one zone.
    pub(crate) fn now_at(&self, site_id: Option<&str>) -> Result<Zoned, Failure> {
        let zone = match site_id {
            Some(id) => self.zone_of(id),
            None => self.only_zone()?,
        };
        Ok(self.now.to_zoned(zone))
    }

    /// The zone of all sites.
    pub(crate) fn only_zone(&self) -> Result<TimeZone, Failure> {
        let mut names = self
            .catalog
            .sites
            .iter()
            .map(|site| site.time_zone.as_str());
        let first = names.next().unwrap_or("UTC");
        if names.all(|name| name == first) {
            Ok(time::zone(first))
        } else {
            Err(Failure::usage(
                "the sites are in different time zones; name one with --site",
            ))
        }
    }

    /// The id of a site that was named.
    pub(crate) fn find_site(&self, text: &str) -> Result<String, Failure> {
        let all = self
            .catalog
            .sites
            .iter()
            .map(|site| (site.id.as_str(), site.name.as_str()));
        find("site", text, all)
    }

    /// The id of a room that was named.
    pub(crate) fn find_room(&self, text: &str) -> Result<String, Failure> {
        let all = self.catalog.rooms.iter().filter(|room| !room.retired);
        find(
            "room",
            text,
            all.map(|room| (room.id.as_str(), room.name.as_str())),
        )
    }

    /// The id of a service that was named.
    pub(crate) fn find_service(&self, text: &str) -> Result<String, Failure> {
        let all = self
            .catalog
            .services
            .iter()
            .filter(|service| !service.retired);
        find(
            "service",
            text,
            all.map(|service| (service.id.as_str(), service.name.as_str())),
        )
    }

    /// The id of a rule set that was named.
    pub(crate) fn find_rule_set(&self, text: &str) -> Result<String, Failure> {
        let all = self.catalog.rule_sets.iter();
        find(
            "rule set",
            text,
            all.map(|set| (set.id.as_str(), set.name.as_str())),
        )
    }

    /// The id of a therapist who was named.
    pub(crate) fn find_therapist(&self, text: &str) -> Result<String, Failure> {
        let all = self
            .therapists
            .iter()
            .filter(|therapist| !therapist.retired);
        find(
            "therapist",
            text,
            all.map(|therapist| (therapist.id.as_str(), therapist.name.as_str())),
        )
    }

    /// The id of an extension of a service.
    pub(crate) fn find_extension(&self, service_id: &str, text: &str) -> Result<String, Failure> {
        let service = self
            .catalog
            .services
            .iter()
            .find(|service| service.id == service_id);
        let all = service.into_iter().flat_map(|service| &service.extensions);
        find(
            "extension",
            text,
            all.map(|extension| (extension.id.as_str(), extension.name.as_str())),
        )
    }
}

/// The one whose id or name it is, or, failing that, the only one whose id or name has it in it.
fn find<'a>(
    what: &str,
    text: &str,
    all: impl Iterator<Item = (&'a str, &'a str)>,
) -> Result<String, Failure> {
    let wanted = text.trim().to_lowercase();
    let all: Vec<_> = all.collect();
    let exact = all
        .iter()
        .find(|(id, name)| id.to_lowercase() == wanted || name.to_lowercase() == wanted);
    if let Some((id, _)) = exact {
        return Ok((*id).to_owned());
    }
    let near: Vec<_> = all
        .iter()
        .filter(|(id, name)| {
            !wanted.is_empty()
                && (id.to_lowercase().contains(&wanted) || name.to_lowercase().contains(&wanted))
        })
        .collect();
    let list = |some: &[&(&str, &str)]| {
        let words: Vec<String> = some
            .iter()
            .map(|(id, name)| format!("{id} ({name})"))
            .collect();
        words.join(", ")
    };
    match near.as_slice() {
        [(id, _)] => Ok((*id).to_owned()),
        [] => {
            let all: Vec<_> = all.iter().collect();
            let failure = Failure::usage(format!("there is no {what} {text:?}"));
            Err(if all.is_empty() {
                failure
            } else {
                failure.advise(format!("There are: {}.", list(&all)))
            })
        }
        several => Err(Failure::usage(format!(
            "{text:?} may be more than one {what}: {}",
            list(several)
        ))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ROOMS: [(&str, &str); 4] = [
        ("h1", "H1"),
        ("h11", "H11"),
        ("d1", "Blue room"),
        ("d2", "Green room"),
    ];

    fn room(text: &str) -> Result<String, String> {
        find("room", text, ROOMS.into_iter()).map_err(|failure| failure.text(None))
    }

    #[test]
    fn ids_and_names_are_found_without_regard_to_case() {
        for (text, id) in [
            ("h1", "h1"),
            ("H1", "h1"),
            (" H11 ", "h11"),
            ("blue room", "d1"),
            ("blue", "d1"),
            ("Gre", "d2"),
        ] {
            assert_eq!(room(text).as_deref(), Ok(id), "{text:?}");
        }
    }

    #[test]
    fn what_is_not_there_or_not_clear_lists_what_is() {
        assert_eq!(
            room("x9").expect_err("none"),
            "treadwell: there is no room \"x9\"\nThere are: h1 (H1), h11 (H11), d1 (Blue room), d2 (Green room).\n"
        );
        assert_eq!(
            room("room").expect_err("two"),
            "treadwell: \"room\" may be more than one room: d1 (Blue room), d2 (Green room)\n"
        );
        assert!(room("").is_err());
    }

    #[test]
    fn several_zones_need_a_site() {
        let site = |id: &str, zone: &str| v1::Site {
            id: id.to_owned(),
            time_zone: zone.to_owned(),
            ..v1::Site::default()
        };
        let mut names = Names::default();
        names.catalog.sites = vec![
            site("halifax", "America/Halifax"),
            site("dartmouth", "America/Halifax"),
        ];
        assert_eq!(
            names
                .now_at(None)
                .expect("one zone")
                .time_zone()
                .iana_name(),
            Some("America/Halifax")
        );
        names.catalog.sites.push(site("toronto", "America/Toronto"));
        assert!(names.now_at(None).is_err());
        assert_eq!(
            names
                .now_at(Some("toronto"))
                .expect("named")
                .time_zone()
                .iana_name(),
            Some("America/Toronto")
        );
    }
}
