//! The instance's cookies, with Clerk's names and attributes. Each comes twice, plain and with the instance's suffix;
//! only `__client` has none, and `__refresh` always has it.

use secrecy::{ExposeSecret, SecretString};
use url::Url;

use super::{
    publishable_key::suffixed,
    store::{CookieChange, CookieChanges},
};

const YEAR_SECONDS: u32 = 365 * 24 * 60 * 60;
const SESSION: &str = "__session";
const CLIENT_UAT: &str = "__client_uat";
/// With its suffix, this cookie lets the application's server renew a session without a redirect. Never readable by
/// scripts.
const REFRESH: &str = "__refresh";

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
    pub fn client(self, token: &SecretString) -> String {
        self.cookie(CLIENT, token.expose_secret(), YEAR_SECONDS) + "; HttpOnly"
    }

    /// Takes `__client` away.
    pub fn no_client(self) -> String {
        self.cookie(CLIENT, "", 0) + "; HttpOnly"
    }

    /// Takes `__refresh_…` away.
    pub fn no_refresh(self) -> String {
        self.refresh_cookie("", 0)
    }

    /// What a call changes of the cookies that scripts cannot read.
    pub fn changes(self, changes: &CookieChanges) -> Vec<String> {
        let client = match &changes.client {
            CookieChange::Keep => None,
            CookieChange::Set(token) => Some(self.client(token)),
            CookieChange::Remove => Some(self.no_client()),
        };
        let refresh = match &changes.refresh {
            CookieChange::Keep => None,
            CookieChange::Set(token) => Some(self.refresh(token)),
            CookieChange::Remove => Some(self.no_refresh()),
        };
        [client, refresh].into_iter().flatten().collect()
    }

    /// The application's cookies for a session: its token, and when the client last changed, in seconds.
    pub fn signed_in(self, token: &str, client_updated_at: u64) -> Vec<String> {
        let updated = self.pair(CLIENT_UAT, &client_updated_at.to_string(), YEAR_SECONDS);
        [self.session(token), updated].concat()
    }

    /// The application's cookies for nobody.
    pub fn signed_out(self) -> Vec<String> {
        let mut values = [self.pair(SESSION, "", 0), self.pair(CLIENT_UAT, "0", YEAR_SECONDS)].concat();
        values.push(self.no_refresh());
        values
    }

    /// The application's cookies with a session's token.
    pub fn session(self, token: &str) -> [String; 2] {
        self.pair(SESSION, token, YEAR_SECONDS)
    }

    /// `__refresh_…`.
    pub fn refresh(self, token: &SecretString) -> String {
        self.refresh_cookie(token.expose_secret(), YEAR_SECONDS)
    }

    /// The application's cookies that name the browser.
    pub fn dev_browser(self, id: &str) -> Vec<String> {
        self.pair(DEV_BROWSER, id, YEAR_SECONDS).to_vec()
    }

    fn refresh_cookie(self, value: &str, max_age: u32) -> String {
        self.cookie(&suffixed(REFRESH), value, max_age) + "; HttpOnly"
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
        assert_eq!(http.client(&"t".into()), "__client=t; Path=/; Max-Age=31536000; SameSite=Lax; HttpOnly");
        let https = CookieWriter::new(&Url::parse("https://demo.example").unwrap());
        assert_eq!(https.client(&"t".into()), "__client=t; Path=/; Max-Age=31536000; SameSite=Lax; Secure; HttpOnly");
    }

    #[test]
    fn scripts_cannot_read_the_refresh_cookie_which_has_a_suffix_only() {
        let http = CookieWriter::new(&Url::parse("http://localhost:3000").unwrap());
        let cookie = "__refresh_3_AN3zpR=t; Path=/; Max-Age=31536000; SameSite=Lax; HttpOnly";
        assert_eq!(http.refresh(&"t".into()), cookie);
        let https = CookieWriter::new(&Url::parse("https://demo.example").unwrap());
        assert_eq!(https.refresh(&"t".into()), cookie.replace("; HttpOnly", "; Secure; HttpOnly"));
        let cleared = "__refresh_3_AN3zpR=; Path=/; Max-Age=0; SameSite=Lax; HttpOnly";
        assert!(http.signed_out().iter().any(|cookie| cookie == cleared));
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
