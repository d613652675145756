//! The program: reads its configuration, binds its address and runs until it is told to stop, unless its arguments ask for
//! something else. No gateway modules but those that are built in.

use std::process::ExitCode;

use gatehouse::{gateway::Registry, server};

/// Pages are many short-lived strings, freed on other threads than they were made on: glibc's allocator waits for its own
/// locks there, and keeps what password hashing needed once.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

#[tokio::main]
async fn main() -> ExitCode {
    server::main(Registry::default()).await
}
