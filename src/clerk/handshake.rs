//! The handshake: the browser is sent to the Frontend API, which knows the client, and comes back with fresh cookies
//! (`@clerk/backend`, `handshake.ts`). How its answer is read is in `handshake_answer`.

use http::{HeaderMap, HeaderValue, header};
use url::Url;

use super::{
    AuthErrorReason, Clerk, ClerkOptions, RequestState,
    constants::{
        API_VERSION, DEV_BROWSER, HANDSHAKE, HANDSHAKE_HELP, HANDSHAKE_NONCE, LEGACY_DEV_BROWSER, REDIRECT_COUNT,
        REDIRECT_URL, SESSION,
    },
    context::AuthenticateContext,
    organization_sync::add_target,
    query::without,
    state::Reason,
};

/// Browsers that come back this often within [`LOOP_SECONDS`] are left alone: something keeps their cookies away.
pub const MAX_REDIRECTS: u64 = 3;
const LOOP_SECONDS: u32 = 2;

impl Clerk {
    /// Sends a browser that asks for a page to the Frontend API. Whatever else asks is signed out, for the same reason.
    pub(super) fn handshake_or_signed_out(
        &self,
        context: &AuthenticateContext<'_>,
        reason: impl Into<Reason>,
    ) -> RequestState {
        let reason = reason.into();
        if !context.is_document() {
            return RequestState::signed_out(reason, HeaderMap::new());
        }
        let location = frontend_api_handshake(context, &self.options, &reason.code);
        send_to(&location, context, reason)
    }
}

/// Sends a browser that asks for a page somewhere, unless it was sent around often enough.
pub fn send_to(location: &Url, context: &AuthenticateContext<'_>, reason: Reason) -> RequestState {
    if !context.is_document() {
        return RequestState::signed_out(reason, HeaderMap::new());
    }
    let (Some(counter), Ok(mut location)) = (count_redirect(context), HeaderValue::from_str(location.as_str())) else {
        return RequestState::redirect_loop(reason);
    };
    location.set_sensitive(true);
    let headers = HeaderMap::from_iter([(header::SET_COOKIE, counter), (header::LOCATION, location)]);
    RequestState::handshake(reason, headers)
}

/// Where the Frontend API renews this browser's session.
fn frontend_api_handshake(context: &AuthenticateContext<'_>, options: &ClerkOptions, reason: &AuthErrorReason) -> Url {
    let mut url = options.frontend_api_url.clone();
    url.set_path(&format!("{}/v1/client/handshake", options.frontend_api_url.path().trim_end_matches('/')));
    let return_to = without(&context.url, &[DEV_BROWSER, LEGACY_DEV_BROWSER]);
    url.query_pairs_mut()
        .append_pair(REDIRECT_URL, return_to.as_str())
        .append_pair("__clerk_api_version", API_VERSION)
        .append_pair("suffixed_cookies", if context.suffixed_cookies { "true" } else { "false" })
        .append_pair("__clerk_hs_reason", &reason.as_str())
        .append_pair("format", "nonce");
    add_tokens(&mut url, context, options);
    add_target(&mut url, context, &options.organization_sync);
    url
}

/// Another origin does not see this one's cookies, so Clerk's protocol puts them in the query. A Frontend API on our
/// own origin gets them as cookies, and no token stands in a URL that did not stand in one before.
fn add_tokens(url: &mut Url, context: &AuthenticateContext<'_>, options: &ClerkOptions) {
    let same_origin = url.origin() == context.url.origin();
    let dev_browser = context.dev_browser.as_ref().filter(|_| options.is_development());
    let mut query = url.query_pairs_mut();
    if let Some(token) = context.session_token().filter(|_| !same_origin) {
        query.append_pair(SESSION, token.text.expose());
    }
    if let Some(dev_browser) = dev_browser.filter(|_| !same_origin || context.dev_browser_in_query) {
        query.append_pair(DEV_BROWSER, dev_browser);
    }
}

/// The loop counter for the next redirect; none once there were enough.
fn count_redirect(context: &AuthenticateContext<'_>) -> Option<HeaderValue> {
    if context.redirect_count >= MAX_REDIRECTS {
        return None;
    }
    let next = context.redirect_count + 1;
    HeaderValue::from_str(&format!("{REDIRECT_COUNT}={next}; Path=/; SameSite=Lax; HttpOnly; Max-Age={LOOP_SECONDS}"))
        .ok()
}

/// The page to show after a development handshake: this one, without the handshake's own parameters.
pub fn clean_url(url: &Url) -> Url {
    without(url, &[HANDSHAKE, HANDSHAKE_NONCE, HANDSHAKE_HELP, DEV_BROWSER])
}

/// Appends each directive, a complete `Set-Cookie` value, as it stands.
pub fn append_directives(headers: &mut HeaderMap, directives: &[String]) {
    for directive in directives {
        if let Ok(mut value) = HeaderValue::from_str(directive) {
            value.set_sensitive(true);
            headers.append(header::SET_COOKIE, value);
        }
    }
}

/// The session token among the directives; the last one counts.
pub fn session_token(directives: &[String]) -> Option<&str> {
    let session = directives.iter().rfind(|directive| directive.starts_with(SESSION))?;
    let (_, value) = session.split(';').next()?.split_once('=')?;
    let value = value.split_once('=').map_or(value, |(value, _)| value);
    Some(value).filter(|value| !value.is_empty())
}
