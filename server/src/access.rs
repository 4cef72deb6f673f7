//! Who calls, whether they may, and how much they see.
//!
//! A [`Guard`] stands before every service: it finds the key that calls, asks the access [`table`]
//! whether the key's role may call the method, and hands a [`Caller`] to the service. What no line of
//! the table grants is denied. Where somebody may act is judged by the clinic itself; what they see
//! of what is there is their [`View`]. Failed attempts are slowed down by the [`Porter`].

mod attempts;
mod guard;
mod health;
mod keys;
mod lockouts;
mod noted;
mod passphrase;
mod porter;
mod sessions;
pub mod table;
mod view;

pub use attempts::{AtWork, Origin, TooMany};
pub use guard::{Caller, Guard, Guarded, caller};
pub use health::HealthRead;
pub use keys::Secret;
pub use noted::Noted;
pub use passphrase::Busy;
pub use porter::{Denied, Entrance, Failure, Porter, SignedIn};
pub use sessions::{IDLE, LONGEST, Pass, Session};
pub use view::{Class, Money, View};

#[cfg(test)]
mod tests;
