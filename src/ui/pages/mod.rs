//! The pages, one file each.

pub mod account_page;
pub mod clerk_page;
pub mod endpoints_page;
pub mod gateway_routes_page;
pub mod home_page;
pub mod lab_page;
pub mod not_found_page;
