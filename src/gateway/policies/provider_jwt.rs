//! Token policies of single providers: OpenID, with what is known of the provider filled in. Where its keys are, and what
//! it calls itself, is what its own documentation says.
//!
//! Options, beside those of `jwt_options`:
//!
//! - `auth0-jwt-auth-inbound`: `auth0Domain` (required), `audience` (required, or our `acceptAnyAudience`)
//! - `okta-jwt-auth-inbound`: `issuerUrl` (required), `audience` (as above)
//! - `cognito-jwt-auth-inbound`: `region`, `userPoolId` (required)
//! - `firebase-jwt-inbound`: `projectId` (required; it is the audience, too)
//! - `propel-auth-jwt-inbound`: `authUrl` (required), `verifierKey` (required: the public key in PEM form)
//! - `supabase-jwt-auth-inbound`: `secret` (required; HS256), `requiredClaims`

use std::sync::Arc;

use serde::Deserialize;
use url::Url;

use super::{
    Policy, PolicySite,
    jwt_auth::of_one_issuer,
    jwt_options::{JwtOptions, required},
    open_id_jwt::{audiences, keys_at, shared_secret},
};
use crate::{
    gateway::project::{LoadError, Options, TextList},
    jwt::{KeySet, Rules, Verifier, parse_issuer, public_key_from_pem},
};

/// Google's keys for Firebase, the same for every project.
const FIREBASE_KEYS: &str = "https://www.googleapis.com/service_accounts/v1/jwk/securetoken@system.gserviceaccount.com";

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Auth0Options {
    auth0_domain: Option<String>,
    audience: Option<TextList>,
    #[serde(default)]
    accept_any_audience: bool,
}

