//! Rule sets as they were, as they are read.

use std::sync::Arc;

use super::Clinic;
use crate::id::RuleSetId;
use crate::model::RuleSetVersion;

impl Clinic {
    /// A version of a rule set, the present one included.
    pub fn rule_set_version(&self, id: RuleSetId, version: u32) -> Option<&Arc<RuleSetVersion>> {
        let stored = self.records.rule_set_versions.get(&(id, version));
        stored.map(|stored| &stored.record)
    }

    /// The versions of a rule set before one of them, the latest first.
    pub fn rule_set_versions(
        &self,
        id: RuleSetId,
        before: u32,
    ) -> impl Iterator<Item = &Arc<RuleSetVersion>> {
        let versions = self.records.rule_set_versions.range((id, 0)..(id, before));
        versions.rev().map(|(_, stored)| &stored.record)
    }
}
