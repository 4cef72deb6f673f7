pub(super) mod fixture;
mod grammar;
mod texts;
