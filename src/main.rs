//! The program: reads its configuration, binds its address and runs until it is told to stop, unless its arguments ask for
//! something else.

use std::process::ExitCode;

use gatehouse::server::{
    Command, Config, GatewayConfig, StartError, bind, print_env, run, run_command, run_gateway, run_instance_command,
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
    match Command::parse(std::env::args().skip(1))? {
        Command::Serve => serve(Config::from_environment()?).await,
        Command::Gateway(directory, address) => {
            serve_gateway(GatewayConfig::from_environment(directory, address)?).await
        }
        Command::Instance(command) => run_instance_command(command, &Config::from_environment()?).await,
        Command::Env(sdk) => print_env(sdk, &Config::from_environment()?),
        Command::Project(command, directory) => {
            let config = Config::from_environment()?;
            run_command(&command, directory.as_ref().unwrap_or(&config.config_dir), &config)
        }
    }
}

async fn serve(config: Config) -> Result<ExitCode, StartError> {
    telemetry::init(&config.log, config.traces.as_ref())?;
    let listener = bind(config.address).await?;
    let ended = run(listener, config, system_clock(), shutdown_signal()).await;
    telemetry::end().await;
    ended.map(|()| ExitCode::SUCCESS)
}

async fn serve_gateway(config: GatewayConfig) -> Result<ExitCode, StartError> {
    telemetry::init(&config.log, config.traces.as_ref())?;
    let listener = bind(config.address).await?;
    let ended = run_gateway(listener, config, system_clock(), shutdown_signal()).await;
    telemetry::end().await;
    ended.map(|()| ExitCode::SUCCESS)
}
