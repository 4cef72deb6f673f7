//! The ids that the benchmark gives to the workload's sites, rooms and therapists. They are padded, so that their order as
//! text is the order of the workload's numbers.

use treadwell_tests::workload::PER_SITE;

/// Site, from 1.
pub(crate) fn site(site: u32) -> String {
    format!("s{site:03}")
}

/// Room with an index of its site.
pub(crate) fn room(site: u32, index: u32) -> String {
    format!("r{:04}", number(site, index))
}

/// Therapist with an index of their site.
pub(crate) fn therapist(site: u32, index: u32) -> String {
    format!("t{:04}", number(site, index))
}

fn number(site: u32, index: u32) -> u32 {
    (site - 1) * PER_SITE + index + 1
}

/// Barefoot work of 60 minutes, which needs bars and a certificate.
pub(crate) const ASHIATSU: &str = "work-ashiatsu";
/// Hands-on work of 60 minutes, which needs a table.
pub(crate) const MASSAGE: &str = "work-massage";
/// The certificate.
pub(crate) const CREDENTIAL: &str = "ashiatsu";
