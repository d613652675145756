//! What a person sees who started the program: the address, and whom they can sign in as.

use std::{
    io::{self, Write},
    net::SocketAddr,
};

use secrecy::ExposeSecret;

use super::{Services, services::CLERK_PATH};

/// Prints the message to standard output; the log has the same facts for machines.
pub fn print(services: &Services, address: SocketAddr) {
    let origin = services.public_url.origin().ascii_serialization();
    tracing::info!(%address, url = origin, issuer = services.issuer, embedded_clerk = services.instance.is_some(), "listening");
    let mut text = format!("\nGatehouse is listening on {origin}\n");
    if let Some(instance) = &services.instance {
        tracing::warn!("the embedded Clerk is in use: accounts live on this machine only; not for production");
        text += &format!(
            "\nEmbedded Clerk: accounts live on this machine only. Not for production.\n\
             Sign in at {origin}{CLERK_PATH}/sign-in with an address and its password:\n"
        );
        for person in instance.people() {
            text += &format!("  {:<22} {:<16} {}\n", person.email, person.password.expose_secret(), person.about);
        }
    }
    // Whoever closed standard output does not want to read this.
    let _nobody_reads = writeln!(io::stdout(), "{text}").and_then(|()| io::stdout().flush());
}
