use super::*;

mod agreement;
mod nearest;
mod oracle;
mod search;
mod world;
