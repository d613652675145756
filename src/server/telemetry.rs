//! The log: to standard error, as text or as JSON lines. And traces, where somebody collects them.

use std::io::{self, IsTerminal, Write};

use tracing_subscriber::{EnvFilter, Layer, Registry, fmt, layer::SubscriberExt, util::SubscriberInitExt};

pub use super::traces::end;
use super::{
    StartError,
    config::{LogConfig, TraceExport},
    traces,
};

/// Starts logging, and sending traces. A second call, as tests make, changes nothing.
///
/// # Errors
/// When traces are wanted and cannot be sent.
pub fn init(log: &LogConfig, export: Option<&TraceExport>) -> Result<(), StartError> {
    let mut layers = vec![log_layer(log)];
    if let Some(export) = export {
        layers.push(traces::layer(export)?);
    }
    let _already_started = tracing_subscriber::registry().with(layers).try_init();
    Ok(())
}

fn log_layer(config: &LogConfig) -> Box<dyn Layer<Registry> + Send + Sync> {
    let filter = EnvFilter::new(&config.filter);
    if config.json {
        return fmt::layer().json().flatten_event(true).with_writer(io::stderr).with_filter(filter).boxed();
    }
    let colours = io::stderr().is_terminal();
    fmt::layer().with_target(false).with_ansi(colours).with_writer(io::stderr).with_filter(filter).boxed()
}

/// Says why the program did not start. There may be no log yet.
pub fn print_start_error(error: &StartError) {
    let _nobody_reads = writeln!(io::stderr(), "gatehouse cannot start: {error}");
}
