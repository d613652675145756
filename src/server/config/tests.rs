//! The environment: what is accepted, and what each fault is told as.

use secrecy::ExposeSecret;

use super::*;
use crate::testing::TestKey;

const PUBLISHABLE: (&str, &str) = ("CLERK_PUBLISHABLE_KEY", "pk_test_bG9jYWwtZGV2LTEuY2xlcmsuYWNjb3VudHMuZGV2JA");
const SECRET: (&str, &str) = ("CLERK_SECRET_KEY", "sk_test_abc");

fn read(variables: &[(&str, &str)]) -> Result<Config, ConfigError> {
    let variables = variables.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
    Config::from_variables(variables.collect())
}

fn hosted(variables: &[(&str, &str)]) -> HostedClerk {
    let all = [&[PUBLISHABLE, SECRET], variables].concat();
    match read(&all).unwrap().clerk {
        ClerkConfig::Hosted(hosted) => *hosted,
        ClerkConfig::Embedded(_) => panic!("embedded"),
    }
}

#[test]
fn nothing_set_means_the_embedded_clerk_on_port_3000() {
    let config = read(&[]).unwrap();
    assert_eq!((config.address.to_string().as_str(), config.time_limit.as_secs()), ("127.0.0.1:3000", 20));
    let ClerkConfig::Embedded(embedded) = config.clerk else { panic!("hosted") };
    assert_eq!(embedded.database, PathBuf::from(".gatehouse/instance.db"));
    assert_eq!(embedded.node_modules, PathBuf::from("end2end/node_modules"));
    assert_eq!(embedded.token_lifetime.as_secs(), 60);
    assert!(!embedded.allow_non_loopback);
}

#[test]
fn metrics_are_on_unless_they_are_turned_off() {
    let address = |value: Option<&str>| {
        let variables: Vec<(&str, &str)> = value.map(|value| ("GATEHOUSE_METRICS_ADDR", value)).into_iter().collect();
        let owned = variables.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        let alone = GatewayConfig::from_variables(owned, None, None).map(|config| config.metrics_address);
        let whole = read(&variables).map(|config| config.metrics_address);
        assert_eq!(whole, alone);
        whole.map(|address| address.map(|address| (address.address.to_string(), address.is_chosen)))
    };
    assert_eq!(address(None), Ok(Some(("127.0.0.1:9464".to_owned(), false))));
    assert_eq!(address(Some("0.0.0.0:9000")), Ok(Some(("0.0.0.0:9000".to_owned(), true))));
    assert_eq!(address(Some("127.0.0.1:9464")), Ok(Some(("127.0.0.1:9464".to_owned(), true))));
    assert_eq!(address(Some("off")), Ok(None));
    assert!(address(Some("9464")).unwrap_err().to_string().contains("such as 127.0.0.1:9464, or off"));
}

#[test]
fn the_frontend_api_follows_from_the_publishable_key() {
    assert_eq!(hosted(&[]).frontend_api_url, "https://local-dev-1.clerk.accounts.dev");
    assert_eq!(hosted(&[]).api_url.as_str(), "https://api.clerk.com/");
    let other = hosted(&[("CLERK_FRONTEND_API_URL", "http://127.0.0.1:4000/")]);
    assert_eq!(other.frontend_api_url, "http://127.0.0.1:4000");
}

#[test]
fn an_empty_value_is_no_value() {
    assert!(matches!(
        read(&[("CLERK_PUBLISHABLE_KEY", ""), ("GATEWAY_URL", " ")]).unwrap().clerk,
        ClerkConfig::Embedded(_)
    ));
}

#[test]
fn a_public_key_may_come_on_one_line() {
    let pem = TestKey::named("config").public_pem().replace('\n', "\\n");
    assert!(hosted(&[("CLERK_JWT_KEY", &pem)]).jwt_key.is_some());
}

#[test]
fn authorized_parties_are_origins() {
    let config = read(&[("CLERK_AUTHORIZED_PARTIES", "https://a.example, http://localhost:3000/")]).unwrap();
    assert_eq!(config.authorized_parties.unwrap(), ["https://a.example", "http://localhost:3000"]);
}

