//! The server functions: one per file, without logic of their own. Each authorises in its body, because middleware is
//! skipped while a page renders.

mod account_data;
mod error;
mod gateway_routes;
mod lab_finding;
mod sign_out;

pub use account_data::account_data;
pub use gateway_routes::list_gateway_routes;
pub use lab_finding::lab_finding;
pub use sign_out::{SignOut, sign_out};
