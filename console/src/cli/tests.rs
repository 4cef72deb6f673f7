//! Tests of the command line as a whole; tests of one family stand beside it in this folder.

#[cfg(feature = "embedded")]
mod demo;
#[cfg(feature = "embedded")]
mod exchange;
pub(super) mod fixture;
#[cfg(feature = "embedded")]
mod flows;
mod grammar;
#[cfg(feature = "embedded")]
mod money;
#[cfg(feature = "embedded")]
mod notes;
#[cfg(feature = "embedded")]
mod record;
#[cfg(feature = "embedded")]
mod refusals;
#[cfg(feature = "embedded")]
mod repair;
#[cfg(feature = "embedded")]
mod reports;
#[cfg(feature = "embedded")]
mod roster;
#[cfg(feature = "embedded")]
mod rules;
#[cfg(feature = "embedded")]
mod series;
mod texts;
#[cfg(feature = "embedded")]
mod training;
#[cfg(feature = "embedded")]
mod upkeep;
#[cfg(feature = "embedded")]
mod waitlist;
