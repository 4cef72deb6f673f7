//! What of a resource a caller may see.

use treadwell_clinic::command::Actor;
use treadwell_clinic::id::SiteId;
use treadwell_clinic::model::{Role, Sites};

/// How much somebody sees of what is there, apart from where.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Class {
    /// Initials and the floor; no client, no declaration, no appointment's note.
    Wallboard,
    /// Names, phones, outcomes of screening and open questions; no answers, reasons or review notes.
    Desk,
    /// What a watch shows to those who treat or manage: as the desk, and that there are declarations and notes on sessions, without
    /// what they say. What is read of a watch leaves no line in the audit trail.
    Watcher,
    /// Everything about clients, for those who treat or manage.
    Clinical,
}

/// How much somebody sees of the clinic's money.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Money {
    /// Nothing.
    Nothing,
    /// What things cost: prices and taxes.
    Prices,
    /// Who paid what, too: payments and receipts.
    Accounts,
}

/// What somebody may see: how much, and at which sites.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct View {
    /// How much.
    pub class: Class,
    /// Where.
    pub sites: Sites,
    /// Keys too, for those who give them out.
    pub keys: bool,
    /// How much of the clinic's money.
    pub money: Money,
}

impl View {
    /// Everything everywhere: what the server shows itself.
    pub const fn whole() -> Self {
        Self {
            class: Class::Clinical,
            sites: Sites::All,
            keys: true,
            money: Money::Accounts,
        }
    }

    /// What a role sees at some sites.
    pub const fn of(role: Role, sites: Sites) -> Self {
        let class = match role {
            Role::Owner | Role::Manager | Role::Therapist => Class::Clinical,
            Role::FrontDesk | Role::Integration => Class::Desk,
            Role::Wallboard => Class::Wallboard,
        };
        Self {
            class,
            sites,
            keys: matches!(role, Role::Owner | Role::Manager),
            money: match role {
                Role::Owner | Role::Manager | Role::FrontDesk => Money::Accounts,
                Role::Integration => Money::Prices,
                Role::Therapist | Role::Wallboard => Money::Nothing,
            },
        }
    }

    /// What an actor sees.
    pub fn of_actor(actor: &Actor) -> Self {
        Self::of(actor.role, actor.sites.clone())
    }

    /// Whether anything at a site is in sight.
    pub fn reaches(&self, site: SiteId) -> bool {
        self.sites.allow(site)
    }

    /// Whether health data is in sight: answers, reasons, review notes.
    pub fn health(&self) -> bool {
        self.class == Class::Clinical
    }

    /// Whether it is in sight that there is health data.
    pub fn health_records(&self) -> bool {
        self.class >= Class::Watcher
    }

    /// Whether everybody's training is in sight: for those who give keys out, because they run the clinic.
    pub const fn training(&self) -> bool {
        self.keys
    }

    /// Whether clients are in sight with name and phone.
    pub fn clients(&self) -> bool {
        self.class >= Class::Desk
    }
}
