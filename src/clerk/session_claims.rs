//! What a session token says, in one form for both versions of its claims (`@clerk/shared`, `jwtPayloadParser.ts`;
//! Clerk, "Session tokens").

use serde_json::Value;

use crate::jwt::Claims;

/// The organization that is active in a session.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ActiveOrganization {
    /// `org_…`
    pub id: String,
    /// Its name in addresses.
    pub slug: Option<String>,
    /// The user's role in it, such as `org:admin`.
    pub role: Option<String>,
    /// What the user may do in it, such as `org:invoices:create`.
    pub permissions: Vec<String>,
}

/// Minutes since the first and since the second factor was proved; none for a factor that never was, or does not exist.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct FactorAges {
    /// Password, code, social sign-in.
    pub first: Option<f64>,
    /// Authenticator app, second code.
    pub second: Option<f64>,
}

/// Features or plans, by whom they belong to.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Scoped<'a> {
    pub organization: Vec<&'a str>,
    pub user: Vec<&'a str>,
}

/// The active organization, if there is one.
pub fn active_organization(claims: &Claims) -> Option<ActiveOrganization> {
    if claims.seconds("v") == Some(2.0) {
        return compact(claims);
    }
    let text = |name: &str| claims.text(name).map(str::to_owned);
    let permissions = claims.get("org_permissions").and_then(Value::as_array);
    let permissions = permissions.into_iter().flatten().filter_map(Value::as_str).map(str::to_owned).collect();
    Some(ActiveOrganization { id: text("org_id")?, slug: text("org_slug"), role: text("org_role"), permissions })
}

/// Version 2 says all of it in one claim, `o`.
fn compact(claims: &Claims) -> Option<ActiveOrganization> {
    let organization = claims.get("o")?;
    let text = |name: &str| organization.get(name).and_then(Value::as_str).filter(|text| !text.is_empty());
    Some(ActiveOrganization {
        id: text("id")?.to_owned(),
        slug: text("slg").map(str::to_owned),
        role: text("rol").map(|role| format!("org:{role}")),
        permissions: permissions(claims.text("fea"), text("per"), text("fpm")),
    })
}

/// `fpm` has one number per feature of the organization, whose bit *k* stands for the *k*-th permission of `per`.
fn permissions(features: Option<&str>, permissions: Option<&str>, map: Option<&str>) -> Vec<String> {
    let (Some(permissions), Some(map)) = (permissions, map) else { return Vec::new() };
    let permissions: Vec<&str> = permissions.split(',').map(str::trim).collect();
    let features = Scoped::read(features.unwrap_or_default()).organization;
    let of_feature = |(feature, number): (&str, &str)| -> Vec<String> {
        let bits = bits(number.trim(), permissions.len());
        let granted = permissions.iter().zip(bits).filter(|(_, bit)| *bit);
        granted.map(|(permission, _)| format!("org:{feature}:{permission}")).collect()
    };
    features.into_iter().zip(map.split(',')).flat_map(of_feature).collect()
}

/// The lowest `count` bits of a decimal number of any size, lowest first; none for what is no number.
fn bits(decimal: &str, count: usize) -> Vec<bool> {
    let mut digits: Vec<u8> = decimal.bytes().map(|byte| byte.wrapping_sub(b'0')).collect();
    if digits.is_empty() || digits.iter().any(|digit| *digit > 9) {
        return Vec::new();
    }
    (0..count).map(|_| halve(&mut digits)).collect()
}

/// Halves a number in place; returns what was left over.
fn halve(digits: &mut [u8]) -> bool {
    let mut remainder = 0;
    for digit in digits {
        let value = remainder * 10 + *digit;
        (*digit, remainder) = (value / 2, value % 2);
    }
    remainder == 1
}

impl<'a> Scoped<'a> {
    /// Reads `o:dashboard,u:themes,uo:search`. An entry without a scope belongs to nobody.
    pub fn read(claim: &'a str) -> Self {
        let mut scoped = Self::default();
        for (scope, name) in claim.split(',').filter_map(|entry| entry.trim().split_once(':')) {
            if matches!(scope, "o" | "ou" | "uo") {
                scoped.organization.push(name);
            }
            if matches!(scope, "u" | "ou" | "uo") {
                scoped.user.push(name);
            }
        }
        scoped
    }
}

/// `fva`, if it is well formed: two numbers of minutes, or -1.
pub fn factor_ages(claims: &Claims) -> Option<FactorAges> {
    let [first, second] = claims.get("fva")?.as_array()?.as_slice() else { return None };
    Some(FactorAges { first: age(first)?, second: age(second)? })
}

/// -1 marks a factor that there is not.
fn age(value: &Value) -> Option<Option<f64>> {
    match value.as_f64()? {
        -1.0 => Some(None),
        minutes if minutes >= 0.0 => Some(Some(minutes)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn two_is_two_however_it_is_written() {
        for version in [json!(2), json!(2.0)] {
            let claims = json!({ "v": version, "o": { "id": "org_1", "rol": "admin" } });
            let claims = Claims::new(claims.as_object().unwrap().clone());
            let role = active_organization(&claims).and_then(|organization| organization.role);
            assert_eq!(role.as_deref(), Some("org:admin"), "{version}");
        }
        let text = json!({ "v": "2", "o": { "id": "org_1" } });
        assert_eq!(active_organization(&Claims::new(text.as_object().unwrap().clone())), None);
    }
}
