//! What every Daybook service needs first: telemetry, database connections with bounds on every wait, the gRPC server's
//! frame (health, reflection, limits, graceful stop), errors with typed details, and files that are there whole or not at all.

pub mod accept;
pub mod deadline;
pub mod dependency;
pub mod file;
pub mod health;
pub mod ids;
pub mod metrics;
pub mod pem;
pub mod postgres;
pub mod repeats;
pub mod server;
pub mod setup;
pub mod shutdown;
pub mod status;
pub mod telemetry;
pub mod trouble;

mod calls;
