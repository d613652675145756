//! Who there is at the provider. One of each kind that an application must cope with.

use serde_json::{Map, Value, json};

/// Somebody made up.
pub struct MadeUpPerson {
    /// Names them to the provider's clients.
    pub subject: &'static str,
    pub given_name: &'static str,
    pub family_name: &'static str,
    pub email: Option<&'static str>,
    pub email_verified: bool,
    /// For whoever chooses.
    pub about: &'static str,
}

/// All of them.
pub const PEOPLE: [MadeUpPerson; 4] = [
    MadeUpPerson {
        subject: "local-robin",
        given_name: "Robin",
        family_name: "Example",
        email: Some("robin@people.example"),
        email_verified: true,
        about: "new here",
    },
    MadeUpPerson {
        subject: "local-ada",
        given_name: "Ada",
        family_name: "Lovelace",
        email: Some("ada@example.com"),
        email_verified: true,
        about: "verified address of an account here",
    },
    MadeUpPerson {
        subject: "local-grace",
        given_name: "Grace",
        family_name: "Hopper",
        email: Some("grace@example.com"),
        email_verified: false,
        about: "address not verified",
    },
    MadeUpPerson {
        subject: "local-sam",
        given_name: "Sam",
        family_name: "Nobody",
        email: None,
        email_verified: false,
        about: "tells no address",
    },
];

/// The person with this subject.
pub fn find(subject: &str) -> Option<&'static MadeUpPerson> {
    PEOPLE.iter().find(|person| person.subject == subject)
}

impl MadeUpPerson {
    /// What the userinfo endpoint tells of them (OpenID Connect Core 5.1).
    pub fn claims(&self) -> Value {
        let mut claims = Map::new();
        claims.insert("sub".to_owned(), self.subject.into());
        claims.insert("name".to_owned(), format!("{} {}", self.given_name, self.family_name).into());
        claims.insert("given_name".to_owned(), self.given_name.into());
        claims.insert("family_name".to_owned(), self.family_name.into());
        if let Some(email) = self.email {
            claims.insert("email".to_owned(), email.into());
            claims.insert("email_verified".to_owned(), json!(self.email_verified));
        }
        claims.into()
    }
}
