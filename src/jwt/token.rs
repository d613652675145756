//! A token taken apart (RFC 7515, section 7.1). Nothing read here may be believed before the signature was checked.

use std::{fmt, sync::Arc};

use base64::{
    Engine,
    alphabet::URL_SAFE,
    engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig},
};
use serde_json::{Map, Value};

use super::{Claims, TokenError};

/// Tokens above this size are refused unread: Clerk keeps its own below a cookie's 4 kB.
const MAX_TOKEN_BYTES: usize = 8 * 1024;
/// A handshake's payload holds several cookies, two of them with a session token.
const MAX_PAYLOAD_BYTES: usize = 32 * 1024;

/// Base64url as Clerk's SDK reads it: padding may be there or not.
const BASE64URL: GeneralPurpose = GeneralPurpose::new(
    &URL_SAFE,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// A token's JOSE header (RFC 7515, section 4.1). Unknown parameters are ignored, as Clerk's documentation asks.
#[derive(Debug, Clone, PartialEq)]
pub struct Header(Map<String, Value>);

impl Header {
    /// The parameter as a string, if it is one.
    #[must_use]
    pub fn text(&self, name: &str) -> Option<&str> {
        self.0.get(name)?.as_str()
    }

    /// The id that it gives its key, if it gives one. One that is no text is none that a key has.
    #[must_use]
    pub fn kid(&self) -> Option<&str> {
        self.0.get("kid").map(|kid| kid.as_str().unwrap_or_default())
    }

    /// Whether the parameter is present, whatever its type.
    #[must_use]
    pub fn has(&self, name: &str) -> bool {
        self.0.contains_key(name)
    }
}

/// A token whose signature has not been checked. Does not print its text.
#[derive(Clone)]
pub struct UnverifiedToken {
    /// The decoded header.
    pub header: Arc<Header>,
    /// The decoded payload. Anybody can have written it.
    pub unverified_claims: Claims,
    text: Arc<str>,
    /// How much of the text the signature covers.
    signed_bytes: usize,
    signature: Vec<u8>,
}

impl UnverifiedToken {
    /// Takes a compact-serialised token apart.
    ///
    /// # Errors
    /// [`TokenError::Malformed`] when it is not one.
    pub fn parse(token: &str) -> Result<Self, TokenError> {
        if token.len() > MAX_TOKEN_BYTES {
            return Err(TokenError::Malformed("larger than 8 kB"));
        }
        Self::take_apart(token)
    }

    /// As [`Self::parse`], for a handshake's payload.
    pub(super) fn parse_payload(token: &str) -> Result<Self, TokenError> {
        if token.len() > MAX_PAYLOAD_BYTES {
            return Err(TokenError::Malformed("larger than 32 kB"));
        }
        Self::take_apart(token)
    }

    fn take_apart(token: &str) -> Result<Self, TokenError> {
        let (signed, signature) = token.rsplit_once('.').ok_or(TokenError::Malformed("no signature part"))?;
        let (header, payload) = signed.split_once('.').ok_or(TokenError::Malformed("no payload part"))?;
        if payload.contains('.') {
            return Err(TokenError::Malformed("more than three parts"));
        }
        let signature = decode(signature)?;
        let header = serde_json::from_slice(&decode(header)?).map_err(|_| TokenError::Malformed("header"))?;
        let payload = serde_json::from_slice(&decode(payload)?).map_err(|_| TokenError::Malformed("payload"))?;
        Ok(Self {
            header: Arc::new(Header(header)),
            unverified_claims: Claims::new(payload),
            text: token.into(),
            signed_bytes: signed.len(),
            signature,
        })
    }

    /// The whole token.
    pub(super) fn text(&self) -> &str {
        &self.text
    }

    /// What the signature covers: header and payload, still encoded.
    pub(super) fn signed(&self) -> &[u8] {
        &self.text.as_bytes()[..self.signed_bytes]
    }

    /// The signature.
    pub(super) fn signature(&self) -> &[u8] {
        &self.signature
    }
}

impl fmt::Debug for UnverifiedToken {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "UnverifiedToken({:?})", self.header)
    }
}

fn decode(part: &str) -> Result<Vec<u8>, TokenError> {
    BASE64URL.decode(part).map_err(|_| TokenError::Malformed("not base64url"))
}
