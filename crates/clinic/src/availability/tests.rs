use super::*;

mod agreement;
mod oracle;
mod world;
