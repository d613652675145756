//! Metadata of users, organizations and memberships: how a change is merged into it, and how large it may become.

use serde_json::{Map, Value};

/// Clerk's own bound, for each of the three.
pub const MAX_METADATA_BYTES: usize = 8 * 1024;

/// Merges `patch` into `target`: objects key by key, everything else replaces; `null` removes (RFC 7396).
fn merge(target: &mut Map<String, Value>, patch: &Map<String, Value>) {
    for (key, value) in patch {
        match value {
            Value::Null => {
                target.shift_remove(key);
            }
            Value::Object(patch) => {
                let entry = target.entry(key).or_insert(Value::Null);
                if !entry.is_object() {
                    *entry = Value::Object(Map::new());
                }
                if let Value::Object(target) = entry {
                    merge(target, patch);
                }
            }
            other => {
                target.insert(key.clone(), other.clone());
            }
        }
    }
}

/// What becomes of what is there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum How {
    /// It is merged with.
    Merge,
    /// It is gone.
    Replace,
}

/// Changes `target`, which is called `name`; without a change it stays.
///
/// # Errors
/// Its name, when it would become too large.
pub fn change(
    name: &'static str,
    target: &mut Map<String, Value>,
    change: Option<&Map<String, Value>>,
    how: How,
) -> Result<(), &'static str> {
    let Some(change) = change else { return Ok(()) };
    match how {
        How::Merge => merge(target, change),
        How::Replace => change.clone_into(target),
    }
    if size(target) > MAX_METADATA_BYTES { Err(name) } else { Ok(()) }
}

/// How large it is when it is written down, in bytes.
pub fn size(metadata: &Map<String, Value>) -> usize {
    serde_json::to_vec(metadata).map_or(usize::MAX, |json| json.len())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn merged(target: Value, patch: &Value) -> Value {
        let Value::Object(mut target) = target else { unreachable!("every case is an object") };
        merge(&mut target, patch.as_object().unwrap());
        Value::Object(target)
    }

    #[test]
    fn objects_merge_and_everything_else_replaces() {
        for (target, patch, expected) in [
            (json!({}), json!({}), json!({})),
            (json!({ "a": 1 }), json!({ "b": 2 }), json!({ "a": 1, "b": 2 })),
            (json!({ "a": 1 }), json!({ "a": "2" }), json!({ "a": "2" })),
            (json!({ "a": { "b": 1, "c": 2 } }), json!({ "a": { "b": 3 } }), json!({ "a": { "b": 3, "c": 2 } })),
            (
                json!({ "a": { "b": { "c": 1 } } }),
                json!({ "a": { "b": { "d": 2 } } }),
                json!({ "a": { "b": { "c": 1, "d": 2 } } }),
            ),
            (json!({ "a": [1, 2] }), json!({ "a": [3] }), json!({ "a": [3] })),
            (json!({ "a": [1] }), json!({ "a": { "b": 1 } }), json!({ "a": { "b": 1 } })),
            (json!({ "a": { "b": 1 } }), json!({ "a": false }), json!({ "a": false })),
        ] {
            assert_eq!(merged(target.clone(), &patch), expected, "{target} {patch}");
        }
    }

    #[test]
    fn null_removes_at_any_depth_and_is_never_kept() {
        for (target, patch, expected) in [
            (json!({ "a": 1, "b": 2, "c": 3 }), json!({ "a": null }), r#"{"b":2,"c":3}"#),
            (json!({ "a": { "b": 1, "c": 2 } }), json!({ "a": { "b": null } }), r#"{"a":{"c":2}}"#),
            (json!({}), json!({ "a": null }), "{}"),
            (json!({}), json!({ "a": { "b": null, "c": 1 } }), r#"{"a":{"c":1}}"#),
            (json!({ "a": 1 }), json!({ "a": { "b": { "c": null } } }), r#"{"a":{"b":{}}}"#),
        ] {
            // As text: what stays keeps its place.
            assert_eq!(merged(target.clone(), &patch).to_string(), expected, "{target} {patch}");
        }
    }
}
