//! `CLERK_JWT_KEY`: an instance's public key as text, so that nothing needs to be fetched.

use jsonwebtoken::DecodingKey;

const BEGIN: &str = "-----BEGIN PUBLIC KEY-----";
const END: &str = "-----END PUBLIC KEY-----";

/// The text is not an RSA public key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not an RSA public key in PEM form (-----BEGIN PUBLIC KEY----- …)")]
pub struct PemError;

/// Reads an SPKI public key. Takes what people paste: with or without the PEM lines, on one line, and with `\n`
/// written as two characters, as shells and hosting dashboards leave it.
///
/// # Errors
/// [`PemError`] when it is no RSA public key.
pub fn public_key_from_pem(text: &str) -> Result<DecodingKey, PemError> {
    let body: String = text
        .replace("\\n", "\n")
        .replace(BEGIN, "")
        .replace(END, "")
        .chars()
        .filter(|character| !character.is_whitespace())
        .collect();
    let lines: Vec<&str> = body
        .as_bytes()
        .chunks(64)
        .map(|line| std::str::from_utf8(line).map_err(|_| PemError))
        .collect::<Result<_, _>>()?;
    let pem = format!("{BEGIN}\n{}\n{END}\n", lines.join("\n"));
    DecodingKey::from_rsa_pem(pem.as_bytes()).map_err(|_| PemError)
}
