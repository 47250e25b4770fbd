//! The ledger on a real database: one module per interface, plus what cuts across them. On SQLite files, and on PostgreSQL with
//! `TOLLBOOTH_TEST_LEDGER=postgres`.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "all of this is test code; clippy.toml exempts only functions marked as tests"
)]

mod access;
mod acknowledge;
mod admin;
mod adopt;
mod alert_rules;
mod alerts;
mod audit;
mod blind;
mod booth;
mod copies;
mod correct;
mod crossing;
mod desk;
mod destinations;
mod earlier;
mod every_call;
mod export;
mod failed_readings;
mod faults;
mod faults_of_staff;
mod inspection;
mod intake;
mod learning;
mod log;
mod lookalike;
mod meetings;
mod messages;
mod migration;
mod moving;
mod person;
mod plate_type;
mod polled;
mod postgres;
mod quality;
mod queries;
mod races;
mod reading;
mod recognizers;
mod refusals;
mod review;
mod rights;
mod round_trips;
mod schema;
mod session;
mod site;
mod sought;
mod steps;
mod stuck_camera;
mod telemetry;
mod trace;
mod turns;
mod walk;
