//! What every page knows of its visitor and of its surroundings, decided by the server before rendering starts.

use super::{ComponentSetup, Theme};

/// Who looks at a page.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Viewer {
    /// Nobody is signed in.
    #[default]
    SignedOut,
    /// This user is.
    SignedIn {
        /// `user_…`
        user_id: String,
    },
    /// Clerk's keys cannot be had, so nobody can be recognised.
    Unverifiable,
}

/// What a page is rendered with.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct PageContext {
    /// Who looks at it.
    pub viewer: Viewer,
    /// Whether the embedded Clerk serves this application.
    pub embedded_clerk: bool,
    /// What goes wrong with it on demand, in words; none while nothing does.
    pub fault: Option<String>,
    /// Whether the embedded gateway's routes can be looked at.
    pub gateway_routes: bool,
    /// Where browsers reach the application: scheme, host and port.
    pub origin: String,
    /// Where to sign in; returns to the account page.
    pub sign_in_url: String,
    /// Where to sign up; returns to the account page.
    pub sign_up_url: String,
    /// Clerk's own components; none where they are not to be had.
    pub components: Option<ComponentSetup>,
    /// Whether signing out has just failed on the way to this page.
    pub sign_out_failed: bool,
    /// Names this request in the log.
    pub request_id: String,
    /// The stylesheets' paths, in order.
    pub stylesheets: [String; 2],
    /// The font's path.
    pub font: String,
    /// Whether the page is light or dark.
    pub theme: Theme,
}
