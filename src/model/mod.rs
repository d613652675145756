//! Types that server and browser share. Plain data: no token, no secret, nothing that must stay on the server.

mod account;
mod page_context;
mod sign_out;

pub use account::{Account, AccountError};
pub use page_context::{PageContext, Viewer};
pub use sign_out::SignOutError;
