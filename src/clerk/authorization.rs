//! `has()`: what a user may do (`@clerk/shared`, `authorization.ts`). Everything that is asked must hold; what cannot be
//! told does not hold.

use serde_json::{Value, json};

use super::session_claims::{FactorAges, Scoped, active_organization, factor_ages};
use crate::jwt::Claims;

/// What is asked of a user.
///
/// ```
/// use gatehouse::clerk::{Requirement, Reverification};
///
/// let requirement = Requirement::permission("org:invoices:create").and_plan("org:pro").and_reverification(Reverification::STRICT);
/// ```
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Requirement {
    role: Option<String>,
    permission: Option<String>,
    feature: Option<String>,
    plan: Option<String>,
    reverification: Option<Reverification>,
}

/// That the user proved who they are not long ago.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Reverification {
    /// With which factors.
    pub level: Level,
    /// Less than this many minutes ago.
    pub after_minutes: f64,
}

/// With which factors a user proved who they are. A factor that they do not have falls back to the one they have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Level {
    /// The first factor.
    FirstFactor,
    /// The second factor, else the first.
    SecondFactor,
    /// Both; the first alone only where there is no second.
    MultiFactor,
}

impl Reverification {
    /// Both factors within 10 minutes.
    pub const STRICT_MFA: Self = Self { level: Level::MultiFactor, after_minutes: 10.0 };
    /// The second factor within 10 minutes.
    pub const STRICT: Self = Self { level: Level::SecondFactor, after_minutes: 10.0 };
    /// The second factor within an hour.
    pub const MODERATE: Self = Self { level: Level::SecondFactor, after_minutes: 60.0 };
    /// The second factor within a day.
    pub const LAX: Self = Self { level: Level::SecondFactor, after_minutes: 1_440.0 };

    /// The body of the 403 that makes Clerk's components ask for a factor.
    ///
    /// ```
    /// use gatehouse::clerk::{Auth, Requirement, Reverification};
    ///
    /// /// What a handler answers before it does something that should not happen behind somebody's back.
    /// fn refusal(auth: &Auth) -> Option<(u16, String)> {
    ///     let asked = Reverification::STRICT;
    ///     (!auth.has(&Requirement::reverification(asked))).then(|| (403, asked.error_body().to_string()))
    /// }
    /// ```
    #[must_use]
    pub fn error_body(self) -> Value {
        let level = match self.level {
            Level::FirstFactor => "first_factor",
            Level::SecondFactor => "second_factor",
            Level::MultiFactor => "multi_factor",
        };
        let config = json!({ "level": level, "afterMinutes": number(self.after_minutes) });
        let metadata = json!({ "reverification": config });
        json!({ "clerk_error": { "type": "forbidden", "reason": "reverification-error", "metadata": metadata } })
    }

    fn is_met_by(self, ages: FactorAges) -> bool {
        let fresh = |age: f64| self.after_minutes > age;
        match (self.level, ages.first, ages.second) {
            (Level::FirstFactor, first, _) | (_, first, None) => first.is_some_and(fresh),
            (Level::SecondFactor, _, Some(second)) => fresh(second),
            (Level::MultiFactor, first, Some(second)) => first.is_some_and(fresh) && fresh(second),
        }
    }
}

impl Requirement {
    /// A role in the active organization, with or without `org:` before it.
    #[must_use]
    pub fn role(role: impl Into<String>) -> Self {
        Self::default().and_role(role)
    }

    /// A permission in the active organization, with or without `org:` before it.
    #[must_use]
    pub fn permission(permission: impl Into<String>) -> Self {
        Self::default().and_permission(permission)
    }

    /// A feature of the organization's (`org:name`) or the user's (`user:name`) plan, or of either (`name`).
    #[must_use]
    pub fn feature(feature: impl Into<String>) -> Self {
        Self::default().and_feature(feature)
    }

    /// A plan of the organization (`org:name`) or the user (`user:name`), or of either (`name`).
    #[must_use]
    pub fn plan(plan: impl Into<String>) -> Self {
        Self::default().and_plan(plan)
    }

    /// That the user proved who they are not long ago.
    #[must_use]
    pub fn reverification(reverification: Reverification) -> Self {
        Self::default().and_reverification(reverification)
    }

    /// As [`Self::role`], too.
    #[must_use]
    pub fn and_role(self, role: impl Into<String>) -> Self {
        Self { role: Some(role.into()), ..self }
    }

    /// As [`Self::permission`], too.
    #[must_use]
    pub fn and_permission(self, permission: impl Into<String>) -> Self {
        Self { permission: Some(permission.into()), ..self }
    }

    /// As [`Self::feature`], too.
    #[must_use]
    pub fn and_feature(self, feature: impl Into<String>) -> Self {
        Self { feature: Some(feature.into()), ..self }
    }

    /// As [`Self::plan`], too.
    #[must_use]
    pub fn and_plan(self, plan: impl Into<String>) -> Self {
        Self { plan: Some(plan.into()), ..self }
    }

    /// As [`Self::reverification`], too.
    #[must_use]
    pub fn and_reverification(self, reverification: Reverification) -> Self {
        Self { reverification: Some(reverification), ..self }
    }

