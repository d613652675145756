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
    let client = clean(&mut request, &IdentityHeaders::default(), &proxies.parse().unwrap(), ID).unwrap().to_string();
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
        ("x-forwarded-host", "forged.example, forged.example"),
        ("x-forwarded-host", "forged.example, public.example"),
        ("x-forwarded-proto", "gopher, https"),
        ("true-client-ip", "9.9.9.9"),
        ("forwarded", "for=9.9.9.9"),
    ];
    assert_eq!(place(&claims, "10.0.0.1", ""), ["10.0.0.1", "10.0.0.1", "api.example", "http"]);
    assert_eq!(place(&claims, "192.0.2.9", "10.0.0.0/8"), ["192.0.2.9", "192.0.2.9", "api.example", "http"]);
    // The last address that is no proxy's: what stands before it, the client wrote.
    assert_eq!(place(&claims, "10.0.0.1", "10.0.0.0/8"), ["192.0.2.7", "192.0.2.7", "public.example", "https"]);
    assert_eq!(place(&[], "10.0.0.1", "10.0.0.1")[0], "10.0.0.1");
    let hidden = [&claims[..], &[("connection", "x-forwarded-for, x-forwarded-host, x-forwarded-proto")]].concat();
    assert_eq!(place(&hidden, "10.0.0.1", "10.0.0.0/8"), ["192.0.2.7", "192.0.2.7", "public.example", "https"]);
}

/// The client of a request that came through proxies.
fn client(forwarded_for: &[u8], peer: &str, proxies: &str) -> Option<String> {
    let mut request = request(&[], peer);
    request.headers_mut().insert(FORWARDED_FOR, HeaderValue::from_bytes(forwarded_for).unwrap());
    let client = clean(&mut request, &IdentityHeaders::default(), &proxies.parse().unwrap(), ID)
        .map(|client| client.to_string());
    let told = request.headers().get(FORWARDED_FOR).map(|value| value.to_str().unwrap().to_owned());
    assert_eq!(told, client);
    client
}

#[test]
fn proxies_write_addresses_in_many_ways() {
    for (forwarded_for, peer, proxies, expected) in [
        (&b"192.0.2.7:5678"[..], "10.0.0.1", "10.0.0.1", "192.0.2.7"),
        (b"[2001:db8::7]:1", "10.0.0.1", "10.0.0.1", "2001:db8::7"),
        (b"2001:db8::7", "10.0.0.1", "10.0.0.1", "2001:db8::7"),
        (b"::ffff:192.0.2.7", "10.0.0.1", "10.0.0.1", "192.0.2.7"),
        (b"192.0.2.7, ::ffff:10.0.0.2", "10.0.0.1", "10.0.0.0/8", "192.0.2.7"),
        (b"192.0.2.7", "[::ffff:10.0.0.1]", "10.0.0.1", "192.0.2.7"),
        (b"192.0.2.7", "10.0.0.1", "::ffff:10.0.0.1", "192.0.2.7"),
        (b"192.0.2.7", "10.0.0.1", "::ffff:10.0.0.0/104", "192.0.2.7"),
        (b"\xff\xfe, 192.0.2.7", "10.0.0.1", "10.0.0.1", "192.0.2.7"),
    ] {
        assert_eq!(client(forwarded_for, peer, proxies).as_deref(), Some(expected), "{forwarded_for:?} {proxies}");
    }
}

#[test]
fn a_client_that_a_proxy_does_not_name_is_unknown() {
    for forwarded_for in [&b"nonsense"[..], b"192.0.2.7, unknown", b"192.0.2.7, \xff", b"192.0.2.7,", b"1.2.3.4:99999"]
    {
        assert_eq!(client(forwarded_for, "10.0.0.1", "10.0.0.1"), None, "{forwarded_for:?}");
        assert_eq!(client(forwarded_for, "10.0.0.1", "").as_deref(), Some("10.0.0.1"), "{forwarded_for:?}");
    }
}

