//! A disk in memory that fails and loses power, for tests.
