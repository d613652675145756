//! What a person sees who started the program: the address, and whom they can sign in as.

use std::{
    io::{self, Write},
    net::SocketAddr,
};

use super::{Services, services::CLERK_PATH};
use crate::instance::{SEED_PASSWORD, SEED_USERS};

/// Prints the message to standard output; the log has the same facts for machines.
pub fn print(services: &Services, address: SocketAddr) {
    let origin = services.public_url.origin().ascii_serialization();
    tracing::info!(%address, url = origin, issuer = services.issuer, embedded_clerk = services.instance.is_some(), "listening");
    let mut text = format!("\nGatehouse is listening on {origin}\n");
    if services.instance.is_some() {
        tracing::warn!("the embedded Clerk is in use: accounts live on this machine only; not for production");
        text += &format!(
            "\nEmbedded Clerk: accounts live on this machine only. Not for production.\n\
             Sign in at {origin}{CLERK_PATH}/sign-in, password {SEED_PASSWORD}:\n"
        );
        for user in SEED_USERS {
            text += &format!("  {:<22}{}\n", user.email, user.role);
        }
    }
    // Whoever closed standard output does not want to read this.
    let _nobody_reads = writeln!(io::stdout(), "{text}").and_then(|()| io::stdout().flush());
}