#[test]
fn connection_headers_end_here() {
    let headers = [
        ("connection", "close, X-Secret, content-length"),
        ("content-length", "5"),
        ("x-secret", "1"),
        ("keep-alive", "5"),
        ("te", "trailers"),
        ("x-kept", "1"),
    ];
    let mut request = request(&headers, "10.0.0.1");
    clean(&mut request, &IdentityHeaders::default(), &TrustedProxies::default(), ID);
    for name in ["connection", "x-secret", "keep-alive", "te"] {
        assert!(!request.headers().contains_key(name), "{name}");
    }
    assert!(request.headers().contains_key("x-kept"));
    assert_eq!(request.headers()["content-length"], "5", "nobody hides a length");
    assert!(request.extensions().get::<WebSocketWanted>().is_none());
}

#[test]
fn what_only_an_edge_or_a_proxy_sets_is_removed() {
    let names = ["cf-ipcountry", "cf-ip-city", "CF_IPCity", "x-original-url", "x-rewrite-url", "X_Rewrite_URL"];
    let mut request = request(&names.map(|name| (name, "1")), "10.0.0.1");
    clean(&mut request, &IdentityHeaders::default(), &TrustedProxies::default(), ID);
    for name in names {
        assert!(!request.headers().contains_key(name), "{name}");
    }
}

#[test]
fn a_web_socket_is_remembered() {
    for (connection, upgrade, wanted) in
        [("keep-alive, Upgrade", "WebSocket", true), ("upgrade", "h2c", false), ("close", "websocket", false)]
    {
        let mut request = request(&[("connection", connection), ("upgrade", upgrade)], "10.0.0.1");
        clean(&mut request, &IdentityHeaders::default(), &TrustedProxies::default(), ID);
        assert_eq!(request.extensions().get::<WebSocketWanted>().is_some(), wanted, "{connection} {upgrade}");
        assert!(!request.headers().contains_key("upgrade"));
    }
}

#[test]
fn a_get_loses_its_body() {
    let mut get = request(&[("content-length", "3"), ("zp-body-removed", "no")], "10.0.0.1");
    *get.body_mut() = Body::from("abc");
    clean(&mut get, &IdentityHeaders::default(), &TrustedProxies::default(), ID);
    assert!(get.body().is_end_stream() && !get.headers().contains_key("content-length"));
    assert_eq!(get.headers()["zp-body-removed"], "true");
    let mut post = request(&[("zp-body-removed", "no")], "10.0.0.1");
    *post.method_mut() = Method::POST;
    *post.body_mut() = Body::from("abc");
    clean(&mut post, &IdentityHeaders::default(), &TrustedProxies::default(), ID);
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
        spelt("x-account"),
        spelt("x_account"),
        spelt("x-other"),
        spelt("connection"),
    ]
}

proptest! {
    #[test]
    fn no_forged_header_survives(headers in proptest::collection::vec((forged(), "[a-z-]{1,9}"), 0..12)) {
        let pairs: Vec<(&str, &str)> = headers.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        let mut request = request(&pairs, "10.0.0.1");
        let identity = ["x-user-id", "x_account"].map(HeaderName::from_static).into_iter().collect();
        clean(&mut request, &identity, &TrustedProxies::default(), ID);
        for name in [
            "x-user-id",
            "x_user_id",
            "x-user_id",
            "x-account",
            "x_account",
            "x_forwarded_for",
            "x-forwarded-user",
            "zp-anything",
            "forwarded",
            "connection",
        ] {
            prop_assert!(!request.headers().contains_key(name), "{}", name);
        }
        let is = |own: &str, name: &str| own.eq_ignore_ascii_case(name);
        let sent = pairs.iter().any(|(name, _)| is(name, "x-other"));
        let hidden = pairs.iter().any(|(name, value)| is(name, "connection") && is(value, "x-other"));
        prop_assert_eq!(request.headers().contains_key("x-other"), sent && !hidden, "and no other one goes");
        prop_assert_eq!(&request.headers()["zp-rid"], &ID.to_string());
    }
}
