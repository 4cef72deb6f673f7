//! Whoever is told of somebody's health has left a line in the audit trail.

use anyhow::Result;
use treadwell_api::v1::Role;

use super::{Canary, RULES, holds, questions};
use crate::clinic::Clinic;

/// How many reads of health data are in the audit trail.
pub(super) fn audited(clinic: &Clinic, client: &str) -> Result<usize> {
    let log = std::fs::read_to_string(clinic.folder.log())?;
    let lines = log.lines().filter(|line| line.contains("audit"));
    Ok(lines.filter(|line| line.contains(client)).count())
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_is_told_of_health_has_left_a_line_also_by_a_change() -> Result<()> {
    let clinic = Clinic::open().await?;
    let canary = Canary::make(&clinic).await?;
    let needles = canary.health();
    let mut changes = 0;
    for role in [Role::Therapist, Role::Manager, Role::Owner] {
        let wire = clinic.of(role);
        for (method, body) in questions(&canary, role) {
            if RULES.contains(&method.as_str()) {
                continue;
            }
            let before = audited(&clinic, &canary.client)?;
            let Ok(answer) = wire.bytes(&method, body).await else {
                continue;
            };
            let told = needles.iter().find(|needle| holds(&answer, needle));
            let told = told.map(|needle| String::from_utf8_lossy(needle));
            let left = audited(&clinic, &canary.client)? > before;
            assert!(left || told.is_none(), "{role:?} {method}: {told:?}");
            let reads = ["/Get", "/List", "/Screen", "/Search", "/Explain", "/Export"];
            let is_read = reads.iter().any(|verb| method.contains(verb));
            changes += usize::from(told.is_some() && !is_read);
        }
    }
    assert!(changes >= 3, "{changes} changes told of health");
    clinic.is_sound().await
}