#[test]
fn every_fault_names_its_variable_and_what_it_should_look_like() {
    let keys = [PUBLISHABLE, SECRET];
    for (variables, expected) in [
        (vec![PUBLISHABLE], "CLERK_PUBLISHABLE_KEY is set but CLERK_SECRET_KEY is not"),
        (vec![SECRET], "CLERK_SECRET_KEY is set but CLERK_PUBLISHABLE_KEY is not"),
        (vec![("CLERK_JWT_KEY", "x")], "CLERK_JWT_KEY is set but CLERK_PUBLISHABLE_KEY is not"),
        (
            vec![("CLERK_FRONTEND_API_URL", "https://x.example")],
            "CLERK_FRONTEND_API_URL is set but CLERK_PUBLISHABLE_KEY is not",
        ),
        (vec![("CLERK_PUBLISHABLE_KEY", "pk_test_x"), SECRET], "CLERK_PUBLISHABLE_KEY: expected pk_test_"),
        (vec![PUBLISHABLE, ("CLERK_SECRET_KEY", "sk_live_abc")], "CLERK_SECRET_KEY: expected sk_test_…"),
        (
            [&keys[..], &[("CLERK_FRONTEND_API_URL", "http://clerk.example.com")]].concat(),
            "CLERK_FRONTEND_API_URL: expected an https URL",
        ),
        (
            [&keys[..], &[("CLERK_FRONTEND_API_URL", "clerk.example.com")]].concat(),
            "CLERK_FRONTEND_API_URL: expected an https URL",
        ),
        ([&keys[..], &[("CLERK_API_URL", "api.clerk.com")]].concat(), "CLERK_API_URL: expected"),
        (
            [&keys[..], &[("CLERK_API_URL", "http://api.internal")]].concat(),
            "CLERK_API_URL: expected the URL of a Backend API, such as https://api.clerk.com, with https",
        ),
        ([&keys[..], &[("CLERK_PROXY_URL", "app.example.com/__clerk")]].concat(), "CLERK_PROXY_URL: expected"),
        (vec![("SUPABASE_URL", "http://db.internal")], "SUPABASE_URL: expected"),
        (vec![("SUPABASE_ANON_KEY", "x")], "SUPABASE_ANON_KEY is set but SUPABASE_URL is not"),
        ([&keys[..], &[("CLERK_JWT_KEY", "no key")]].concat(), "CLERK_JWT_KEY: expected"),
        ([&keys[..], &[("CLERK_SIGN_IN_URL", "//evil.example")]].concat(), "CLERK_SIGN_IN_URL: expected"),
        (vec![("CLERK_AUTHORIZED_PARTIES", "localhost:3000")], "CLERK_AUTHORIZED_PARTIES: expected origins"),
        (vec![("CLERK_AUTHORIZED_PARTIES", "https://a.example,")], "CLERK_AUTHORIZED_PARTIES: expected origins"),
        (vec![("GATEHOUSE_PUBLIC_URL", "https://a.example/app")], "GATEHOUSE_PUBLIC_URL: expected an origin"),
        (vec![("GATEWAY_URL", "ftp://a.example")], "GATEWAY_URL: expected the URL of a gateway"),
        (vec![("GATEWAY_URL", "https://user:pass@a.example")], "GATEWAY_URL: expected the URL of a gateway"),
        (vec![("LEPTOS_SITE_ADDR", "3000")], "LEPTOS_SITE_ADDR: expected an address and a port"),
        (vec![("GATEHOUSE_EMBEDDED_CLERK", "yes")], "GATEHOUSE_EMBEDDED_CLERK: expected allow-non-loopback"),
        (
            vec![("GATEHOUSE_SESSION_TOKEN_SECONDS", "0")],
            "GATEHOUSE_SESSION_TOKEN_SECONDS: expected a number of seconds",
        ),
        (vec![("GATEHOUSE_LOG_FORMAT", "xml")], "GATEHOUSE_LOG_FORMAT: expected text or json"),
        (vec![("GATEHOUSE_LOG", "gatehouse=loud")], "GATEHOUSE_LOG: expected a log filter"),
        (vec![("RATE_LIMIT_REDIS_URL", "http://127.0.0.1")], "RATE_LIMIT_REDIS_URL: expected the URL of a Redis"),
        (vec![("RATE_LIMIT_REDIS_URL", "redis://host/users")], "RATE_LIMIT_REDIS_URL: expected the URL of a Redis"),
        (vec![("GATEHOUSE_OAUTH_ISSUER", "http://id.example")], "GATEHOUSE_OAUTH_ISSUER: expected the issuer"),
        (vec![("GATEHOUSE_OAUTH_NAME", "Acme")], "GATEHOUSE_OAUTH_ISSUER: expected the issuer"),
        (vec![("GATEHOUSE_OAUTH_ISSUER", "https://id.example")], "GATEHOUSE_OAUTH_CLIENT_ID: expected the id"),
        (
            vec![("GATEHOUSE_OAUTH_ISSUER", "https://id.example"), ("GATEHOUSE_OAUTH_CLIENT_ID", "c")],
            "GATEHOUSE_OAUTH_CLIENT_SECRET: expected the secret",
        ),
        (
            vec![("GATEHOUSE_OAUTH_ISSUER", "https://id.example"), ("GATEHOUSE_OAUTH_NAME", "local id")],
            "GATEHOUSE_OAUTH_NAME: expected a name",
        ),
        (vec![("GATEHOUSE_PUBLIC_URI", "x")], "GATEHOUSE_PUBLIC_URI: there is no such variable"),
    ] {
        let error = read(&variables).unwrap_err().to_string();
        assert!(error.starts_with(expected), "{error}");
    }
}

