//! What each experiment is called, what it shows, and which code decides it.

use std::sync::LazyLock;

use crate::{
    model::Experiment as E,
    ui::components::source::{Excerpt, SourceFile, source_file},
};

/// The experiments, by what is wrong.
pub const GROUPS: [(&str, &[E]); 6] = [
    ("To compare with", &[E::GoodToken]),
    ("The request", &[E::NoToken, E::NotAToken, E::TwoTokens, E::ForgedIdentity]),
    ("The clock", &[E::ExpiredFourSeconds, E::ExpiredSixSeconds, E::NotYetValid, E::IssuedInFuture]),
    ("The signature", &[E::Tampered, E::AlgorithmNone, E::PublicKeyAsSecret, E::UnknownKey]),
    ("Whose token it is", &[E::WrongIssuer, E::ForeignParty, E::ForeignPartyAtApp, E::MachineToken]),
    ("A bad day for Clerk", &[E::KeyServerDown, E::KeyRotation, E::RevokedSession, E::ClockOffset]),
];

/// On its button.
pub const fn title(experiment: E) -> &'static str {
    match experiment {
        E::GoodToken => "A good token",
        E::NoToken => "No token",
        E::NotAToken => "Not a token",
        E::TwoTokens => "Two Authorization headers",
        E::ForgedIdentity => "A forged identity header",
        E::ExpiredFourSeconds => "Expired 4 s ago",
        E::ExpiredSixSeconds => "Expired 6 s ago",
        E::NotYetValid => "Not valid for another minute",
        E::IssuedInFuture => "Issuer's clock a minute ahead",
        E::Tampered => "Payload changed",
        E::AlgorithmNone => "alg: none",
        E::PublicKeyAsSecret => "HS256 with the public key",
        E::UnknownKey => "A key nobody publishes",
        E::WrongIssuer => "Another issuer",
        E::ForeignParty => "Foreign azp, to the gateway",
        E::ForeignPartyAtApp => "Foreign azp, to the app",
        E::MachineToken => "A machine's token",
        E::KeyServerDown => "Key server down",
        E::KeyRotation => "Key rotation",
        E::RevokedSession => "Revoked session",
        E::ClockOffset => "Issuer's clock off",
    }
}

/// What it shows.
pub const fn explanation(experiment: E) -> &'static str {
    match experiment {
        E::GoodToken => "Signed by the issuer, in time, for this origin: every check passes.",
        E::NoToken => "Without a token nobody is known. The challenge names no error, as RFC 6750 asks.",
        E::NotAToken => "Three parts with dots between them, or it is refused unread.",
        E::TwoTokens => "Which of the two counts is anybody's guess, so neither does.",
        E::ForgedIdentity => {
            "The API behind this gateway believes x-user-id, which the policy fills in from the token (claimsToHeaders). What \
            callers send by that name is removed first. The body of each answer is what reached the API."
        }
        E::ExpiredFourSeconds => "Clocks may disagree by 5 seconds, as in Clerk's SDK. This one still passes.",
        E::ExpiredSixSeconds => "Two seconds more, and the tolerance is used up.",
        E::NotYetValid => "nbf lies ahead by more than the tolerance.",
        E::IssuedInFuture => "iat lies ahead by more than the tolerance: somebody's clock is wrong.",
        E::Tampered => "The signature was made for another payload.",
        E::AlgorithmNone => {
            "The token says it needs no signature. The algorithm is the verifier's to choose, never the token's."
        }
        E::PublicKeyAsSecret => {
            "Everybody has the public key; a verifier that lets the token choose HS256 would accept this."
        }
        E::UnknownKey => {
            "The key set has no key of this name. Asking for it again is limited, so a flood of these costs nothing."
        }
        E::WrongIssuer => "Well signed, but it names another issuer.",
        E::ForeignParty => {
            "The gateway's policy lists no authorizedParties, so it accepts any azp, as Zuplo's does. Compare with the next one."
        }
        E::ForeignPartyAtApp => "The application accepts tokens made for its own origin only.",
        E::MachineToken => "Signed by the same key, but about a machine and not a user.",
        E::KeyServerDown => {
            "Keys that were fetched serve for an hour. Of others nobody can say whether they are the issuer's, so the answer \
            is to come back later, not that the token is wrong."
        }
        E::KeyRotation => {
            "A key that is not known is asked for once, at once. While the old key is published its tokens count, so nobody \
            is signed out by a rotation."
        }
        E::RevokedSession => {
            "A gateway that checks signatures asks nobody, so a token outlives its session until it expires: a minute at \
            most. There is no new one."
        }
        E::ClockOffset => "Off by up to 5 seconds is tolerated, at the beginning of a token's life and at its end.",
    }
}

const VERIFY: SourceFile = source_file!("src/jwt/verify.rs");
const KEY_SET: SourceFile = source_file!("src/jwt/key_set.rs");

static SOURCES: LazyLock<Vec<Option<Excerpt>>> = LazyLock::new(|| E::ALL.into_iter().map(excerpt).collect());

/// Cuts the page's sources, which takes a while.
pub fn cut_sources() {
    LazyLock::force(&SOURCES);
}

/// The code that decides it.
pub fn source(experiment: E) -> Option<&'static Excerpt> {
    let index = E::ALL.iter().position(|one| *one == experiment)?;
    SOURCES.get(index)?.as_ref()
}

fn excerpt(experiment: E) -> Option<Excerpt> {
    match experiment {
        E::GoodToken => VERIFY.cut("async fn verify_once"),
        E::NoToken | E::TwoTokens => source_file!("src/gateway/policies/bearer.rs").cut("pub fn bearer_token"),
        E::NotAToken => source_file!("src/jwt/token.rs").cut("fn take_apart"),
        E::ForgedIdentity => source_file!("src/gateway/incoming.rs").cut("fn remove_claims"),
        E::ExpiredFourSeconds | E::ExpiredSixSeconds | E::NotYetValid | E::IssuedInFuture | E::ClockOffset => {
            VERIFY.cut("fn check_times(")
        }
        E::Tampered => VERIFY.cut("fn check_signature("),
        E::AlgorithmNone | E::PublicKeyAsSecret | E::MachineToken => VERIFY.cut("fn check_header("),
        E::UnknownKey | E::KeyServerDown => KEY_SET.cut("async fn key(self"),
        E::KeyRotation => KEY_SET.cut("async fn fetch_for("),
        E::RevokedSession => source_file!("src/instance/frontend_api/caller.rs").cut("pub fn find("),
        E::WrongIssuer | E::ForeignParty | E::ForeignPartyAtApp => VERIFY.cut("fn check_claims("),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_experiment_stands_in_one_group_and_shows_its_code() {
        let mut listed: Vec<&str> = GROUPS.iter().flat_map(|(_, group)| group.iter().map(|one| one.name())).collect();
        let mut all: Vec<&str> = E::ALL.map(E::name).into();
        listed.sort_unstable();
        all.sort_unstable();
        assert_eq!(listed, all);
        for experiment in E::ALL {
            assert_eq!(E::named(experiment.name()), Some(experiment));
            let excerpt = source(experiment).unwrap();
            assert!((3..60).contains(&excerpt.text.lines().count()), "{}", excerpt.text);
        }
    }
}
