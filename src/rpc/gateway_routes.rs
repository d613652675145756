//! The routes of the embedded gateway, for whoever works on its project.

use leptos::prelude::*;

use crate::model::{GatewayRoutes, GatewayRoutesError};

/// What the embedded gateway serves, without secrets.
///
/// # Errors
/// When nobody is signed in, or there is nothing to show here.
#[server(prefix = "/rpc", endpoint = "gateway_routes")]
pub async fn list_gateway_routes() -> Result<GatewayRoutes, GatewayRoutesError> {
    use crate::server::request::{current_user, embedded_gateway_routes, set_status_code};

    let routes = match current_user() {
        Ok(_anybody) => embedded_gateway_routes(),
        Err(error) => Err(error.into()),
    };
    routes.inspect_err(|error| set_status_code(error.status()))
}
