//! What a page needs to show Clerk's own components.

/// Where Clerk's scripts are, and what they are told.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ComponentSetup {
    /// `pk_…`
    pub publishable_key: String,
    /// Where browsers reach the Frontend API, if that is not the host that the key names.
    pub proxy_url: Option<String>,
    /// The address of `@clerk/clerk-js`.
    pub clerk_js_url: String,
    /// The address of `@clerk/ui`.
    pub ui_url: String,
    /// The options of `Clerk.load`, as JSON.
    pub options: String,
    /// Where people sign in with scripts off, if anywhere.
    pub sign_in_without_scripts: Option<String>,
    /// Where people sign up with scripts off, if anywhere.
    pub sign_up_without_scripts: Option<String>,
}
