//! Faults: their bounds, their end, and what they do to keys and clocks.

use std::sync::Arc;

use serde_json::{Value, json};

use super::*;
use crate::instance::{Lockout, Settings, signing_key::SigningKey};

const NOW: Duration = Duration::from_secs(1_700_000_000);

fn kids(ring: &KeyRing, faults: &Faults) -> Vec<String> {
    let jwks = ring.jwks(faults);
    jwks["keys"].as_array().unwrap().iter().map(|key| key["kid"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn a_fault_ends_by_itself_and_by_hand() {
    let switch = FaultSwitch::default();
    assert_eq!(switch.on(NOW), None);
    let faults = Faults { jwks_status: Some(500), for_seconds: 30, ..Faults::default() };
    switch.set(Some((faults, NOW + Duration::from_secs(30))));
    assert_eq!(switch.on(NOW), Some((faults, Duration::from_secs(30))));
    assert_eq!(switch.at(NOW + Duration::from_secs(29)), faults);
    assert_eq!(switch.on(NOW + Duration::from_secs(30)), None, "the time is over");
    assert_eq!(switch.on(NOW - MAX_LIFETIME), None, "the clock was set back");
    switch.set(None);
    assert_eq!(switch.at(NOW), Faults::default());
}

#[test]
fn faults_are_bounded() {
    let within = |body: Value| serde_json::from_value::<Faults>(body).unwrap().check();
    for body in [
        json!({}),
        json!({ "jwks_status": 400, "jwks_delay_ms": 10_000, "for_seconds": 600 }),
        json!({ "jwks_status": 599, "clock_offset_seconds": -3600, "for_seconds": 1 }),
        json!({ "clock_offset_seconds": 3600, "rotated_key": "withdrawn" }),
    ] {
        assert_eq!(within(body.clone()), Ok(()), "{body}");
    }
    for (body, field) in [
        (json!({ "jwks_status": 399 }), "jwks_status"),
        (json!({ "jwks_status": 600 }), "jwks_status"),
        (json!({ "jwks_delay_ms": 10_001 }), "jwks_delay_ms"),
        (json!({ "clock_offset_seconds": 3601 }), "clock_offset_seconds"),
        (json!({ "clock_offset_seconds": i64::MIN }), "clock_offset_seconds"),
        (json!({ "for_seconds": 0 }), "for_seconds"),
        (json!({ "for_seconds": 601 }), "for_seconds"),
    ] {
        assert_eq!(within(body.clone()).unwrap_err().field, field, "{body}");
    }
    assert!(serde_json::from_value::<Faults>(json!({ "jwks": 500 })).is_err(), "nothing else has a meaning");
}

#[test]
fn the_clock_is_off_either_way() {
    let off = |clock_offset_seconds| Faults { clock_offset_seconds, ..Faults::default() }.time_of_tokens(NOW);
    assert_eq!((off(6), off(0), off(-6)), (NOW + Duration::from_secs(6), NOW, NOW - Duration::from_secs(6)));
}

#[tokio::test]
async fn a_rotation_brings_a_new_key_and_its_end_the_old_one_back() {
    let ring = KeyRing::new(SigningKey::generate().unwrap().0, "ins_own".to_owned());
    let rotated = |old| Faults { rotated_key: Some(old), ..Faults::default() };
    ring.rotate().await.unwrap();
    let new = ring.current(&rotated(OldKeys::Published)).kid.clone();
    assert_ne!(new, "ins_own");
    assert_eq!(kids(&ring, &rotated(OldKeys::Published)), [new.as_str(), "ins_own"]);
    assert_eq!(kids(&ring, &rotated(OldKeys::Withdrawn)), [new.as_str()]);
    let over = Faults::default();
    assert_eq!(ring.current(&over).kid, "ins_own");
    assert_eq!(kids(&ring, &over), ["ins_own", new.as_str()], "tokens of the new key are about");
    for _ in 0..4 {
        ring.rotate().await.unwrap();
    }
    let all = kids(&ring, &over);
    assert!(all.len() == 5 && !all.contains(&new), "four rotations are remembered: {all:?}");
}

#[test]
fn a_banner_says_what_goes_wrong() {
    let faults = Faults {
        jwks_status: Some(503),
        jwks_delay_ms: 20,
        rotated_key: Some(OldKeys::Withdrawn),
        clock_offset_seconds: -6,
        ..Faults::default()
    };
    assert_eq!(
        faults.to_string(),
        "the key server answers 503, the key server is 20 ms late, tokens are signed with a new key, and the old one is \
         withdrawn, the clock is 6 s behind"
    );
}

/// An instance without a file.
fn instance() -> Instance {
    Instance::open(Settings {
        database: None,
        seed: None,
        public_url: "http://localhost:3000".parse().unwrap(),
        own_url: "http://localhost:3000".parse().unwrap(),
        social_provider: None,
        base_path: "/__clerk",
        allow_non_loopback: false,
        token_lifetime: Duration::from_secs(60),
        lockout: Lockout { attempts: 100, duration: Duration::from_secs(3600) },
        attempts_per_window: 5,
        stylesheets: ["/a.css", "/b.css"],
        font: "/font.woff2",
        node_modules: "nowhere".into(),
        clock: Arc::new(|| NOW),
    })
    .unwrap()
}

#[tokio::test]
async fn a_program_switches_faults_as_callers_do() {
    let instance = instance();
    assert_eq!((instance.faults(), instance.fault_in_words()), (None, None));
    let faults = Faults { jwks_status: Some(500), for_seconds: 30, ..Faults::default() };
    instance.set_faults(faults).await.unwrap();
    assert_eq!(instance.faults(), Some(faults));
    assert_eq!(instance.fault_in_words().unwrap(), "For 30 more seconds the key server answers 500.");
    let too_long = Faults { for_seconds: 601, rotated_key: Some(OldKeys::Withdrawn), ..Faults::default() };
    assert!(matches!(instance.set_faults(too_long).await, Err(FaultError::OutOfBounds(_))));
    assert_eq!(instance.faults(), Some(faults), "all stays as it was");
    assert_eq!(kids(instance.state.mint.keys(), &Faults::default()), [instance.key_id()], "no key was made");
    assert_eq!(instance.sibling("http://localhost:4000".parse().unwrap(), Arc::new(|| NOW)).unwrap().faults(), None);
    instance.clear_faults();
    assert_eq!(instance.faults(), None);
}

#[tokio::test]
async fn a_program_revokes_sessions() {
    let instance = instance();
    let (user, store) = (instance.people()[0].id.clone(), &instance.state.store);
    let (active, _) = store.start_session(user, None, String::new(), NOW).await.unwrap();
    instance.revoke_session(&active.session.id).await.unwrap();
    assert_eq!(store.session(active.session.id, NOW).await.unwrap().unwrap().status, "revoked");
}