/// Makes the policy for Auth0.
pub fn build_auth0(options: &Options<'_>, site: &PolicySite<'_>) -> Result<Policy, LoadError> {
    const DOMAIN: &str = "auth0Domain";
    let (shared, own) = JwtOptions::read(options, &[])?;
    let read: Auth0Options = own.read()?;
    let expected = "the tenant's domain, such as tenant.eu.auth0.com";
    let domain = required(read.auth0_domain, DOMAIN, expected, &own)?;
    let issuer = format!("https://{domain}/");
    let is_domain = Url::parse(&issuer).is_ok_and(|url| url.as_str() == issuer && url.host_str() == Some(&domain));
    if !is_domain {
        return Err(own.error(DOMAIN, expected));
    }
    let audiences = audiences(read.audience, read.accept_any_audience, &own)?;
    let keys = keys(&issuer, &format!("{issuer}.well-known/jwks.json"), DOMAIN, &own, site)?;
    Ok(policy(shared, keys, Rules::open_id(Some(issuer), audiences), site))
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct OktaOptions {
    issuer_url: Option<String>,
    audience: Option<TextList>,
    #[serde(default)]
    accept_any_audience: bool,
}

/// Makes the policy for Okta.
pub fn build_okta(options: &Options<'_>, site: &PolicySite<'_>) -> Result<Policy, LoadError> {
    const URL: &str = "issuerUrl";
    let (shared, own) = JwtOptions::read(options, &[])?;
    let read: OktaOptions = own.read()?;
    let expected = "the authorization server's URL, such as https://x.okta.com/oauth2/default";
    let issuer =
        parse_issuer(&required(read.issuer_url, URL, expected, &own)?).map_err(|_| own.error(URL, expected))?;
    let audiences = audiences(read.audience, read.accept_any_audience, &own)?;
    let keys = keys(&issuer, &format!("{issuer}/v1/keys"), URL, &own, site)?;
    Ok(policy(shared, keys, Rules::open_id(Some(issuer), audiences), site))
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct CognitoOptions {
    region: Option<String>,
    user_pool_id: Option<String>,
}

/// Makes the policy for Amazon Cognito.
pub fn build_cognito(options: &Options<'_>, site: &PolicySite<'_>) -> Result<Policy, LoadError> {
    const POOL: &str = "userPoolId";
    let (shared, own) = JwtOptions::read(options, &[])?;
    let read: CognitoOptions = own.read()?;
    let region = required(read.region, "region", "the user pool's region, such as eu-central-1", &own)?;
    let pool = required(read.user_pool_id, POOL, "the user pool's id, such as eu-central-1_Ab1", &own)?;
    plain(&region, "region", &own)?;
    plain(&pool, POOL, &own)?;
    let issuer = format!("https://cognito-idp.{region}.amazonaws.com/{pool}");
    let keys = keys(&issuer, &format!("{issuer}/.well-known/jwks.json"), POOL, &own, site)?;
    Ok(policy(shared, keys, Rules::open_id(Some(issuer), Vec::new()), site))
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct FirebaseOptions {
    project_id: Option<String>,
}

/// Makes the policy for Firebase.
pub fn build_firebase(options: &Options<'_>, site: &PolicySite<'_>) -> Result<Policy, LoadError> {
    const PROJECT: &str = "projectId";
    let (shared, own) = JwtOptions::read(options, &[])?;
    let read: FirebaseOptions = own.read()?;
    let project = required(read.project_id, PROJECT, "the Firebase project's id", &own)?;
    plain(&project, PROJECT, &own)?;
    let issuer = format!("https://securetoken.google.com/{project}");
    let keys = keys(&issuer, FIREBASE_KEYS, PROJECT, &own, site)?;
    Ok(policy(shared, keys, Rules::open_id(Some(issuer), vec![project]), site))
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct PropelAuthOptions {
    auth_url: Option<String>,
    verifier_key: Option<String>,
}

/// Makes the policy for `PropelAuth`.
pub fn build_propel_auth(options: &Options<'_>, site: &PolicySite<'_>) -> Result<Policy, LoadError> {
    const URL: &str = "authUrl";
    const KEY: &str = "verifierKey";
    let (shared, own) = JwtOptions::read(options, &[])?;
    let read: PropelAuthOptions = own.read()?;
    let expected = "the auth URL, such as https://auth.example.com";
    let issuer = parse_issuer(&required(read.auth_url, URL, expected, &own)?).map_err(|_| own.error(URL, expected))?;
    let expected = "the verifier key: an RSA public key in PEM form";
    let key = required(read.verifier_key, KEY, expected, &own)?;
    let key = public_key_from_pem(&key).map_err(|_| own.error(KEY, expected))?;
    Ok(policy(shared, Arc::new(KeySet::fixed(key)), Rules::open_id(Some(issuer), Vec::new()), site))
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct SupabaseOptions {
    secret: Option<String>,
}

/// Makes the policy for Supabase. Its tokens' issuer is no option: whoever has the secret is the project.
pub fn build_supabase(options: &Options<'_>, site: &PolicySite<'_>) -> Result<Policy, LoadError> {
    let (shared, own) = JwtOptions::read(options, &[])?;
    let read: SupabaseOptions = own.read()?;
    if shared.resource_metadata {
        return Err(options.error("oAuthResourceMetadataEnabled", "false: nobody is named who issues these tokens"));
    }
    let secret = required(read.secret, "secret", "the project's JWT secret", &own)?;
    Ok(policy(shared, shared_secret(secret, &own)?, Rules::open_id(None, Vec::new()), site))
}

fn policy(shared: JwtOptions, keys: Arc<KeySet>, rules: Rules, site: &PolicySite<'_>) -> Policy {
    let verifier = Verifier::new(keys, shared.rules(rules));
    of_one_issuer(shared, verifier, site)
}

fn keys(
    issuer: &str,
    url: &str,
    option: &str,
    options: &Options<'_>,
    site: &PolicySite<'_>,
) -> Result<Arc<KeySet>, LoadError> {
    let url = Url::parse(url).map_err(|_| options.error(option, "what a URL can be made of"))?;
    keys_at(issuer, &url.into(), option, options, site)
}

/// Refuses what would lead an address elsewhere.
fn plain(text: &str, option: &str, options: &Options<'_>) -> Result<(), LoadError> {
    if text.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_')) {
        return Ok(());
    }
    Err(options.error(option, "letters, digits, hyphens and underscores"))
}
