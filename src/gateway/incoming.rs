//! What a request may bring along, decided before anything reads it: headers that are for one connection only go, and
//! so do all that say who or where the caller is, unless a trusted proxy says so. What the gateway itself knows is set
//! in their place.

use std::{
    borrow::Cow,
    collections::BTreeSet,
    net::{IpAddr, SocketAddr},
    str::FromStr,
};

use axum::{
    body::{Body, HttpBody},
    extract::{ConnectInfo, Request},
    http::{HeaderMap, HeaderName, HeaderValue, Method, header},
};
use ipnet::{IpNet, Ipv4Net};
use uuid::Uuid;

/// Zuplo's name for the request id.
pub const REQUEST_ID: HeaderName = HeaderName::from_static("zp-rid");
/// Another of Zuplo's names for it, which upstreams read.
const REQUEST_ID_UPSTREAM: HeaderName = HeaderName::from_static("zuplo-request-id");
const BODY_REMOVED: HeaderName = HeaderName::from_static("zp-body-removed");
const TRUE_CLIENT_IP: HeaderName = HeaderName::from_static("true-client-ip");
const REAL_IP: HeaderName = HeaderName::from_static("x-real-ip");
const FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");
/// The host that the client asked for.
pub const FORWARDED_HOST: HeaderName = HeaderName::from_static("x-forwarded-host");
/// The scheme that the client used.
pub const FORWARDED_PROTO: HeaderName = HeaderName::from_static("x-forwarded-proto");

/// Headers for one connection (RFC 9110, section 7.6.1), beside those that `Connection` names.
const HOP_BY_HOP: [HeaderName; 9] = [
    header::CONNECTION,
    HeaderName::from_static("keep-alive"),
    HeaderName::from_static("proxy-connection"),
    header::PROXY_AUTHENTICATE,
    header::PROXY_AUTHORIZATION,
    header::TE,
    header::TRAILER,
    header::TRANSFER_ENCODING,
    header::UPGRADE,
];

/// What only proxies set, an edge network's or the gateway itself.
const PROXY_PREFIXES: [&str; 3] = ["x-forwarded-", "cf-ip", "zp-"];
const PROXY_HEADERS: [&str; 25] = [
    // Where the client is.
    "cf-connecting-ip",
    "cf-connecting-ipv6",
    "cf-pseudo-ipv4",
    "cf-visitor",
    "client-ip",
    "fastly-client-ip",
    "forwarded",
    "true-client-ip",
    "x-client-ip",
    "x-cluster-client-ip",
    "x-envoy-external-address",
    "x-forwarded",
    "x-original-forwarded-for",
    "x-originating-ip",
    "x-real-ip",
    "x-remote-addr",
    "x-remote-ip",
    // What is asked for: some upstreams believe these more than the request line that the policies saw.
    "x-http-method",
    "x-http-method-override",
    "x-method-override",
    "x-original-host",
    "x-original-uri",
    "x-original-url",
    "x-rewrite-url",
    // The gateway's own.
    "zuplo-request-id",
];

/// The client asked for a web socket. Stands in the request's extensions, because the headers that say so are gone.
#[derive(Debug, Clone, Copy)]
pub struct WebSocketWanted;

/// Headers that say who the caller is: only policies may set them. Many upstreams read `x_user_id` as `x-user-id`, so
/// the names are kept with hyphens, and a request's are looked up that way.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct IdentityHeaders(BTreeSet<String>);

impl FromIterator<HeaderName> for IdentityHeaders {
    fn from_iter<I: IntoIterator<Item = HeaderName>>(names: I) -> Self {
        Self(names.into_iter().map(|name| hyphenated(&name).into_owned()).collect())
    }
}

fn hyphenated(name: &HeaderName) -> Cow<'_, str> {
    if name.as_str().contains('_') { name.as_str().replace('_', "-").into() } else { name.as_str().into() }
}

/// The proxies in front of the gateway, whose word on the client's address is taken.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TrustedProxies(Vec<IpNet>);

impl FromStr for TrustedProxies {
    type Err = ipnet::AddrParseError;

    /// Addresses and ranges (CIDR) with commas between them.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let entries = text.split(',').map(str::trim).filter(|entry| !entry.is_empty());
        entries.map(parse_network).collect::<Result<_, _>>().map(Self)
    }
}

/// An address, or a range of them. IPv4 written as IPv6 (`::ffff:10.0.0.1`) is IPv4, as it is in a client's address.
pub fn parse_network(text: &str) -> Result<IpNet, ipnet::AddrParseError> {
    let network = text.parse::<IpAddr>().map(IpNet::from).or_else(|_| text.parse())?;
    Ok(mapped_ipv4(network).map_or(network, IpNet::V4))
}

fn mapped_ipv4(network: IpNet) -> Option<Ipv4Net> {
    let IpNet::V6(network) = network else { return None };
    let prefix = network.prefix_len().checked_sub(96)?;
    Ipv4Net::new(network.addr().to_ipv4_mapped()?, prefix).ok()
}

/// One entry of `X-Forwarded-For`: an address, some proxies add the port.
fn parse_address(entry: &[u8]) -> Option<IpAddr> {
    let text = String::from_utf8_lossy(entry);
    let text = text.trim();
    let address = text.parse().or_else(|_| text.parse().map(|socket: SocketAddr| socket.ip()));
    address.ok().map(|address| address.to_canonical())
}

impl TrustedProxies {
    fn trust(&self, address: IpAddr) -> bool {
        self.0.iter().any(|network| network.contains(&address))
    }

