//! The experiments that need something broken: the key server, the signing key, a session, the clock. Each has a rig of its
//! own, and the faults are those that everybody can switch on.

use std::time::Duration;

use reqwest::{Method, header::SET_COOKIE};
use serde_json::{Map, Value, json};

use super::{
    bearer, decode, made_for_nobody,
    post::Letter,
    rig::{READY, Rig},
};
use crate::model::{Exchange, Experiment, LabError};

/// As Clerk's.
const TOKEN_LIFETIME: Duration = Duration::from_secs(60);
/// Just past a token's life and the tolerance for clocks that disagree.
const A_LITTLE_LATER: Duration = Duration::from_secs(66);

/// Makes one of these experiments.
///
/// # Errors
/// When it could not be made. The cause is logged here.
pub async fn run(rig: &Rig, experiment: Experiment) -> Result<Vec<Exchange>, LabError> {
    match experiment {
        Experiment::KeyServerDown => key_server_down(rig).await,
        Experiment::KeyRotation => key_rotation(rig).await,
        Experiment::RevokedSession => revoked_session(rig).await,
        Experiment::ClockOffset => clock_offset(rig).await,
        _ => Err(LabError::NotHere),
    }
}

async fn key_server_down(rig: &Rig) -> Result<Vec<Exchange>, LabError> {
    let token = |header: &Value| {
        made_for_nobody(&rig.instance, &rig.origin(), rig.now(), header, &json!({})).ok_or(LabError::Failed)
    };
    let known = token(&json!({}))?;
    let unknown = token(&json!({ "kid": "ins_lab00000000000000000000Other" }))?;
    let letters = [
        hello("While all is well", &known),
        fault("The key server goes down", &json!({ "jwks_status": 503 })),
        hello("The key of this token is known: it still serves", &known),
        hello("This token's key is not known, and cannot be asked for: 503, not 401", &unknown),
    ];
    rig.send_all(&letters).await
}

async fn key_rotation(rig: &Rig) -> Result<Vec<Exchange>, LabError> {
    let old = session_token(rig).await?;
    let rotation =
        fault("The issuer rotates its key, and still publishes the old one", &json!({ "rotated_key": "published" }));
    let mut exchanges = rig.send_all(&[hello("A token of the old key", &old), rotation]).await?;
    let new = session_token(rig).await?;
    let letters = [
        hello("A token of the new key: one fetch, and it is known", &new),
        Letter { step: "The gateway has both keys now", ..Letter::get(READY, Vec::new()) },
        hello("The token of the old key is still accepted", &old),
    ];
    exchanges.extend(rig.send_all(&letters).await?);
    Ok(exchanges)
}

async fn clock_offset(rig: &Rig) -> Result<Vec<Exchange>, LabError> {
    let mut exchanges = Vec::new();
    for (offset, setting, sending) in [
        (4, "The issuer's clock is 4 s ahead", "Within the tolerance of 5 s"),
        (6, "The issuer's clock is 6 s ahead", "Issued in the future"),
        (-64, "The issuer's clock is 64 s behind", "Expired 4 s ago, within the tolerance"),
        (-66, "The issuer's clock is 66 s behind", "Expired 6 s ago"),
    ] {
        let setting = fault(setting, &json!({ "clock_offset_seconds": offset }));
        exchanges.push(rig.post().send(&setting).await?);
        exchanges.push(rig.post().send(&hello(sending, &session_token(rig).await?)).await?);
    }
    Ok(exchanges)
}

async fn revoked_session(rig: &Rig) -> Result<Vec<Exchange>, LabError> {
    let who = somebody(rig)?;
    let sign_in = json_letter("A browser signs in", Method::POST, "/__clerk/test/sign_in", &json!({ "user": who }));
    let (signed_in, headers) = rig.post().send_and_read(&sign_in).await?;
    let cookie = |name: &str| {
        let values = headers.get_all(SET_COOKIE).iter().filter_map(|value| value.to_str().ok());
        let mut pairs = values.filter_map(|value| value.split(';').next()?.split_once('='));
        pairs.find(|(own, _)| *own == name).map(|(_, value)| value.to_owned()).ok_or(LabError::Failed)
    };
    let (token, client) = (cookie("__session")?, cookie("__client")?);
    let session = session_id(&token).ok_or(LabError::Failed)?;
    let revoke = json!({ "session": session });
    let renewal = Letter {
        step: "But there will be no other: Clerk gives this browser no token any more",
        method: Method::POST,
        ..Letter::get(
            &format!("/__clerk/v1/client/sessions/{session}/tokens"),
            vec![("cookie", format!("__client={client}"))],
        )
    };
    // What signing in answers is the cookies once more.
    let mut exchanges = vec![Exchange { body: String::new(), ..signed_in }];
    let letters = [
        hello("Its session token opens the gateway", &token),
        json_letter("An administrator revokes the session", Method::POST, "/__clerk/test/revoke", &revoke),
        hello("The token is good until it expires: nobody asks Clerk about it", &token),
        renewal,
    ];
    exchanges.extend(rig.send_all(&letters).await?);
    rig.wait(A_LITTLE_LATER);
    exchanges.push(rig.post().send(&hello("66 seconds later that was the last one", &token)).await?);
    Ok(exchanges)
}

/// Somebody who can sign in.
fn somebody(rig: &Rig) -> Result<String, LabError> {
    let person = rig.instance.people().iter().find(|person| !person.banned);
    person.map(|person| person.id.clone()).ok_or(LabError::Failed)
}

async fn session_token(rig: &Rig) -> Result<String, LabError> {
    rig.instance.token(&somebody(rig)?, TOKEN_LIFETIME, Map::new()).await.map_err(|error| {
        tracing::warn!(%error, "an experiment got no session token");
        LabError::Failed
    })
}

fn session_id(token: &str) -> Option<String> {
    let claims = decode(token.split('.').nth(1)?)?;
    Some(claims["sid"].as_str()?.to_owned())
}

fn hello(step: &'static str, token: &str) -> Letter {
    Letter { step, ..Letter::get("/gateway/hello", bearer(token)) }
}

fn fault(step: &'static str, faults: &Value) -> Letter {
    json_letter(step, Method::PUT, "/__clerk/test/faults", faults)
}

fn json_letter(step: &'static str, method: Method, path: &str, body: &Value) -> Letter {
    let headers = vec![("content-type", "application/json".to_owned())];
    Letter { step, method, path: path.to_owned(), headers, body: Some(body.to_string()) }
}
