//! Where people are sent: the account portal, the sign-in page, an organization's pages.

use std::{sync::Arc, time::Duration};

use http::Request;
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::{Vectors, application, domains, url};
use crate::{
    clerk::{
        Auth, AuthErrorReason, BackendClient, Clerk, ClerkOptions, OrganizationSync, PublishableKey, SignedIn,
        SignedOut, SyncTarget, accounts_portal,
    },
    jwt::{Claims, KeySet, Rules, Verifier},
};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Accounts {
    name: String,
    frontend_api: String,
    expect: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Portal {
    name: String,
    host: String,
    expect: bool,
}

#[test]
fn portals() {
    let mut vectors = Vectors::open("accounts_url.json");
    for case in vectors.take::<Accounts>("accounts") {
        let portal = format!("https://{}", accounts_portal::host(&case.frontend_api));
        vectors.check(&case.name, &portal, &case.expect);
    }
    for case in vectors.take::<Portal>("development_portals") {
        vectors.check(&case.name, &accounts_portal::is_development_portal(&case.host), &case.expect);
    }
    vectors.finish();
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Matching {
    name: String,
    #[serde(default)]
    organization_patterns: Vec<String>,
    #[serde(default)]
    personal_account_patterns: Vec<String>,
    path: String,
    expect: Value,
}

#[test]
fn organizations_of_paths() {
    let mut vectors = Vectors::open("organization_matcher.json");
    for case in vectors.take::<Matching>("cases") {
        let sync = OrganizationSync::new(&case.organization_patterns, &case.personal_account_patterns);
        let target = match sync.target(&case.path) {
            None => Value::Null,
            Some(SyncTarget::Id(id)) => json!({ "organization_id": id }),
            Some(SyncTarget::Slug(slug)) => json!({ "organization_slug": slug }),
            Some(SyncTarget::PersonalAccount) => json!("personal_account"),
        };
        vectors.check(&case.name, &target, &case.expect);
    }
    vectors.finish();
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Redirect {
    name: String,
    to: Page,
    key: String,
    base_url: String,
    sign_in_url: Option<String>,
    sign_up_url: Option<String>,
    #[serde(default)]
    is_satellite: bool,
    dev_browser: Option<String>,
    session_status: Option<String>,
    return_to: Option<String>,
    expect: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Page {
    SignIn,
    SignUp,
}

#[test]
fn redirects() {
    let mut vectors = Vectors::open("create_redirect.json");
    for case in vectors.take::<Redirect>("cases") {
        vectors.check(&case.name, &case.location(), &case.expect);
    }
    vectors.finish();
}

impl Redirect {
    fn location(&self) -> String {
        let mut request = Request::builder().uri("/path");
        if let Some(dev_browser) = &self.dev_browser {
            request = request.header("cookie", format!("__clerk_db_jwt={dev_browser}"));
        }
        let parts = request.body(()).unwrap().into_parts().0;
        let return_to = self.return_to.as_deref().map(url);
        let headers = match self.to {
            Page::SignIn => self.clerk().redirect_to_sign_in(&self.auth(), &parts, return_to.as_ref(), Duration::ZERO),
            Page::SignUp => self.clerk().redirect_to_sign_up(&self.auth(), &parts, return_to.as_ref(), Duration::ZERO),
        };
        headers["location"].to_str().unwrap().to_owned()
    }

    /// Whether somebody has tasks left to do: all that a redirect asks of the user.
    fn auth(&self) -> Auth {
        if self.session_status.is_none() {
            return Auth::SignedOut(SignedOut::new(AuthErrorReason::SessionTokenAndUatMissing, false));
        }
        let claims = Map::from_iter([("sts".to_owned(), json!(self.session_status))]);
        Auth::SignedOut(SignedOut::pending(SignedIn::new(Claims::new(claims), "a token".into())))
    }

    fn clerk(&self) -> Clerk {
        let plain = application(PublishableKey::parse(&self.key).unwrap(), &url(&self.base_url));
        // What is configured may be a path of the application itself.
        let page = |text: &Option<String>| text.as_ref().map(|text| plain.public_url.join(text).unwrap());
        let (sign_in_url, sign_up_url) = (page(&self.sign_in_url), page(&self.sign_up_url));
        let domains = domains(Some(self.is_satellite), Some(&"satellite.example".to_owned()), false);
        let options = ClerkOptions { sign_in_url, sign_up_url, domains, ..plain };
        // Nothing listens there.
        let api_url = url("http://127.0.0.1:9");
        let keys = KeySet::remote(api_url.clone().into()).unwrap();
        let verifier = Verifier::new(Arc::new(keys), Rules::clerk(options.issuer_host(), Vec::new()));
        let backend = BackendClient::new(api_url, "a secret".into()).unwrap();
        Clerk::new(options, verifier, backend).unwrap()
    }
}
