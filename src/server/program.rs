//! The whole program, for whoever compiles it with gateway modules of their own: `main` of this project's binary is a call
//! of [`main`] with none.

use std::process::ExitCode;

use super::{
    Command, Config, GatewayConfig, StartError, bind, bind_for, check_project, print_env, run, run_gateway,
    run_instance_command, run_keys_command, shutdown_signal, system_clock, telemetry,
};
use crate::gateway::Registry;

/// Does what the process's arguments and environment ask for. Gateway projects may name what is in `registry`, whether the
/// application serves them, `gatehouse gateway` does, or `gatehouse check` looks at them.
pub async fn main(registry: Registry) -> ExitCode {
    match start(registry).await {
        Ok(code) => code,
        Err(error) => {
            telemetry::print_start_error(&error);
            ExitCode::FAILURE
        }
    }
}

async fn start(registry: Registry) -> Result<ExitCode, StartError> {
    match Command::parse(std::env::args().skip(1))? {
        Command::Serve => serve(Config::from_environment()?, registry).await,
        Command::Gateway(directory, address) => {
            serve_gateway(GatewayConfig::from_environment(directory, address)?, registry).await
        }
        Command::Check(directory) => check_project(&GatewayConfig::from_environment(directory, None)?, registry),
        Command::Keys(command, directory) => run_keys_command(&command, directory),
        Command::Instance(command) => run_instance_command(command, &Config::from_environment()?).await,
        Command::Env(sdk) => print_env(sdk, &Config::from_environment()?),
    }
}

async fn serve(config: Config, registry: Registry) -> Result<ExitCode, StartError> {
    telemetry::init(&config.log, config.traces.as_ref())?;
    let listener = bind(config.address).await?;
    let ended = run(listener, config, registry, system_clock(), shutdown_signal()).await;
    telemetry::end().await;
    ended.map(|()| ExitCode::SUCCESS)
}

async fn serve_gateway(config: GatewayConfig, registry: Registry) -> Result<ExitCode, StartError> {
    telemetry::init(&config.log, config.traces.as_ref())?;
    let listener = bind_for(config.address, "--listen").await?;
    let ended = run_gateway(listener, config, registry, system_clock(), shutdown_signal()).await;
    telemetry::end().await;
    ended.map(|()| ExitCode::SUCCESS)
}
