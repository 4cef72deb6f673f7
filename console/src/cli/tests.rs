//! Tests of the command line as a whole; tests of one family stand beside it in this folder.

pub(super) mod fixture;
#[cfg(feature = "embedded")]
mod flows;
mod grammar;
mod texts;
