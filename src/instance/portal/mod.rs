//! The account portal: pages where people sign up, in and out and replace a forgotten password, and the outbox. Plain
//! forms, rendered here; no script anywhere. Attempts count as those of the Frontend API do.

mod fields;
mod forgot_password;
mod outbox;
mod over;
mod page;
mod personas;
mod reset_password;
mod sign_in;
mod sign_out;
mod sign_up;
mod social;
mod ticket;
mod verify_email;

use std::sync::Arc;

use axum::{
    Router,
    body::{Body, to_bytes},
    extract::{FromRequestParts, OriginalUri, Request, State},
    http::{HeaderValue, StatusCode, header, request::Parts},
    middleware::{Next, from_fn, from_fn_with_state},
    response::{IntoResponse, Redirect, Response},
    routing::{get, post},
};
use maud::Markup;
use url::Url;

use super::{
    InstanceState,
    accounts::{AccountError, Browser},
    redirect,
};

pub use fields::address;
pub use over::over_page;
pub use page::{error_page, next_link, page};
pub use social::refusal_page;

/// What links that hold a sign-in token call it, as Clerk's do.
pub const TICKET: &str = "__clerk_ticket";

/// The portal's forms are far smaller.
const MAX_FORM_BYTES: usize = 16 * 1024;

/// The portal's pages.
pub fn router(state: &Arc<InstanceState>) -> Router<Arc<InstanceState>> {
    let attempts = Router::new()
        .route("/sign-in", get(sign_in::show).post(sign_in::submit))
        .route("/sign-in/as", post(personas::submit))
        .route("/continue-with", post(social::submit))
        .route("/sign-in/ticket", post(ticket::submit))
        .route("/sign-up", get(sign_up::show).post(sign_up::submit))
        .route("/sign-up/verify", get(verify_email::show).post(verify_email::submit))
        .route("/sign-up/resend", post(verify_email::resend))
        .route("/forgot-password", get(forgot_password::show).post(forgot_password::submit))
        .route("/reset-password", get(reset_password::show).post(reset_password::submit))
        .route_layer(from_fn_with_state(Arc::clone(state), limit_attempts));
    Router::new()
        .merge(attempts)
        .route("/", get(home))
        .route("/sign-out", get(sign_out::show).post(sign_out::submit))
        .route("/outbox", get(outbox::show))
        .route("/outbox.json", get(outbox::list))
        .layer(from_fn(no_store))
}

/// The portal itself is its sign-in page.
async fn home(State(state): State<Arc<InstanceState>>) -> Redirect {
    Redirect::to(&state.path("sign-in"))
}

/// Refuses attempts beyond the limit, and says when to come back, and to which page.
async fn limit_attempts(State(state): State<Arc<InstanceState>>, request: Request, next: Next) -> Response {
    let Err(seconds) = state.admit(&request) else { return next.run(request).await };
    let page = page_of_form(request.uri().path());
    let target = ReturnTarget::of_form(&state, request.into_body()).await;
    let text = "Too many attempts came from your address. Wait ten seconds, then go back and try again.";
    let page = page::stop_page(&state, "One moment", text, &next_link(&target.link(&state, page), "Back"));
    (StatusCode::TOO_MANY_REQUESTS, [(header::RETRY_AFTER, seconds)], html(page)).into_response()
}

/// The portal's page that sends a form to this path.
fn page_of_form(path: &str) -> &'static str {
    match path.trim_start_matches('/') {
        "sign-up" => "sign-up",
        verify_email::PATH | verify_email::RESEND => verify_email::PATH,
        forgot_password::PATH => forgot_password::PATH,
        reset_password::PATH => reset_password::PATH,
        _ => "sign-in",
    }
}

/// Pages with a session behind them stay out of caches.
async fn no_store(request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

/// Somebody who opens a page of the portal: who they are, and where they want to go afterwards.
struct Visit {
    browser: Browser,
    target: ReturnTarget,
    /// The sign-in token in the link that they followed, if there is one.
    ticket: Option<String>,
}

impl FromRequestParts<Arc<InstanceState>> for Visit {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, state: &Arc<InstanceState>) -> Result<Self, Response> {
        if let Some(redirect) = to_public_name(state, parts) {
            return Err(redirect.into_response());
        }
        let query = parts.uri.query().unwrap_or_default().as_bytes();
        let parameter = |wanted: &str| {
            url::form_urlencoded::parse(query).find(|(name, _)| name == wanted).map(|(_, value)| value.into_owned())
        };
        let target = ReturnTarget::read(state, parameter("redirect_url").as_deref());
        let target = target.map_err(|error| error.page(state).into_response())?;
        Ok(Self { browser: Browser::read(&parts.headers), target, ticket: parameter(TICKET) })
    }
}

