//! The handshake: the browser is sent to the Frontend API, which knows the client, and comes back with fresh cookies
//! (`@clerk/backend`, `handshake.ts`).

use http::{HeaderMap, HeaderValue, header};
use url::Url;

use super::{
    AuthErrorReason, ClerkOptions,
    constants::{
        API_VERSION, DEV_BROWSER, HANDSHAKE, HANDSHAKE_HELP, HANDSHAKE_NONCE, LEGACY_DEV_BROWSER, REDIRECT_COUNT,
        REDIRECT_URL, SESSION,
    },
    context::AuthenticateContext,
};

/// Browsers that come back this often within [`LOOP_SECONDS`] are left alone: something keeps their cookies away.
const MAX_REDIRECTS: u32 = 3;
const LOOP_SECONDS: u32 = 2;

/// Where the Frontend API renews this browser's session.
pub fn url(context: &AuthenticateContext, options: &ClerkOptions, reason: AuthErrorReason) -> Url {
    let base = options.frontend_api_url.as_str().trim_end_matches('/');
    let mut url = options.frontend_api_url.clone();
    if let Ok(handshake) = Url::parse(&format!("{base}/v1/client/handshake")) {
        url = handshake;
    }
    let return_to = without(&context.url, &[DEV_BROWSER, LEGACY_DEV_BROWSER]);
    {
        let mut query = url.query_pairs_mut();
        query.append_pair(REDIRECT_URL, return_to.as_str());
        query.append_pair("__clerk_api_version", API_VERSION);
        query.append_pair("suffixed_cookies", if context.suffixed_cookies { "true" } else { "false" });
        query.append_pair("__clerk_hs_reason", reason.as_str());
        query.append_pair("format", "nonce");
    }
    add_tokens(&mut url, context);
    url
}

/// Another origin does not see this one's cookies, so Clerk's protocol puts them in the query. A Frontend API on our
/// own origin gets them as cookies, and no token stands in a URL that did not stand in one before.
fn add_tokens(url: &mut Url, context: &AuthenticateContext) {
    let same_origin = url.origin() == context.url.origin();
    let session = context.cookie_token.as_ref().or(context.header_token.as_ref()).filter(|_| !same_origin);
    let dev_browser = context.dev_browser.as_ref().filter(|_| !same_origin || context.dev_browser_in_query);
    let mut query = url.query_pairs_mut();
    if let Some(token) = session {
        query.append_pair(SESSION, token);
    }
    if let Some(dev_browser) = dev_browser {
        query.append_pair(DEV_BROWSER, dev_browser);
    }
}

/// The loop counter for the next redirect; none once there were enough.
pub fn count_redirect(context: &AuthenticateContext) -> Option<HeaderValue> {
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
        if let Ok(value) = HeaderValue::from_str(directive) {
            headers.append(header::SET_COOKIE, value);
        }
    }
}

/// The session token among the directives; the last one counts.
pub fn session_token(directives: &[String]) -> Option<&str> {
    let session = directives.iter().rfind(|directive| directive.starts_with(SESSION))?;
    let (_, value) = session.split(';').next()?.split_once('=')?;
    Some(value).filter(|value| !value.is_empty())
}

fn without(url: &Url, names: &[&str]) -> Url {
    let kept: Vec<(String, String)> =
        url.query_pairs().into_owned().filter(|(name, _)| !names.contains(&name.as_str())).collect();
    let mut url = url.clone();
    url.set_query(None);
    if !kept.is_empty() {
        url.query_pairs_mut().extend_pairs(kept);
    }
    url
}
