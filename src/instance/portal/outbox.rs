//! The outbox: every mail that would have been sent. Whoever can see it can sign in as anybody, as on all of this
//! instance: it is for development on this machine.

use std::sync::Arc;

use axum::{
    Json,
    extract::State,
    http::{HeaderMap, header},
    response::IntoResponse,
};
use maud::{Markup, html};
use serde_json::{Value, json};
use time::{OffsetDateTime, format_description::well_known::Rfc3339};
use url::Url;

use super::{ErrorPage, PortalError, fields::address, html as html_response, page::page};
use crate::instance::{InstanceState, clerk_error::ClerkError, redirect, store::Mail, user_resource::millis};

/// `GET /outbox`, for people.
pub(super) async fn show(
    State(state): State<Arc<InstanceState>>,
    headers: HeaderMap,
) -> Result<impl IntoResponse, ErrorPage> {
    let mails = state.store.mails().await.map_err(|error| PortalError::from(error).page(&state))?;
    let card = html! {
        h1 #title { "Outbox" }
        p.muted.small { "What this instance would have sent, the newest first. Nothing leaves this machine." }
        @if mails.is_empty() { p { "No mail yet." } }
        @for mail in &mails { (letter(mail)) }
        p.small { a href=(page_before(&state, &headers)) { "Back" } }
    };
    Ok(html_response(page(&state, "Outbox", &card)))
}

/// The page of the application that led here; its home page if that is not known.
fn page_before(state: &InstanceState, headers: &HeaderMap) -> String {
    let public_url = &state.settings.public_url;
    let referer = headers.get(header::REFERER).and_then(|value| value.to_str().ok());
    let page = referer.and_then(|referer| Url::parse(referer).ok()).filter(|page| redirect::is_own(page, public_url));
    page.unwrap_or_else(|| public_url.clone()).into()
}

fn letter(mail: &Mail) -> Markup {
    let seconds = i64::try_from(mail.created_at.as_secs()).unwrap_or_default();
    let sent_at = OffsetDateTime::from_unix_timestamp(seconds).ok();
    html! {
        article.mail {
            h2 { (mail.subject) }
            p { (mail.body) }
            p.muted.small { "To " (address(&mail.recipient)) }
            @if let Some(sent_at) = sent_at { p.muted.small { (moment(sent_at)) } }
        }
    }
}

/// To the second, in UTC.
fn moment(time: OffsetDateTime) -> Markup {
    let (date, clock) = (time.date(), time.time());
    let machine_readable = time.format(&Rfc3339).unwrap_or_default();
    html! {
        time datetime=(machine_readable) {
            (format!("{date} {:02}:{:02}:{:02} UTC", clock.hour(), clock.minute(), clock.second()))
        }
    }
}

/// `GET /outbox.json`, for tests: newest first.
pub async fn list(State(state): State<Arc<InstanceState>>) -> Result<Json<Value>, ClerkError> {
    let mails = state.store.mails().await?;
    let data: Vec<Value> = mails
        .iter()
        .map(|mail| {
            json!({
                "object": "email",
                "id": mail.id,
                "to": mail.recipient,
                "subject": mail.subject,
                "text": mail.body,
                "code": mail.code,
                "created_at": millis(mail.created_at),
            })
        })
        .collect();
    Ok(Json(json!({ "total_count": data.len(), "data": data })))
}
