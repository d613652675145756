//! The program: reads its configuration, binds its address and runs until it is told to stop, unless its arguments ask for
//! something else.

use std::process::ExitCode;

use gatehouse::server::{
    Command, Config, GatewayConfig, StartError, bind, run, run_command, run_gateway, run_instance_command,
    shutdown_signal, system_clock, telemetry,
};

/// Pages are many short-lived strings, freed on other threads than they were made on: glibc's allocator waits for its own
/// locks there, and keeps what password hashing needed once.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

#[tokio::main]
async fn main() -> ExitCode {
    match start().await {
        Ok(code) => code,
        Err(error) => {
            telemetry::print_start_error(&error);
            ExitCode::FAILURE
        }
    }
}

async fn start() -> Result<ExitCode, StartError> {
    let command = Command::parse(std::env::args().skip(1))?;
    if let Command::Gateway(directory, address) = command {
        let config = GatewayConfig::from_environment(directory, address)?;
        telemetry::init(&config.log, config.traces.as_ref())?;
        let listener = bind(config.address).await?;
        let ended = run_gateway(listener, config, system_clock(), shutdown_signal()).await;
        telemetry::end().await;
        return ended.map(|()| ExitCode::SUCCESS);
    }
    let config = Config::from_environment()?;
    match command {
        Command::Serve => {}
        Command::Instance(command) => return run_instance_command(command, &config).await,
        Command::Project(command, directory) => {
            return run_command(&command, directory.as_ref().unwrap_or(&config.config_dir), &config);
        }
    }
    telemetry::init(&config.log, config.traces.as_ref())?;
    let listener = bind(config.address).await?;
    let ended = run(listener, config, system_clock(), shutdown_signal()).await;
    telemetry::end().await;
    ended?;
    Ok(ExitCode::SUCCESS)
}
