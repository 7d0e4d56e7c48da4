//! STORE. The only code with SQL: plain functions over a connection.

pub mod prices;