    /// The last address that no trusted proxy has: whatever stands before it, the client may have written. Unknown if
    /// a trusted proxy names none that can be read: the client is not the proxy.
    fn client_of(&self, peer: IpAddr, headers: &HeaderMap) -> Option<IpAddr> {
        let mut client = peer;
        let values = headers.get_all(FORWARDED_FOR).iter();
        let entries: Vec<&[u8]> = values.flat_map(|value| value.as_bytes().split(|byte| *byte == b',')).collect();
        for entry in entries.into_iter().rev() {
            if !self.trust(client) {
                break;
            }
            client = parse_address(entry)?;
        }
        Some(client)
    }
}

/// Cleans a request, and returns the client's address, if it is known.
pub fn clean(request: &mut Request, identity: &IdentityHeaders, proxies: &TrustedProxies, id: Uuid) -> Option<IpAddr> {
    let peer = request.extensions().get::<ConnectInfo<SocketAddr>>().map(|info| info.0.ip().to_canonical());
    if request.method() == Method::GET && wants_web_socket(request.headers()) {
        request.extensions_mut().insert(WebSocketWanted);
    }
    let body_removed = remove_body_of_get(request);
    let headers = request.headers_mut();
    // Read before `Connection` counts: a client may name there what a proxy set.
    let trusted = peer.is_some_and(|peer| proxies.trust(peer));
    let client = peer.and_then(|peer| proxies.client_of(peer, headers));
    let host = last(headers, &FORWARDED_HOST).filter(|_| trusted).or_else(|| headers.get(header::HOST).cloned());
    let proto = last(headers, &FORWARDED_PROTO).filter(|_| trusted);
    remove_hop_by_hop(headers);
    headers.remove(header::EXPECT);
    remove_claims(headers, identity);
    set(headers, BODY_REMOVED, body_removed.then(|| HeaderValue::from_static("true")));
    let id = HeaderValue::from_str(&id.to_string()).ok();
    set(headers, REQUEST_ID_UPSTREAM, id.clone());
    set(headers, REQUEST_ID, id);
    let address = client.and_then(|client| HeaderValue::from_str(&client.to_string()).ok());
    for name in [TRUE_CLIENT_IP, REAL_IP, FORWARDED_FOR] {
        set(headers, name, address.clone());
    }
    set(headers, FORWARDED_HOST, host);
    set(headers, FORWARDED_PROTO, proto.or_else(|| Some(HeaderValue::from_static("http"))));
    client
}

/// What the nearest proxy wrote: whatever stands before it, the client may have written.
fn last(headers: &HeaderMap, name: &HeaderName) -> Option<HeaderValue> {
    let value = headers.get_all(name).iter().next_back()?;
    let entry = value.as_bytes().rsplit(|byte| *byte == b',').next()?.trim_ascii();
    HeaderValue::from_bytes(entry).ok().filter(|entry| !entry.is_empty())
}

fn set(headers: &mut HeaderMap, name: HeaderName, value: Option<HeaderValue>) {
    if let Some(value) = value {
        headers.insert(name, value);
    }
}

/// Whether a header is for the connection that a message travels on, and no project's to set: where it ends, whom it is
/// for, and what else HTTP itself settles.
pub fn is_of_connection(name: &HeaderName) -> bool {
    HOP_BY_HOP.contains(name) || [header::CONTENT_LENGTH, header::EXPECT, header::HOST].contains(name)
}

/// Removes what is for one connection only, in a request or in an answer. A length beside an encoding that says where the
/// message ends is not its length (RFC 9112, section 6.3).
pub fn remove_hop_by_hop(headers: &mut HeaderMap) {
    if headers.contains_key(header::TRANSFER_ENCODING) {
        headers.remove(header::CONTENT_LENGTH);
    }
    let named: Vec<HeaderName> = headers
        .get_all(header::CONNECTION)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .filter_map(|name| HeaderName::try_from(name.trim()).ok())
        // Limits look at the length, whatever a client would rather hide.
        .filter(|name| *name != header::CONTENT_LENGTH)
        .collect();
    for name in named.iter().chain(&HOP_BY_HOP) {
        headers.remove(name);
    }
}

/// Removes headers that say who or where the caller is, those that only proxies set, and those that are the gateway's
/// own.
fn remove_claims(headers: &mut HeaderMap, identity: &IdentityHeaders) {
    let is_claim = |name: &&HeaderName| {
        let name = hyphenated(name);
        PROXY_PREFIXES.iter().any(|prefix| name.starts_with(prefix))
            || PROXY_HEADERS.contains(&&*name)
            || identity.0.contains(&*name)
    };
    let claims: Vec<HeaderName> = headers.keys().filter(is_claim).cloned().collect();
    for name in claims {
        headers.remove(name);
    }
}

fn wants_web_socket(headers: &HeaderMap) -> bool {
    let tokens = headers.get_all(header::CONNECTION).iter().filter_map(|value| value.to_str().ok());
    let upgrade = tokens.flat_map(|value| value.split(',')).any(|token| token.trim().eq_ignore_ascii_case("upgrade"));
    upgrade && headers.get(header::UPGRADE).is_some_and(|value| value.as_bytes().eq_ignore_ascii_case(b"websocket"))
}

/// A GET has no use for a body, and upstreams disagree about what it means: Zuplo removes it and says so.
fn remove_body_of_get(request: &mut Request) -> bool {
    if !matches!(*request.method(), Method::GET | Method::HEAD) || request.body().is_end_stream() {
        return false;
    }
    *request.body_mut() = Body::empty();
    request.headers_mut().remove(header::CONTENT_LENGTH);
    true
}

#[cfg(test)]
#[path = "incoming_tests.rs"]
mod tests;
