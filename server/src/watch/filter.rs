//! What of the events one watch is given.

use std::borrow::Cow;
use std::collections::BTreeSet;

use treadwell_api::v1;
use treadwell_clinic::Clinic;
use treadwell_clinic::id::SiteId;
use treadwell_clinic::model::Sites;

use super::event::Event;
use crate::access::{Class, Money, View};

/// How many classes of view there are: see [`ViewClass`].
pub(crate) const CLASSES: usize = 5;

/// The part of a view that decides how a record looks, apart from where.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct ViewClass {
    class: Class,
    keys: bool,
    money: Money,
}

impl ViewClass {
    /// The class of a view. Nobody's health data is told: it is read by calls that note it in the audit trail.
    pub(crate) const fn of(view: &View) -> Self {
        Self {
            class: match view.class {
                Class::Clinical => Class::Watcher,
                class => class,
            },
            keys: view.keys,
            money: view.money,
        }
    }

    /// The class's place among all classes. Only those who see everything see keys, and they see all
    /// of the money.
    pub(crate) const fn index(self) -> usize {
        match (self.class, self.keys, self.money) {
            (Class::Wallboard, ..) => 0,
            (Class::Desk, _, Money::Nothing | Money::Prices) => 1,
            (Class::Desk, _, Money::Accounts) => 2,
            (Class::Watcher | Class::Clinical, false, _) => 3,
            (Class::Watcher | Class::Clinical, true, _) => 4,
        }
    }

    /// The class, at every site.
    pub(crate) const fn everywhere(self) -> View {
        self.at(Sites::All)
    }

    /// The class, at some sites.
    const fn at(self, sites: Sites) -> View {
        View {
            class: self.class,
            sites,
            keys: self.keys,
            money: self.money,
        }
    }
}

/// What one watch is given: how it looks, from which sites, of which kinds.
#[derive(Clone, Debug)]
pub(crate) struct Filter {
    /// How it looks.
    pub(crate) class: ViewClass,
    /// How it looks to somebody who reaches the sites that the watch's key does.
    view: View,
    /// From which sites; what belongs to no site is always given.
    sites: Sites,
    /// Of which kinds; none means all.
    kinds: Vec<v1::ResourceKind>,
}

impl Filter {
    /// What `view` sees, of these sites and kinds if any are named.
    pub(crate) fn new(view: &View, sites: &[SiteId], kinds: Vec<v1::ResourceKind>) -> Self {
        let sites = if sites.is_empty() {
            view.sites.clone()
        } else {
            let reached = sites.iter().copied().filter(|&site| view.reaches(site));
            Sites::Only(reached.collect::<BTreeSet<_>>())
        };
        let class = ViewClass::of(view);
        Self {
            class,
            view: class.at(view.sites.clone()),
            sites,
            kinds,
        }
    }

    /// The event's bytes as this watch is given it: the resource, its tombstone when it has left the
    /// watch's sight, or nothing. What is not encoded for all of a class alike is shown as it is in `clinic`.
    pub(crate) fn pick<'e>(&self, event: &'e Event, clinic: &Clinic) -> Option<Cow<'e, [u8]>> {
        if !self.kinds.is_empty() && !self.kinds.contains(&event.kind) {
            return None;
        }
        match &event.after {
            Some(shown) if self.sites.see(&shown.sites) => shown.to(&self.view, clinic),
            _ if event
                .before
                .as_ref()
                .is_some_and(|sites| self.sites.see(sites)) =>
            {
                Some(Cow::Borrowed(&event.gone))
            }
            _ => None,
        }
    }
}
