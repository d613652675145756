//! Types that server and browser share. Plain data: no token, no secret, nothing that must stay on the server.

mod account;
mod component_setup;
mod gateway_routes;
mod journey;
mod lab;
mod page_context;
mod sign_out;
mod theme;

pub use account::{Account, AccountError, Person};
pub use component_setup::ComponentSetup;
pub use gateway_routes::{GatewayRoute, GatewayRoutes, GatewayRoutesError, GatewayStep, RefusedChange};
pub use journey::{GatewayCall, GatewayView, Journey, JourneyStep, Token, Verdict};
pub use lab::{Exchange, Experiment, Finding, LabError};
pub use page_context::{PageContext, Viewer};
pub use sign_out::SignOutError;
pub use theme::Theme;
