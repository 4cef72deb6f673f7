use super::*;

mod agreement;
mod oracle;
mod search;
mod world;
