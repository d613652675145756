//! The pages, one file each.

pub mod account_page;
pub mod clerk_page;
pub mod endpoints_page;
pub mod gateway_routes_page;
pub mod home_page;
pub mod lab_page;
pub mod not_found_page;

/// Cuts the sources that pages show, so that no visitor waits for it.
pub fn cut_sources() {
    account_page::cut_sources();
    endpoints_page::cut_sources();
    lab_page::cut_sources();
}
