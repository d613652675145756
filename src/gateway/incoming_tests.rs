//! What clients may not say, and what is said in their place.

use proptest::prelude::*;

use super::*;

const ID: Uuid = Uuid::nil();

fn request(headers: &[(&str, &str)], peer: &str) -> Request {
    let mut builder = axum::http::Request::get("/hello");
    for (name, value) in headers {
        builder = builder.header(*name, *value);
    }
    let mut request = builder.body(Body::empty()).unwrap();
    let peer: SocketAddr = format!("{peer}:1234").parse().unwrap();
    request.extensions_mut().insert(ConnectInfo(peer));
    request
}

/// The client's address, and what the upstream would be told of it.
fn place(headers: &[(&str, &str)], peer: &str, proxies: &str) -> [String; 4] {
    let mut request = request(headers, peer);
    let client = clean(&mut request, &[], &proxies.parse().unwrap(), ID).unwrap().to_string();
    let text =
        |name: &str| request.headers().get(name).map(|value| value.to_str().unwrap().to_owned()).unwrap_or_default();
    assert_eq!(text("x-real-ip"), client);
    assert_eq!(text("true-client-ip"), client);
    [client, text("x-forwarded-for"), text("x-forwarded-host"), text("x-forwarded-proto")]
}

#[test]
fn only_trusted_proxies_say_where_a_request_comes_from() {
    let claims = [
        ("host", "api.example"),
        ("x-forwarded-for", "9.9.9.9, 192.0.2.7"),
        ("x-forwarded-for", "10.0.0.2"),
        ("x-forwarded-host", "public.example"),
        ("x-forwarded-proto", "https"),
        ("true-client-ip", "9.9.9.9"),
        ("forwarded", "for=9.9.9.9"),
    ];
    assert_eq!(place(&claims, "10.0.0.1", ""), ["10.0.0.1", "10.0.0.1", "api.example", "http"]);
    assert_eq!(place(&claims, "192.0.2.9", "10.0.0.0/8"), ["192.0.2.9", "192.0.2.9", "api.example", "http"]);
    // The last address that is no proxy's: what stands before it, the client wrote.
    assert_eq!(place(&claims, "10.0.0.1", "10.0.0.0/8"), ["192.0.2.7", "192.0.2.7", "public.example", "https"]);
    assert_eq!(place(&[("x-forwarded-for", "nonsense")], "10.0.0.1", "10.0.0.1")[0], "10.0.0.1");
    assert_eq!(place(&[], "10.0.0.1", "10.0.0.1")[0], "10.0.0.1");
}

#[test]
fn connection_headers_end_here() {
    let headers = [
        ("connection", "close, X-Secret"),
        ("x-secret", "1"),
        ("keep-alive", "5"),
        ("te", "trailers"),
        ("x-kept", "1"),
    ];
    let mut request = request(&headers, "10.0.0.1");
    clean(&mut request, &[], &TrustedProxies::default(), ID);
    for name in ["connection", "x-secret", "keep-alive", "te"] {
        assert!(!request.headers().contains_key(name), "{name}");
    }
    assert!(request.headers().contains_key("x-kept"));
    assert!(request.extensions().get::<WebSocketWanted>().is_none());
}

#[test]
fn a_web_socket_is_remembered() {
    for (connection, upgrade, wanted) in
        [("keep-alive, Upgrade", "WebSocket", true), ("upgrade", "h2c", false), ("close", "websocket", false)]
    {
        let mut request = request(&[("connection", connection), ("upgrade", upgrade)], "10.0.0.1");
        clean(&mut request, &[], &TrustedProxies::default(), ID);
        assert_eq!(request.extensions().get::<WebSocketWanted>().is_some(), wanted, "{connection} {upgrade}");
        assert!(!request.headers().contains_key("upgrade"));
    }
}

#[test]
fn a_get_loses_its_body() {
    let mut get = request(&[("content-length", "3"), ("zp-body-removed", "no")], "10.0.0.1");
    *get.body_mut() = Body::from("abc");
    clean(&mut get, &[], &TrustedProxies::default(), ID);
    assert!(get.body().is_end_stream() && !get.headers().contains_key("content-length"));
    assert_eq!(get.headers()["zp-body-removed"], "true");
    let mut post = request(&[("zp-body-removed", "no")], "10.0.0.1");
    *post.method_mut() = Method::POST;
    *post.body_mut() = Body::from("abc");
    clean(&mut post, &[], &TrustedProxies::default(), ID);
    assert!(!post.body().is_end_stream() && !post.headers().contains_key("zp-body-removed"));
}

/// Any way of writing a name.
fn spelt(name: &'static str) -> impl Strategy<Value = String> {
    proptest::collection::vec(any::<bool>(), name.len()).prop_map(move |upper| {
        let letters = name.chars().zip(upper);
        letters.map(|(letter, upper)| if upper { letter.to_ascii_uppercase() } else { letter }).collect()
    })
}

fn forged() -> impl Strategy<Value = String> {
    prop_oneof![
        spelt("x-user-id"),
        spelt("x_user_id"),
        spelt("x-user_id"),
        spelt("x_forwarded_for"),
        spelt("x-forwarded-user"),
        spelt("zp-anything"),
        spelt("forwarded"),
        spelt("x-other"),
        spelt("connection"),
    ]
}

proptest! {
    #[test]
    fn no_forged_header_survives(headers in proptest::collection::vec((forged(), "[a-z-]{1,9}"), 0..12)) {
        let pairs: Vec<(&str, &str)> = headers.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        let mut request = request(&pairs, "10.0.0.1");
        clean(&mut request, &[HeaderName::from_static("x-user-id")], &TrustedProxies::default(), ID);
        for name in ["x-user-id", "x_user_id", "x-user_id", "x_forwarded_for", "x-forwarded-user", "zp-anything", "forwarded", "connection"] {
            prop_assert!(!request.headers().contains_key(name), "{}", name);
        }
        prop_assert_eq!(&request.headers()["zp-rid"], &ID.to_string());
    }
}
