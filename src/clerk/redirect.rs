//! Where people sign in and up, and how a request is sent there (`@clerk/backend`, `createRedirect.ts`).

use std::time::Duration;

use http::{HeaderMap, HeaderValue, header, request::Parts};
use url::Url;

use super::{
    Auth, Clerk, accounts_portal,
    constants::{DEV_BROWSER, REDIRECT_TO_HEADER, REDIRECT_URL, SYNCED},
    context::{AuthenticateContext, public_url},
    handshake::clean_url,
};

impl Clerk {
    /// The page where people sign in, told to return to `return_to`.
    #[must_use]
    pub fn sign_in_url(&self, parts: &Parts, return_to: &Url) -> Url {
        self.with_return(self.sign_in_page(), parts, Some(return_to))
    }

    /// The page where people sign up, told to return to `return_to`.
    #[must_use]
    pub fn sign_up_url(&self, parts: &Parts, return_to: &Url) -> Url {
        self.with_return(self.sign_up_page(), parts, Some(return_to))
    }

    /// The headers of a 307 to the sign-in page, which leads back to `return_to`, or nowhere in particular. A user whose
    /// session has tasks left to do is sent to do them.
    #[must_use]
    pub fn redirect_to_sign_in(&self, auth: &Auth, parts: &Parts, return_to: Option<&Url>) -> HeaderMap {
        self.redirect_to(self.sign_in_page(), auth, parts, return_to)
    }

    /// As [`Self::redirect_to_sign_in`], to the sign-up page.
    #[must_use]
    pub fn redirect_to_sign_up(&self, auth: &Auth, parts: &Parts, return_to: Option<&Url>) -> HeaderMap {
        self.redirect_to(self.sign_up_page(), auth, parts, return_to)
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

    fn redirect_to(&self, page: Option<Url>, auth: &Auth, parts: &Parts, return_to: Option<&Url>) -> HeaderMap {
        let pending = auth.signed_out().is_some_and(|nobody| nobody.pending_user().is_some());
        let page = page.map(|page| if pending { below(page, "tasks") } else { page });
        let location = self.with_return(page, parts, return_to);
        let mut headers = HeaderMap::new();
        if let Ok(location) = HeaderValue::from_str(location.as_str()) {
            headers.insert(header::LOCATION, location);
        }
        headers.insert(REDIRECT_TO_HEADER, HeaderValue::from_static("true"));
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
        headers
    }

    /// Without any page to go to the visitor stays where they are: better than a page that does not exist.
    fn with_return(&self, page: Option<Url>, parts: &Parts, return_to: Option<&Url>) -> Url {
        let Some(mut url) = page else { return self.page_url(parts) };
        let elsewhere = url.origin() != self.options.public_url.origin();
        if let Some(return_to) = return_to {
            let mut return_to = return_to.clone();
            if elsewhere && self.options.domains.is_satellite() {
                set(&mut return_to, SYNCED, "false");
            }
            set(&mut url, REDIRECT_URL, return_to.as_str());
        }
        if elsewhere && self.options.is_development() {
            // Another origin does not see the cookie that names this browser to a development instance. Which of two
            // families names it does not depend on the time.
            if let Some(dev_browser) = AuthenticateContext::read(parts, &self.options, Duration::ZERO).dev_browser {
                set(&mut url, DEV_BROWSER, &dev_browser);
            }
        }
        url
    }
}

/// The page `name` below a page.
fn below(mut page: Url, name: &str) -> Url {
    if let Ok(mut path) = page.path_segments_mut() {
        path.pop_if_empty().push(name);
    }
    page
}

/// Replaces whatever the URL says of `name`.
fn set(url: &mut Url, name: &str, value: &str) {
    let pairs: Vec<(String, String)> = url.query_pairs().into_owned().filter(|(known, _)| known != name).collect();
    url.query_pairs_mut().clear().extend_pairs(pairs).append_pair(name, value);
}
