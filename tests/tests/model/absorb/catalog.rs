//! What an accepted change of the catalog does to the oracle.

use treadwell_clinic::model::{Room, RuleSet};

use super::Absorb;

impl Absorb<'_> {
    pub(super) fn put_room(&mut self, room: &Room) {
        let mut room = room.clone();
        room.inspection = self.oracle.rooms[&room.id].inspection;
        self.oracle.rooms.insert(room.id, room);
    }

    pub(super) fn put_rules(&mut self, new: &RuleSet) {
        let known = self
            .oracle
            .rule_sets
            .get_mut(&new.id.to_string())
            .expect("the world has it");
        if known.rules != new.rules {
            known.rules.clone_from(&new.rules);
            known.version += 1;
        }
    }
}
