//! The ledger on real SQLite files: one module per interface, plus what cuts across them.

mod access;
mod admin;
mod audit;
mod booth;
mod export;
mod faults;
mod intake;
mod migration;
mod queries;
mod races;
mod reading;
mod review;
mod schema;
mod walk;
