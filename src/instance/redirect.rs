//! Where the instance may send a browser.

use url::{Host, Url};

/// Whether `target` is a page of the application itself.
pub fn is_own(target: &Url, public_url: &Url) -> bool {
    target.origin() == public_url.origin()
}

/// Whether a handshake may return to `target`: the application itself, or another one on this machine that uses this
/// instance.
pub fn may_return(target: &Url, public_url: &Url) -> bool {
    is_own(target, public_url) || is_loopback_page(target)
}

/// Whether a request was addressed to the application or to this machine. A page of another site can make its own name
/// lead here (DNS rebinding); it must not find anything.
pub fn is_addressed_here(host_header: &str, public_url: &Url) -> bool {
    let asked = Url::parse(&format!("http://{host_header}/"));
    asked.is_ok_and(|asked| is_loopback(&asked) || asked.host() == public_url.host())
}

/// Whether both name this machine but differ: cookies set under the one name are not sent to the other.
pub fn is_other_name_of_this_machine(host_header: &str, public_url: &Url) -> bool {
    let Ok(asked) = Url::parse(&format!("http://{host_header}/")) else { return false };
    is_loopback(&asked) && is_loopback(public_url) && asked.host() != public_url.host()
}

/// Whether secrets may be sent to `url`: plain http is for this machine only.
pub fn is_safe_for_secrets(url: &Url) -> bool {
    url.scheme() == "https" || is_loopback_page(url)
}

fn is_loopback_page(url: &Url) -> bool {
    matches!(url.scheme(), "http" | "https") && is_loopback(url)
}

/// Whether a URL leads to this machine.
pub fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => name == "localhost",
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn url(text: &str) -> Url {
        Url::parse(text).unwrap()
    }

    #[test]
    fn a_foreign_name_that_leads_here_finds_nothing() {
        let public = url("https://demo.example/");
        for host in ["localhost:3000", "127.0.0.1", "[::1]:3000", "demo.example", "demo.example:8080"] {
            assert!(is_addressed_here(host, &public), "{host}");
        }
        for host in
            ["evil.example", "localhost.evil.example:3000", "192.168.0.1", "", "demo.example@evil.example", "a b"]
        {
            assert!(!is_addressed_here(host, &public), "{host}");
        }
    }

    #[test]
    fn secrets_leave_this_machine_encrypted() {
        for target in ["https://id.example/token", "http://localhost:1/", "http://127.0.0.1:1/token"] {
            assert!(is_safe_for_secrets(&url(target)), "{target}");
        }
        for target in ["http://id.example/token", "http://localhost.id.example/", "ftp://localhost/", "data:,x"] {
            assert!(!is_safe_for_secrets(&url(target)), "{target}");
        }
    }

    #[test]
    fn a_handshake_returns_to_this_machine_only() {
        let public = url("https://demo.example/");
        for target in ["https://demo.example/a?b", "http://localhost:5173/", "http://127.0.0.1:1/", "http://[::1]:2/"] {
            assert!(may_return(&url(target), &public), "{target}");
        }
        for target in [
            "https://evil.example/",
            "https://demo.example.evil.example/",
            "http://demo.example/",
            "http://localhost.evil.example/",
            "javascript:alert(1)",
            "file://localhost/etc/passwd",
            "http://demo.example@evil.example/",
        ] {
            assert!(!may_return(&url(target), &public), "{target}");
        }
    }
}
