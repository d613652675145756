//! What the instance's tokens say, read without the code that verifies them in production.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};

use super::*;

const NOW: Duration = Duration::from_secs(1_700_000_000);
const ORIGIN: &str = "http://localhost:3000";

fn mint() -> TokenMint {
    TokenMint::new(SigningKey::generate().unwrap().0, "ins_1".to_owned(), Duration::from_secs(60), Arc::default())
}

fn session() -> Session {
    Session {
        id: "sess_1".to_owned(),
        client_id: "client_1".to_owned(),
        user_id: "user_1".to_owned(),
        status: "active".to_owned(),
        created_at: NOW - Duration::from_secs(250),
        verified_at: NOW - Duration::from_secs(150),
        updated_at: NOW,
        last_active_at: NOW,
        expire_at: NOW,
        user_agent: String::new(),
        organization: None,
        actor: None,
    }
}

fn part(token: &str, index: usize) -> Value {
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(token.split('.').nth(index).unwrap()).unwrap()).unwrap()
}

fn template_token(mint: &TokenMint, claims: &Value) -> String {
    let token = TemplateToken {
        claims: claims.as_object().unwrap().clone(),
        user_id: "user_1",
        origin: ORIGIN,
        lifetime: Duration::from_secs(600),
        allowed_clock_skew: Duration::from_secs(5),
    };
    mint.template_token(token, NOW).unwrap()
}

#[test]
fn a_session_token_has_clerks_claims_and_no_others() {
    let token = mint().session_token(&session(), ORIGIN, None, NOW).unwrap();
    assert_eq!(part(&token, 0), json!({ "alg": "RS256", "cat": "cl_B7d4PD111AAA", "kid": "ins_1", "typ": "JWT" }));
    let mut claims = part(&token, 1);
    assert!(claims["jti"].take().as_str().unwrap().starts_with("tok_"));
    assert_eq!(
        claims,
        json!({
            "azp": ORIGIN, "exp": 1_700_000_060, "iat": 1_700_000_000, "iss": "https://local-dev-1.clerk.accounts.dev",
            "jti": null, "nbf": 1_699_999_990, "sub": "user_1", "fva": [2, -1], "sid": "sess_1", "sts": "active",
            "v": 2,
        })
    );
    let long = mint().session_token(&session(), ORIGIN, Some(Duration::from_secs(3600)), NOW).unwrap();
    assert_eq!(part(&long, 1)["exp"], 1_700_003_600);
}

#[test]
fn a_template_token_names_no_session_and_forges_nothing() {
    let mint = mint();
    let forged = json!({
        "aud": "authenticated", "sub": "user_2", "exp": 9_999_999_999_u64, "iss": "https://evil.example", "azp": "x",
        "nbf": 0, "iat": 0, "jti": "x", "sid": "sess_1", "v": 2, "pla": "u:pro", "fea": "u:all",
    });
    let token = template_token(&mint, &forged);
    assert_eq!(part(&token, 0), json!({ "alg": "RS256", "cat": "cl_B7d4PD222AAA", "kid": "ins_1", "typ": "JWT" }));
    let mut claims = part(&token, 1);
    assert!(claims["jti"].take().as_str().unwrap().starts_with("tok_"));
    assert_eq!(
        claims,
        json!({
            "aud": "authenticated", "azp": ORIGIN, "exp": 1_700_000_600, "iat": 1_700_000_000,
            "iss": "https://local-dev-1.clerk.accounts.dev", "jti": null, "nbf": 1_699_999_995, "sub": "user_1",
        })
    );
}

#[test]
fn only_a_session_token_of_this_instance_names_a_session() {
    let mint = mint();
    let token = mint.session_token(&session(), ORIGIN, None, Duration::ZERO).unwrap();
    let claims = SessionClaims { session_id: "sess_1".to_owned(), user_id: "user_1".to_owned() };
    assert_eq!(mint.read_session_token(&token), Some(claims), "its age does not matter");

    let (head, signature) = token.rsplit_once('.').unwrap();
    let forged_claims = URL_SAFE_NO_PAD.encode(json!({ "sid": "sess_1", "sub": "user_2" }).to_string());
    let foreign = self::mint();
    for (what, other) in [
        ("another key's", foreign.session_token(&session(), ORIGIN, None, NOW).unwrap()),
        ("other claims", format!("{}.{forged_claims}.{signature}", head.split('.').next().unwrap())),
        ("no signature", format!("{head}.")),
        ("a template's", mint.sign_as(TEMPLATE_CATEGORY, &json!({ "sid": "sess_1", "sub": "user_1" }), NOW).unwrap()),
        ("a handshake's", mint.handshake_token(&["__session=x".to_owned()], NOW).unwrap()),
        ("nonsense", "a.b.c".to_owned()),
        ("nothing", String::new()),
    ] {
        assert_eq!(mint.read_session_token(&other), None, "{what}");
    }
}
