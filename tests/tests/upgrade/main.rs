//! What an earlier release left is read by this one: its store, record for record, and its API by a client that was frozen with
//! it; and what its server answered, by today's client. And the history goes on where it is compacted.

mod answers;
mod backup;
mod client;
mod frozen_api;
mod history;
mod store;
