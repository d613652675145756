//! A token taken apart (RFC 7515, section 7.1). Nothing read here may be believed before the signature was checked.

use base64::{
    Engine,
    alphabet::URL_SAFE,
    engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig},
};
use serde_json::{Map, Value};

use super::{Claims, TokenError};

/// Tokens above this size are refused unread: Clerk keeps its own below a cookie's 4 kB.
const MAX_TOKEN_BYTES: usize = 8 * 1024;

/// Base64url as Clerk's SDK reads it: padding may be there or not.
const BASE64URL: GeneralPurpose = GeneralPurpose::new(
    &URL_SAFE,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// A token's JOSE header (RFC 7515, section 4.1). Unknown parameters are ignored, as Clerk's documentation asks.
#[derive(Debug, Clone, PartialEq, Eq, serde::Deserialize)]
pub struct Header {
    /// Signing algorithm.
    pub alg: String,
    /// Names the issuer's key; Clerk uses the instance id.
    pub kid: Option<String>,
    /// Media type of the token; `JWT` where present.
    pub typ: Option<String>,
    /// Clerk's token category.
    pub cat: Option<String>,
    /// Extensions that must be understood; none is.
    pub crit: Option<Value>,
}

/// A token whose signature has not been checked.
#[derive(Debug, Clone)]
pub struct UnverifiedToken<'a> {
    /// The decoded header.
    pub header: Header,
    /// The decoded payload. Anybody can have written it.
    pub unverified_claims: Claims,
    /// What the signature covers: header and payload, still encoded.
    pub(super) signed: &'a str,
    /// The signature, still encoded.
    pub(super) signature: &'a str,
}

impl<'a> UnverifiedToken<'a> {
    /// Takes a compact-serialised token apart.
    ///
    /// # Errors
    /// [`TokenError::Malformed`] when it is not one.
    pub fn parse(token: &'a str) -> Result<Self, TokenError> {
        if token.len() > MAX_TOKEN_BYTES {
            return Err(TokenError::Malformed("larger than 8 kB"));
        }
        let (signed, signature) = token.rsplit_once('.').ok_or(TokenError::Malformed("no signature part"))?;
        let (header, payload) = signed.split_once('.').ok_or(TokenError::Malformed("no payload part"))?;
        if payload.contains('.') {
            return Err(TokenError::Malformed("more than three parts"));
        }
        decode(signature)?;
        let header = serde_json::from_slice(&decode(header)?).map_err(|_| TokenError::Malformed("header"))?;
        let payload: Map<String, Value> =
            serde_json::from_slice(&decode(payload)?).map_err(|_| TokenError::Malformed("payload"))?;
        Ok(Self { header, unverified_claims: Claims::new(payload), signed, signature })
    }
}

fn decode(part: &str) -> Result<Vec<u8>, TokenError> {
    BASE64URL.decode(part).map_err(|_| TokenError::Malformed("not base64url"))
}
