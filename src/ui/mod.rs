//! All that renders. Pages are rendered on the server; only `islands` run in the browser.
//!
//! Nothing here may know of servers, tokens or Clerk: pages get a [`crate::model::PageContext`] and call [`crate::rpc`].

mod components;
mod islands;
mod pages;
pub mod routes;
mod shell;

pub use pages::cut_sources;
pub use shell::{not_found_shell, shell};