#[test]
fn an_answer_may_take_from_a_second_to_ten_minutes() {
    let read = |seconds: &str| read(&[("GATEHOUSE_TIME_LIMIT_SECONDS", seconds)]);
    assert_eq!((read("1").unwrap().time_limit.as_secs(), read("600").unwrap().time_limit.as_secs()), (1, 600));
    for wrong in ["0", "601", "1.5", "soon"] {
        let error = read(wrong).unwrap_err().to_string();
        assert!(
            error.starts_with("GATEHOUSE_TIME_LIMIT_SECONDS: expected a number of seconds from 1 to 600"),
            "{error}"
        );
    }
}

#[test]
fn an_identity_provider_is_called_as_its_host_unless_it_has_a_name() {
    let client = [
        ("GATEHOUSE_OAUTH_ISSUER", "https://id.example/tenant"),
        ("GATEHOUSE_OAUTH_CLIENT_ID", "c"),
        ("GATEHOUSE_OAUTH_CLIENT_SECRET", "very-secret"),
    ];
    let provider = |name: &'static str| {
        let config = read(&[&client[..], &[("GATEHOUSE_OAUTH_NAME", name)]].concat()).unwrap();
        assert!(!format!("{config:?}").contains("very-secret"));
        let ClerkConfig::Embedded(embedded) = config.clerk else { panic!("hosted") };
        embedded.social_provider.unwrap()
    };
    assert_eq!(provider("").name, "id.example");
    assert_eq!((provider("Acme").name.as_str(), provider("Acme").client_id.as_str()), ("Acme", "c"));
}

#[test]
fn no_fault_repeats_a_secret() {
    let error = read(&[PUBLISHABLE, ("CLERK_SECRET_KEY", "sk_live_very-secret")]).unwrap_err();
    assert!(!error.to_string().contains("very-secret"));
    let config = read(&[PUBLISHABLE, ("CLERK_SECRET_KEY", "sk_test_very-secret")]).unwrap();
    assert!(!format!("{config:?}").contains("very-secret"));
    let error = read(&[("RATE_LIMIT_REDIS_URL", "rediss//:very-secret@host")]).unwrap_err();
    assert!(!error.to_string().contains("very-secret"));
    let config = read(&[("RATE_LIMIT_REDIS_URL", "rediss://:very-secret@host/1")]).unwrap();
    assert_eq!(config.rate_limit_redis.as_ref().unwrap().expose_secret(), "rediss://:very-secret@host/1");
    assert!(!format!("{config:?}").contains("very-secret"));
}
