//! Files that go out to other products and come in from them: sheets of rows under a head. Pure.
//!
//! `sheet` reads and writes the two forms (CSV by RFC 4180, JSON), `columns` knows what other products call a column. What
//! the cells mean, and whether it may be, is the server's to judge.

pub(crate) mod columns;
pub(crate) mod sheet;

pub(crate) use columns::Columns;
pub(crate) use sheet::{Form, Row, Sheet};
