//! The log: to standard error, as text or as JSON lines.

use std::io::{self, IsTerminal, Write};

use tracing_subscriber::{EnvFilter, fmt, layer::SubscriberExt, util::SubscriberInitExt};

use super::{StartError, config::LogConfig};

/// Starts logging. A second call, as tests make, changes nothing.
pub fn init(config: &LogConfig) {
    let filter = EnvFilter::new(&config.filter);
    let registry = tracing_subscriber::registry().with(filter);
    let _already_started = if config.json {
        registry.with(fmt::layer().json().flatten_event(true).with_writer(io::stderr)).try_init()
    } else {
        let colours = io::stderr().is_terminal();
        registry.with(fmt::layer().with_target(false).with_ansi(colours).with_writer(io::stderr)).try_init()
    };
}

/// Says why the program did not start. There may be no log yet.
pub fn print_start_error(error: &StartError) {
    let _nobody_reads = writeln!(io::stderr(), "gatehouse cannot start: {error}");
}
