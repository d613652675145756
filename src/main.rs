//! The program: reads its configuration, binds its address and runs until it is told to stop.

use std::process::ExitCode;

use gatehouse::server::{Config, StartError, bind, run, shutdown_signal, system_clock, telemetry};

/// Pages are many short-lived strings, freed on other threads than they were made on: glibc's allocator waits for its own
/// locks there, and keeps what password hashing needed once.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

#[tokio::main]
async fn main() -> ExitCode {
    match start().await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            telemetry::print_start_error(&error);
            ExitCode::FAILURE
        }
    }
}

async fn start() -> Result<(), StartError> {
    let config = Config::from_environment()?;
    telemetry::init(&config.log);
    let listener = bind(config.address).await?;
    run(listener, config, system_clock(), shutdown_signal()).await
}
