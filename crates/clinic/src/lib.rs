//! clinic

pub mod cells;
pub mod time;
