//! What a session token says of its user, and what the user may do.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::Vectors;
use crate::{
    clerk::{Level, Requirement, Reverification, SignedIn, session_claims::Scoped},
    jwt::Claims,
};

fn user(mut claims: Map<String, Value>) -> SignedIn {
    claims.insert("sub".to_owned(), json!("user_1"));
    SignedIn::new(Claims::new(claims), "a token".into())
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Authorization {
    name: String,
    claims: Map<String, Value>,
    ask: Ask,
    expect: bool,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Ask {
    role: Option<String>,
    permission: Option<String>,
    feature: Option<String>,
    plan: Option<String>,
    reverification: Option<AskedReverification>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum AskedReverification {
    Preset(Preset),
    Custom(Custom),
}

#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Preset {
    StrictMfa,
    Strict,
}

#[derive(Clone, Copy, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct Custom {
    level: CustomLevel,
    after_minutes: f64,
}

#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "snake_case")]
enum CustomLevel {
    MultiFactor,
}

impl AskedReverification {
    const fn read(&self) -> Reverification {
        match self {
            Self::Preset(Preset::StrictMfa) => Reverification::STRICT_MFA,
            Self::Preset(Preset::Strict) => Reverification::STRICT,
            Self::Custom(Custom { level: CustomLevel::MultiFactor, after_minutes }) => {
                Reverification { level: Level::MultiFactor, after_minutes: *after_minutes }
            }
        }
    }
}

impl Ask {
    fn requirement(self) -> Requirement {
        let mut requirement = Requirement::default();
        if let Some(role) = self.role {
            requirement = requirement.and_role(role);
        }
        if let Some(permission) = self.permission {
            requirement = requirement.and_permission(permission);
        }
        if let Some(feature) = self.feature {
            requirement = requirement.and_feature(feature);
        }
        if let Some(plan) = self.plan {
            requirement = requirement.and_plan(plan);
        }
        match self.reverification {
            Some(asked) => requirement.and_reverification(asked.read()),
            None => requirement,
        }
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Scopes {
    name: String,
    claim: String,
    expect: Split,
}

#[derive(Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
struct Split {
    organization: Vec<String>,
    user: Vec<String>,
}

#[test]
fn authorization() {
    let mut vectors = Vectors::open("authorization.json");
    for case in vectors.take::<Authorization>("cases") {
        vectors.check(&case.name, &user(case.claims).has(&case.ask.requirement()), &case.expect);
    }
    for case in vectors.take::<Scopes>("scopes") {
        let scoped = Scoped::read(&case.claim);
        let owned = |names: Vec<&str>| names.into_iter().map(str::to_owned).collect();
        let split = Split { organization: owned(scoped.organization), user: owned(scoped.user) };
        vectors.check(&case.name, &split, &case.expect);
    }
    vectors.finish();
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Payload {
    name: String,
    claims: Map<String, Value>,
    expect: Organization,
    #[serde(default)]
    has: BTreeMap<String, bool>,
}

#[derive(Debug, PartialEq, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Organization {
    org_id: Option<String>,
    org_role: Option<String>,
    org_slug: Option<String>,
    org_permissions: Option<Vec<String>>,
}

#[test]
fn organizations() {
    let mut vectors = Vectors::open("jwt_payload_parser.json");
    for case in vectors.take::<Payload>("cases") {
        let user = user(case.claims);
        let organization = user.organization().map_or_else(Organization::default, |organization| Organization {
            org_id: Some(organization.id),
            org_role: organization.role,
            org_slug: organization.slug,
            org_permissions: Some(organization.permissions),
        });
        vectors.check(&case.name, &organization, &case.expect);
        for (permission, expected) in &case.has {
            vectors.check(&case.name, &user.has(&Requirement::permission(permission)), expected);
        }
    }
    vectors.finish();
}
