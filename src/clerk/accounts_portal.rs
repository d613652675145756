//! Clerk's hosted account portal, derived from the Frontend API host (`@clerk/shared`, `buildAccountsBaseUrl.ts`).

use url::Url;

use super::PublishableKey;

/// A page of the portal, such as `sign-in`; none for a host that cannot be part of a URL.
pub fn page(key: &PublishableKey, name: &str) -> Option<Url> {
    Url::parse(&format!("https://{}/{name}", host(key.host()))).ok()
}

/// `x.clerk.accounts.dev` has its portal at `x.accounts.dev`, `clerk.example.com` at `accounts.example.com`.
pub fn host(frontend_api: &str) -> String {
    for (from, to) in
        [("clerk.accountsstage.", "accountsstage."), ("clerk.accounts.", "accounts."), ("clerk.", "accounts.")]
    {
        if frontend_api.contains(from) {
            return frontend_api.replacen(from, to, 1);
        }
    }
    frontend_api.to_owned()
}

/// Whether `host` is an account portal of some development instance.
pub fn is_development_portal(host: &str) -> bool {
    let legacy = [".lcl.dev", ".lclstage.dev", ".lclclerk.com"];
    if host.starts_with("accounts.") && legacy.iter().any(|suffix| host.ends_with(suffix)) {
        return true;
    }
    let current = [".accounts.dev", ".accountsstage.dev", ".accounts.lclclerk.com"];
    current.iter().any(|suffix| host.ends_with(suffix) && !host.ends_with(&format!(".clerk{suffix}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn derives_the_portal_as_clerk_does() {
        assert_eq!(host("local-dev-1.clerk.accounts.dev"), "local-dev-1.accounts.dev");
        assert_eq!(host("clerk.example.com"), "accounts.example.com");
    }

    #[test]
    fn a_frontend_api_is_no_portal() {
        assert!(is_development_portal("local-dev-1.accounts.dev"));
        assert!(!is_development_portal("local-dev-1.clerk.accounts.dev"));
        assert!(!is_development_portal("accounts.evil.example"));
    }
}
