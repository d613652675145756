//! The instance's publishable key and what follows from it.

use aws_lc_rs::digest::{SHA1_FOR_LEGACY_USE_ONLY, digest};
use base64::{Engine, engine::general_purpose::URL_SAFE};

/// Ends in `.clerk.accounts.dev`, which turns on the development protocol in clerk-js. Nothing ever connects to it.
pub const ISSUER_HOST: &str = "local-dev-1.clerk.accounts.dev";

/// `pk_test_` and the base64 of the host and `$`.
pub const PUBLISHABLE_KEY: &str = "pk_test_bG9jYWwtZGV2LTEuY2xlcmsuYWNjb3VudHMuZGV2JA";

/// `name` with the suffix that belongs to the key: eight characters of the base64url SHA-1.
pub fn suffixed(name: &str) -> String {
    let hash = URL_SAFE.encode(digest(&SHA1_FOR_LEGACY_USE_ONLY, PUBLISHABLE_KEY.as_bytes()));
    format!("{name}_{}", &hash[..8])
}

#[cfg(test)]
mod tests {
    use base64::engine::general_purpose::STANDARD_NO_PAD;

    use super::*;

    #[test]
    fn the_key_names_the_host() {
        let encoded = STANDARD_NO_PAD.encode(format!("{ISSUER_HOST}$"));
        assert_eq!(PUBLISHABLE_KEY, format!("pk_test_{encoded}"));
    }

    #[test]
    fn the_suffix_is_clerks() {
        assert_eq!(suffixed("__session"), "__session_3_AN3zpR");
    }
}
