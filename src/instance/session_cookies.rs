//! The instance's cookies, with Clerk's names and attributes. Each but `__client` comes twice: plain, and with the
//! instance's suffix.

use url::Url;

use super::publishable_key::suffixed;

const YEAR_SECONDS: u32 = 365 * 24 * 60 * 60;

/// `__client`: names the browser to the instance. Never readable by scripts.
pub const CLIENT: &str = "__client";
/// `__clerk_db_jwt`: names the browser to the application, on development instances.
pub const DEV_BROWSER: &str = "__clerk_db_jwt";

/// Writes cookies for one origin.
#[derive(Debug, Clone, Copy)]
pub struct CookieWriter {
    secure: bool,
}

impl CookieWriter {
    /// `Secure` where the origin is; a browser would drop such a cookie on plain http.
    pub fn new(public_url: &Url) -> Self {
        Self { secure: public_url.scheme() == "https" }
    }

    /// `__client`.
    pub fn client(self, token: &str) -> String {
        self.cookie(CLIENT, token, YEAR_SECONDS) + "; HttpOnly"
    }

    /// The application's cookies for a session: its token, and when the client last changed, in seconds.
    pub fn signed_in(self, token: &str, client_updated_at: u64) -> Vec<String> {
        let session = self.pair("__session", token, YEAR_SECONDS);
        let updated = self.pair("__client_uat", &client_updated_at.to_string(), YEAR_SECONDS);
        [session, updated].concat()
    }

    /// The application's cookies for nobody.
    pub fn signed_out(self) -> Vec<String> {
        [self.pair("__session", "", 0), self.pair("__client_uat", "0", YEAR_SECONDS)].concat()
    }

    /// The application's cookies that name the browser.
    pub fn dev_browser(self, id: &str) -> Vec<String> {
        self.pair(DEV_BROWSER, id, YEAR_SECONDS).to_vec()
    }

    fn pair(self, name: &str, value: &str, max_age: u32) -> [String; 2] {
        [self.cookie(name, value, max_age), self.cookie(&suffixed(name), value, max_age)]
    }

    fn cookie(self, name: &str, value: &str, max_age: u32) -> String {
        let secure = if self.secure { "; Secure" } else { "" };
        format!("{name}={value}; Path=/; Max-Age={max_age}; SameSite=Lax{secure}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scripts_cannot_read_the_client_cookie() {
        let http = CookieWriter::new(&Url::parse("http://localhost:3000").unwrap());
        assert_eq!(http.client("t"), "__client=t; Path=/; Max-Age=31536000; SameSite=Lax; HttpOnly");
        let https = CookieWriter::new(&Url::parse("https://demo.example").unwrap());
        assert_eq!(https.client("t"), "__client=t; Path=/; Max-Age=31536000; SameSite=Lax; Secure; HttpOnly");
    }

    #[test]
    fn both_names_are_always_written() {
        let writer = CookieWriter::new(&Url::parse("http://localhost:3000").unwrap());
        let names: Vec<String> = writer
            .signed_in("t", 7)
            .iter()
            .filter_map(|cookie| cookie.split_once('='))
            .map(|(name, _)| name.to_owned())
            .collect();
        assert_eq!(names, ["__session", "__session_3_AN3zpR", "__client_uat", "__client_uat_3_AN3zpR"]);
    }
}
