//! The API as a client meets it: a server in this process, real sockets, the demo's story as data.

#![allow(
    clippy::unwrap_used,
    clippy::too_many_lines,
    clippy::unnecessary_wraps,
    reason = "a test fails by panicking, and tells a story from its beginning to its end"
)]

mod api {
    mod access;
    mod audit;
    mod backup;
    mod book;
    mod catalog;
    mod client;
    mod client_record;
    mod decisions;
    mod etag;
    mod exchange;
    mod floor;
    mod input;
    mod list;
    mod moves;
    mod older_folder;
    mod privacy;
    mod receipt;
    mod repair;
    mod report;
    mod ring_copy;
    mod roster;
    mod screening;
    mod series;
    mod session_records;
    mod stock;
    mod support;
    mod training;
    mod undo;
    mod waitlist;
}
