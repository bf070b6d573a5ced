//! The command line against real services: `daybook dev` runs them, `daybook` talks to them, as a person would.

mod bank;
mod demo;
mod dev;
mod errors;
mod import;
mod runner;