    /// Whether claims meet everything that is asked. Nothing asked is not met: a check that was forgotten must not pass.
    pub(super) fn is_met_by(&self, claims: &Claims) -> bool {
        let asked = [
            self.organization_part(claims),
            self.feature.as_deref().map(|feature| is_in(claims.text("fea"), feature)),
            self.plan.as_deref().map(|plan| is_in(claims.text("pla"), plan)),
            self.reverification.map(|asked| {
                asked.after_minutes > 0.0 && factor_ages(claims).is_some_and(|ages| asked.is_met_by(ages))
            }),
        ];
        asked.iter().any(Option::is_some) && asked.iter().flatten().all(|holds| *holds)
    }

    fn organization_part(&self, claims: &Claims) -> Option<bool> {
        if self.role.is_none() && self.permission.is_none() {
            return None;
        }
        let Some(organization) = active_organization(claims).filter(|organization| !organization.id.is_empty()) else {
            return Some(false);
        };
        let role = self.role.as_deref().is_none_or(|role| {
            organization.role.as_deref().is_some_and(|has| !has.is_empty() && bare(has) == bare(role))
        });
        let permission = self.permission.as_deref().is_none_or(|permission| {
            let permission = format!("org:{}", bare(permission));
            organization.permissions.contains(&permission)
        });
        Some(role && permission)
    }
}

/// As JavaScript writes it: 10, not 10.0.
#[expect(clippy::cast_possible_truncation, reason = "only numbers that are whole and small")]
fn number(minutes: f64) -> Value {
    if minutes.fract() == 0.0 && minutes.abs() < f64::from(i32::MAX) { json!(minutes as i32) } else { json!(minutes) }
}

/// `org:admin` and `admin` are the same.
fn bare(name: &str) -> &str {
    name.trim_start_matches("org:")
}

/// Whether a claim such as `o:pro,u:plus` lists what is asked.
fn is_in(claim: Option<&str>, asked: &str) -> bool {
    let Some(claim) = claim.filter(|claim| !claim.is_empty()) else { return false };
    let scoped = Scoped::read(claim);
    let mut parts = asked.split(':');
    match (parts.next().unwrap_or_default(), parts.next()) {
        (name, None) => scoped.organization.contains(&name) || scoped.user.contains(&name),
        ("o" | "org" | "organization", Some(name)) => scoped.organization.contains(&name),
        ("u" | "user", Some(name)) => scoped.user.contains(&name),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Younger than ten minutes, ten minutes to the dot, older, and a factor that there is not.
    const AGES: [i64; 4] = [9, 10, 11, -1];

    /// Whether somebody who proved who they are so many minutes ago meets what is asked.
    fn meets(asked: Reverification, fva: &Value) -> bool {
        let claims = json!({ "sub": "user_1", "fva": fva });
        Requirement::reverification(asked).is_met_by(&Claims::new(claims.as_object().unwrap().clone()))
    }

    #[test]
    fn a_factor_is_fresh_for_less_than_the_minutes_that_are_asked() {
        // One row for each age of the first factor, one letter for each age of the second.
        for (level, rows) in [
            (Level::FirstFactor, ["yyyy", "....", "....", "...."]),
            (Level::SecondFactor, ["y..y", "y...", "y...", "y..."]),
            (Level::MultiFactor, ["y..y", "....", "....", "...."]),
        ] {
            let asked = Reverification { level, after_minutes: 10.0 };
            for (first, row) in AGES.into_iter().zip(rows) {
                let met = AGES.map(|second| if meets(asked, &json!([first, second])) { 'y' } else { '.' });
                assert_eq!(String::from_iter(met), row, "{level:?}, first factor {first} minutes ago");
            }
        }
    }

    #[test]
    fn a_fraction_of_a_minute_counts() {
        let asked = Reverification { level: Level::FirstFactor, after_minutes: 0.5 };
        for (minutes, expected) in [(0.0, true), (0.49, true), (0.5, false), (1.0, false)] {
            assert_eq!(meets(asked, &json!([minutes, -1])), expected, "{minutes}");
        }
        for after_minutes in [0.0, -1.0, f64::NAN] {
            assert!(
                !meets(Reverification { after_minutes, ..asked }, &json!([0, 0])),
                "{after_minutes} asks for nothing"
            );
        }
    }

    #[test]
    fn presets_are_clerks_by_value() {
        for (preset, level, minutes, name) in [
            (Reverification::STRICT_MFA, Level::MultiFactor, 10, "multi_factor"),
            (Reverification::STRICT, Level::SecondFactor, 10, "second_factor"),
            (Reverification::MODERATE, Level::SecondFactor, 60, "second_factor"),
            (Reverification::LAX, Level::SecondFactor, 1440, "second_factor"),
        ] {
            assert_eq!(preset, Reverification { level, after_minutes: f64::from(minutes) });
            let (fresh, stale) = (json!([minutes - 1, minutes - 1]), json!([minutes, minutes]));
            assert!(meets(preset, &fresh) && !meets(preset, &stale), "{preset:?}");
            let told = format!(
                r#"{{"clerk_error":{{"type":"forbidden","reason":"reverification-error","metadata":{{"reverification":{{"level":"{name}","afterMinutes":{minutes}}}}}}}}}"#
            );
            assert_eq!(preset.error_body().to_string(), told);
        }
        let half = Reverification { level: Level::FirstFactor, after_minutes: 0.5 };
        let config = json!({ "level": "first_factor", "afterMinutes": 0.5 });
        assert_eq!(half.error_body()["clerk_error"]["metadata"]["reverification"], config);
    }
}
