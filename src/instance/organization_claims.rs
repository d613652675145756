//! What a session token says of the organization its session is in (Clerk, "Session tokens", version 2).
//!
//! The features whose permissions somebody has stand in `fea`, the permissions' names in `o.per`; `o.fpm` has one number
//! per feature, whose bit *k* stands for the *k*-th name. Clerk's own permissions (`org:sys_…`) stand in no token.

use serde_json::{Map, Value, json};

use super::store::ActiveOrganization;

/// More names than this do not fit into the numbers.
pub const MAX_PERMISSION_NAMES: usize = 64;

/// `o`, and `fea` where there are features.
pub fn organization_claims(organization: &ActiveOrganization) -> Map<String, Value> {
    let granted: Vec<(&str, &str)> = organization.permissions.iter().filter_map(|text| custom(text)).collect();
    let (features, names) = (distinct(granted.iter().map(|(feature, _)| *feature)), distinct_names(&granted));
    let role = organization.role.strip_prefix("org:").unwrap_or(&organization.role);
    let mut o = json!({ "id": organization.id, "rol": role, "slg": organization.slug });
    let mut claims = Map::new();
    if !features.is_empty() {
        let number = |feature: &&str| bits(&granted, feature, &names).to_string();
        o["per"] = names.join(",").into();
        o["fpm"] = features.iter().map(number).collect::<Vec<_>>().join(",").into();
        let scoped: Vec<String> = features.iter().map(|feature| format!("o:{feature}")).collect();
        claims.insert("fea".to_owned(), scoped.join(",").into());
    }
    claims.insert("o".to_owned(), o);
    claims
}

/// The feature and the name of a permission such as `org:reports:read`, if it is none of Clerk's own.
pub fn custom(permission: &str) -> Option<(&str, &str)> {
    let (feature, name) = permission.strip_prefix("org:")?.split_once(':')?;
    (!feature.starts_with("sys_")).then_some((feature, name))
}

/// The names of permissions, in the order of the alphabet.
pub fn distinct_names<'a>(granted: &[(&'a str, &'a str)]) -> Vec<&'a str> {
    distinct(granted.iter().map(|(_, name)| *name))
}

fn distinct<'a>(values: impl Iterator<Item = &'a str>) -> Vec<&'a str> {
    let mut values: Vec<&str> = values.collect();
    values.sort_unstable();
    values.dedup();
    values
}

fn bits(granted: &[(&str, &str)], feature: &str, names: &[&str]) -> u64 {
    let has = |name: &str| granted.contains(&(feature, name));
    names.iter().take(MAX_PERMISSION_NAMES).enumerate().fold(0, |sum, (k, name)| sum | (u64::from(has(name)) << k))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn claims(permissions: &[&str]) -> Value {
        let organization = ActiveOrganization {
            id: "org_1".to_owned(),
            slug: "acme".to_owned(),
            role: "org:admin".to_owned(),
            permissions: permissions.iter().map(|text| (*text).to_owned()).collect(),
        };
        Value::Object(organization_claims(&organization))
    }

    #[test]
    fn permissions_are_told_by_feature() {
        // The example of Clerk's documentation.
        let granted = ["org:teams:read", "org:dashboard:manage", "org:sys_memberships:manage", "org:dashboard:read"];
        let o = json!({ "id": "org_1", "rol": "admin", "slg": "acme", "per": "manage,read", "fpm": "3,2" });
        assert_eq!(claims(&granted), json!({ "fea": "o:dashboard,o:teams", "o": o }));
    }

    #[test]
    fn without_permissions_of_ones_own_there_are_no_features() {
        let o = json!({ "id": "org_1", "rol": "admin", "slg": "acme" });
        assert_eq!(claims(&["org:sys_memberships:read", "nonsense"]), json!({ "o": o }));
    }

    #[test]
    fn the_last_bit_counts() {
        let permissions: Vec<String> = (0..MAX_PERMISSION_NAMES).map(|k| format!("org:f:p{k:02}")).collect();
        let texts: Vec<&str> = permissions.iter().map(String::as_str).collect();
        assert_eq!(claims(&texts)["o"]["fpm"], u64::MAX.to_string());
    }
}
