//! Gatehouse with gateway modules of one's own: this is the whole program.

use std::process::ExitCode;

use gatehouse::gateway::{Answer, Body, Context, Problem, Registry, Request, Response, Verdict};

fn greet(_request: Request, context: &mut Context) -> Answer<'_> {
    Box::pin(async { Ok(Response::new(Body::from(format!("Hello {}", context.path)))) })
}

fn from_the_office(request: Request, _context: &mut Context) -> Verdict<'_> {
    Box::pin(async move {
        if request.headers().contains_key("x-office") {
            return Ok(request);
        }
        Err(Problem::forbidden("elsewhere", "This is for the office only.").into())
    })
}

/// What the project files call `./modules/…`.
pub fn modules() -> Registry {
    let registry = Registry::default().handler("./modules/greet", "default", |options| options.none().map(|()| greet));
    registry.inbound_policy("./modules/office", "default", |options| options.none().map(|()| from_the_office))
}

#[tokio::main]
async fn main() -> ExitCode {
    gatehouse::server::main(modules()).await
}