/// A page of the application, to go to afterwards.
struct ReturnTarget(Url);

impl ReturnTarget {
    /// Without a wish the application's home page; a wish outside the application is refused.
    fn read(state: &InstanceState, wish: Option<&str>) -> Result<Self, PortalError> {
        let public_url = &state.settings.public_url;
        let Some(wish) = wish.filter(|wish| !wish.is_empty()) else { return Ok(Self(public_url.clone())) };
        // Relative to the application, so that `/account` works, too; what is absolute replaces all of it.
        let target = public_url.join(wish).ok().filter(|target| redirect::is_own(target, public_url));
        target.map(Self).ok_or(PortalError::ForeignTarget)
    }

    /// As a form that is not to be answered wishes; without a wish that can be read, the application's home page.
    async fn of_form(state: &InstanceState, body: Body) -> Self {
        let form = to_bytes(body, MAX_FORM_BYTES).await.unwrap_or_default();
        let wish = url::form_urlencoded::parse(&form).find(|(name, _)| name == "redirect_url").map(|(_, value)| value);
        Self::read(state, wish.as_deref()).unwrap_or_else(|_| Self(state.settings.public_url.clone()))
    }

    fn as_str(&self) -> &str {
        self.0.as_str()
    }

    /// A link to the sign-in page, with this target.
    fn back_to_sign_in(&self, state: &InstanceState) -> Markup {
        next_link(&self.link(state, "sign-in"), "Back to sign in")
    }

    /// The path of a portal page that goes on to this target.
    fn link(&self, state: &InstanceState, page: &str) -> String {
        let query: String =
            url::form_urlencoded::Serializer::new(String::new()).append_pair("redirect_url", self.as_str()).finish();
        format!("{}?{query}", state.path(page))
    }
}

/// A portal page cannot be shown.
#[derive(Debug, thiserror::Error)]
enum PortalError {
    #[error("redirect_url leads outside the application")]
    ForeignTarget,
    #[error(transparent)]
    Account(#[from] AccountError),
    #[error(transparent)]
    Store(#[from] super::StoreError),
}

/// An error page, in the portal's look.
struct ErrorPage {
    status: StatusCode,
    page: Markup,
}

impl PortalError {
    fn page(&self, state: &InstanceState) -> ErrorPage {
        match self {
            Self::ForeignTarget => ErrorPage {
                status: StatusCode::BAD_REQUEST,
                page: error_page(
                    state,
                    "This link leads elsewhere",
                    "Its redirect_url must be a page of this application. Nobody is sent to another site from here.",
                ),
            },
            Self::Account(_) | Self::Store(_) => {
                tracing::error!(error = %self, "a portal page failed");
                ErrorPage {
                    status: StatusCode::INTERNAL_SERVER_ERROR,
                    page: error_page(
                        state,
                        "Something went wrong here",
                        "The embedded Clerk could not do this; its log says why.",
                    ),
                }
            }
        }
    }
}

impl IntoResponse for ErrorPage {
    fn into_response(self) -> Response {
        (self.status, html(self.page)).into_response()
    }
}

fn html(page: Markup) -> axum::response::Html<String> {
    axum::response::Html(page.into_string())
}

/// Sets cookies and goes on, with a GET.
fn go_on(to: &str, cookies: &[String]) -> Response {
    let mut response = Redirect::to(to).into_response();
    for cookie in cookies {
        if let Ok(value) = HeaderValue::from_str(cookie) {
            response.headers_mut().append(header::SET_COOKIE, value);
        }
    }
    response
}

/// Somebody who typed `127.0.0.1` where the application is called `localhost` would sign in under the wrong name.
fn to_public_name(state: &InstanceState, parts: &Parts) -> Option<Redirect> {
    let host = parts.headers.get(header::HOST)?.to_str().ok()?;
    let OriginalUri(uri) = parts.extensions.get::<OriginalUri>()?;
    let public_url = &state.settings.public_url;
    let elsewhere = redirect::is_other_name_of_this_machine(host, public_url);
    elsewhere.then(|| Redirect::temporary(&format!("{}{uri}", public_url.origin().ascii_serialization())))
}
