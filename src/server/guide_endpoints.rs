//! The endpoints of Clerk's Astro guide ("Use Clerk with Astro: Endpoints"), with its answers and status codes:
//!
//! | Endpoint | What it shows | Signed out |
//! |---|---|---|
//! | `GET /api/route` | protecting an endpoint | 401 `Error: No signed in user` |
//! | `GET /api/supabase` | a token from a template, and the call it is for | 401 `Unauthorized` |
//! | `GET /api/user` | reading the current user | 401 `Unauthorized` |
//! | `POST /api/user` | updating the current user | 401 `Unauthorized` |
//!
//! As in the guide an answer is JSON text, sent as `text/plain`: its `new Response(JSON.stringify(…))` says no more.

use std::sync::Arc;

use axum::{
    Router,
    extract::State,
    http::{HeaderValue, header},
    routing::get,
};
use serde::Serialize;
use serde_json::{Map, Value, json};
use tower_http::set_header::SetResponseHeaderLayer;

use super::{Services, endpoint_error::EndpointError, profile_form::ProfileForm};
use crate::clerk::{Auth, BackendError, SignedIn, TokenOptions, backend::User};

/// All four.
pub fn router(services: Arc<Services>) -> Router {
    Router::new()
        .route("/api/route", get(protected))
        .route("/api/supabase", get(supabase))
        .route("/api/user", get(current_user).post(update_user))
        .layer(SetResponseHeaderLayer::overriding(header::CACHE_CONTROL, HeaderValue::from_static("no-store")))
        .with_state(services)
}

/// Protect an endpoint: who is it?
async fn protected(auth: Auth) -> Result<String, EndpointError> {
    let user = signed_in(auth, "Error: No signed in user")?;
    Ok(answer(&json!({ "userId": user.user_id() })))
}

/// Call another service in the user's name, with a token that it understands.
async fn supabase(State(services): State<Arc<Services>>, auth: Auth) -> Result<String, EndpointError> {
    let user = signed_in(auth, "Unauthorized")?;
    let options = TokenOptions::template("supabase");
    let token = services.clerk.get_token(&user, &options, (services.clock)()).await.map_err(EndpointError::failed)?;
    let greeting = services.supabase.hello(&token).await.map_err(EndpointError::failed)?;
    Ok(answer(&json!({ "supabaseData": greeting })))
}

/// Read the current user from the Backend API.
async fn current_user(State(services): State<Arc<Services>>, auth: Auth) -> Result<String, EndpointError> {
    let user = signed_in(auth, "Unauthorized")?;
    let user = services.clerk.backend().users().get_user(user.user_id()).await.map_err(EndpointError::failed)?;
    Ok(answer(&json!({ "user": PublicUser::from(user) })))
}

/// Update the current user through the Backend API. Requests of other sites do not come this far: see
/// `middleware::cross_site`.
async fn update_user(
    State(services): State<Arc<Services>>,
    auth: Auth,
    form: Result<ProfileForm, EndpointError>,
) -> Result<String, EndpointError> {
    let user = signed_in(auth, "Unauthorized")?;
    let update = form?.check()?;
    let updated = services.clerk.backend().users().update_user(user.user_id(), &update).await;
    services.people.forget(user.user_id());
    match updated {
        Ok(user) => Ok(answer(&json!({ "user": PublicUser::from(user) }))),
        Err(BackendError::Refused { status: 422, errors, .. }) => Err(EndpointError::refused_by_clerk(&errors)),
        Err(error) => Err(EndpointError::failed(error)),
    }
}

/// What a user may see of themselves. Private metadata is for servers, and stays there.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct PublicUser {
    id: String,
    first_name: Option<String>,
    last_name: Option<String>,
    username: Option<String>,
    image_url: Option<String>,
    primary_email_address: Option<String>,
    public_metadata: Map<String, Value>,
    created_at: Option<u64>,
    updated_at: Option<u64>,
    last_sign_in_at: Option<u64>,
}

impl From<User> for PublicUser {
    fn from(user: User) -> Self {
        Self {
            primary_email_address: user.primary_email_address().map(|email| email.email_address.clone()),
            id: user.id,
            first_name: user.first_name,
            last_name: user.last_name,
            username: user.username,
            image_url: user.image_url,
            public_metadata: user.public_metadata,
            created_at: user.created_at,
            updated_at: user.updated_at,
            last_sign_in_at: user.last_sign_in_at,
        }
    }
}

fn signed_in(auth: Auth, otherwise: &'static str) -> Result<SignedIn, EndpointError> {
    match auth {
        Auth::SignedIn(user) => Ok(user),
        nobody if nobody.is_unverifiable() => Err(EndpointError::Unverifiable),
        Auth::SignedOut(_) => Err(EndpointError::SignedOut(otherwise)),
    }
}

fn answer(json: &Value) -> String {
    json.to_string()
}
