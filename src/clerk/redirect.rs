//! Where people sign in and up, and how a request is sent there (`@clerk/backend`, `createRedirect.ts`).

use std::time::Duration;

use http::{HeaderMap, HeaderValue, header, request::Parts};
use url::Url;

use super::{
    Auth, Clerk, accounts_portal,
    constants::{DEV_BROWSER, REDIRECT_TO_HEADER, REDIRECT_URL, SYNCED},
    context::{AuthenticateContext, public_url},
    handshake::clean_url,
    query::set,
};

impl Clerk {
    /// The page where people sign in, told to return to `return_to`; none if the publishable key's host can have none.
    /// For links: it names no browser.
    #[must_use]
    pub fn sign_in_url(&self, return_to: &Url) -> Option<Url> {
        self.sign_in_page().map(|page| self.with_return(page, Some(return_to)))
    }

    /// As [`Self::sign_in_url`], for signing up.
    #[must_use]
    pub fn sign_up_url(&self, return_to: &Url) -> Option<Url> {
        self.sign_up_page().map(|page| self.with_return(page, Some(return_to)))
    }

    /// The headers of a 307 to the sign-in page, which leads back to `return_to`, or nowhere in particular. A user whose
    /// session has tasks left to do is sent to do them.
    #[must_use]
    pub fn redirect_to_sign_in(&self, auth: &Auth, parts: &Parts, return_to: Option<&Url>, now: Duration) -> HeaderMap {
        self.redirect_to(self.sign_in_page(), auth, return_to, || self.dev_browser(parts, now))
    }

    /// As [`Self::redirect_to_sign_in`], to the sign-up page.
    #[must_use]
    pub fn redirect_to_sign_up(&self, auth: &Auth, parts: &Parts, return_to: Option<&Url>, now: Duration) -> HeaderMap {
        self.redirect_to(self.sign_up_page(), auth, return_to, || self.dev_browser(parts, now))
    }

    /// The address of a request as people see it, without what a handshake left in it.
    #[must_use]
    pub fn page_url(&self, parts: &Parts) -> Url {
        clean_url(&public_url(parts, &self.options))
    }

    fn sign_in_page(&self) -> Option<Url> {
        let page = self.options.sign_in_url.clone();
        page.or_else(|| accounts_portal::page(&self.options.publishable_key, "sign-in"))
    }

    /// Without one of its own it stands below the sign-in page, as Clerk has it.
    fn sign_up_page(&self) -> Option<Url> {
        let below_sign_in = || Some(below(self.options.sign_in_url.clone()?, "create"));
        let page = self.options.sign_up_url.clone().or_else(below_sign_in);
        page.or_else(|| accounts_portal::page(&self.options.publishable_key, "sign-up"))
    }

    fn redirect_to(
        &self,
        page: Option<Url>,
        auth: &Auth,
        return_to: Option<&Url>,
        dev_browser: impl FnOnce() -> Option<String>,
    ) -> HeaderMap {
        let pending = auth.signed_out().is_some_and(|nobody| nobody.pending_user().is_some());
        let page = page.map(|page| if pending { below(page, "tasks") } else { page });
        // Without any page to go to the visitor goes home: better than a page that does not exist.
        let mut location =
            page.map_or_else(|| self.options.public_url.clone(), |page| self.with_return(page, return_to));
        // Another origin does not see the cookie that names this browser to a development instance.
        if self.options.is_development()
            && self.is_elsewhere(&location)
            && let Some(dev_browser) = dev_browser()
        {
            set(&mut location, DEV_BROWSER, &dev_browser);
        }
        let mut headers = HeaderMap::new();
        if let Ok(mut location) = HeaderValue::from_str(location.as_str()) {
            location.set_sensitive(true);
            headers.insert(header::LOCATION, location);
        }
        headers.insert(REDIRECT_TO_HEADER, HeaderValue::from_static("true"));
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
        headers
    }

    fn with_return(&self, mut page: Url, return_to: Option<&Url>) -> Url {
        if let Some(return_to) = return_to {
            let mut return_to = return_to.clone();
            if self.is_elsewhere(&page) && self.options.domains.is_satellite() {
                set(&mut return_to, SYNCED, "false");
            }
            set(&mut page, REDIRECT_URL, return_to.as_str());
        }
        page
    }

    fn is_elsewhere(&self, url: &Url) -> bool {
        url.origin() != self.options.public_url.origin()
    }

    fn dev_browser(&self, parts: &Parts, now: Duration) -> Option<String> {
        AuthenticateContext::read(parts, &self.options, now).dev_browser
    }
}

/// The page `name` below a page.
fn below(mut page: Url, name: &str) -> Url {
    if let Ok(mut path) = page.path_segments_mut() {
        path.pop_if_empty().push(name);
    }
    page
}
