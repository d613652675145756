//! The page at the end of a redirect loop: Clerk was asked three times within seconds, and still nobody can be
//! recognised. It names what usually causes that, the likeliest first.

use axum::{http::StatusCode, response::Response};
use maud::html;

use super::error_page::{Site, error_page_with};
use crate::clerk::AuthErrorReason as Code;

/// Why a handshake may not help.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Cause {
    Clock,
    BlockedCookies,
    LargeCookie,
    OtherInstance,
}

impl Cause {
    const fn text(self) -> (&'static str, &'static str) {
        match self {
            Self::Clock => (
                "A clock is wrong",
                "Session tokens live for a minute. Check the time of this server and of this computer, and let both set it by themselves.",
            ),
            Self::BlockedCookies => (
                "The browser keeps no cookies",
                "Allow cookies for this site, also when it is shown inside another page, and switch off extensions that remove them.",
            ),
            Self::LargeCookie => (
                "The session cookie is too large",
                "Browsers drop cookies over 4 kB. Take claims out of the session token: 1.2 kB of your own is the most it can hold.",
            ),
            Self::OtherInstance => (
                "The keys belong to different Clerk instances",
                "Compare the publishable key and the secret key with those in the Clerk dashboard, then delete this site's cookies.",
            ),
        }
    }
}

/// What usually keeps a handshake from helping, for each reason there was to ask for one.
const fn causes(reason: &Code) -> [Cause; 4] {
    use Cause::{BlockedCookies, Clock, LargeCookie, OtherInstance};
    match reason {
        Code::SessionTokenExpired(_)
        | Code::SessionTokenNbf
        | Code::SessionTokenIatInTheFuture
        | Code::SessionTokenIatBeforeClientUat => [Clock, OtherInstance, BlockedCookies, LargeCookie],
        Code::ClientUatButNoSessionToken => [LargeCookie, BlockedCookies, OtherInstance, Clock],
        Code::DevBrowserMissing | Code::DevBrowserSync | Code::SessionTokenButNoClientUat => {
            [BlockedCookies, OtherInstance, LargeCookie, Clock]
        }
        _ => [OtherInstance, BlockedCookies, LargeCookie, Clock],
    }
}

/// The page, for a visitor who would otherwise be sent around for ever.
pub fn redirect_loop_page(reason: Option<&Code>, site: Site<'_>) -> Response {
    let causes = reason.map_or([Cause::BlockedCookies, Cause::OtherInstance, Cause::LargeCookie, Cause::Clock], causes);
    let more = html! {
        p { "Clerk was asked three times within seconds, and its answer never arrived. The likely causes, the likeliest first:" }
        ol.causes {
            @for (title, text) in causes.map(Cause::text) { li { strong { (title) ". " } (text) } }
        }
        @if let Some(reason) = reason { p { "Clerk's reason: " code { (reason) } } }
    };
    error_page_with(StatusCode::UNAUTHORIZED, "We cannot tell who you are", &more, site)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clerk::RefreshRefusal;

    #[test]
    fn the_likeliest_cause_comes_first() {
        for (reason, first) in [
            (Code::SessionTokenExpired(RefreshRefusal::NoRefreshCookie), Cause::Clock),
            (Code::SessionTokenNbf, Cause::Clock),
            (Code::ClientUatButNoSessionToken, Cause::LargeCookie),
            (Code::DevBrowserMissing, Cause::BlockedCookies),
            (Code::PrimaryDomainCrossOriginSync, Cause::OtherInstance),
        ] {
            assert_eq!(causes(&reason)[0], first, "{reason}");
        }
    }
}
