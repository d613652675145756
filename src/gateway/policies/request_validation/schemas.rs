//! The schemas of an OpenAPI document, compiled. Nothing is fetched: what a reference names must be in the document, under
//! `components`. Patterns are matched in time linear in the text, so that no request can stall one.

use std::collections::BTreeSet;

use jsonschema::{Draft, PatternOptions, Validator};
use serde_json::Value;

use crate::gateway::{
    policies::references::{MAX_REFERENCES, resolve},
    project::{LoadError, Node},
};

/// Something in a request that does not fit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Violation {
    /// `path`, `query`, `header` or `body`.
    pub part: &'static str,
    /// Where in it.
    pub pointer: String,
    /// What is wrong, without what was sent.
    pub message: String,
}

/// Compiles the schemas of a document.
pub struct Schemas<'d> {
    document: &'d Node<'d>,
    draft: Draft,
    components: Value,
}

/// The types of JSON that a schema allows, by name.
pub type Types = BTreeSet<String>;

impl<'d> Schemas<'d> {
    /// Those of an OpenAPI 3.0 or 3.1 document.
    pub fn of(document: &'d Node<'d>) -> Self {
        let version = document.value().get("openapi").and_then(Value::as_str).unwrap_or_default();
        let draft = if version.starts_with("3.0") { Draft::Draft4 } else { Draft::Draft202012 };
        let mut components = document.value().get("components").cloned().unwrap_or_default();
        adapt(&mut components, draft);
        Self { document, draft, components }
    }

    /// The schema at `place`, ready to be used.
    pub fn compile(&self, place: &Node<'_>) -> Result<Validator, LoadError> {
        let mut schema = place.value().clone();
        adapt(&mut schema, self.draft);
        if let Value::Object(members) = &mut schema {
            // Where references look for them. To the schema itself it is a member without meaning.
            members.insert("components".to_owned(), self.components.clone());
        }
        jsonschema::options()
            .with_draft(self.draft)
            .should_validate_formats(true)
            .with_pattern_options(PatternOptions::regex())
            .offline()
            .build(&schema)
            .map_err(|error| place.error(format!("a schema that can be used ({error})")))
    }

    /// What a place stands for: itself, or what its `$ref` names.
    pub fn resolve(&self, place: Node<'d>) -> Result<Node<'d>, LoadError> {
        resolve(self.document, place)
    }

    /// The types that a schema allows; none where it does not say.
    pub fn types(&self, place: &Node<'d>) -> Types {
        let mut types = Types::new();
        self.add_types(place, MAX_REFERENCES, &mut types);
        types
    }

    fn add_types(&self, place: &Node<'d>, depth: usize, types: &mut Types) {
        let (Some(depth), Ok(place)) = (depth.checked_sub(1), self.resolve(place.clone())) else { return };
        let named = |value: &Value| value.as_str().map(str::to_owned);
        match place.value().get("type") {
            Some(Value::Array(list)) => types.extend(list.iter().filter_map(named)),
            Some(name) => types.extend(named(name)),
            None => {
                let values = place.value().get("enum").and_then(Value::as_array);
                let values = values.into_iter().flatten().chain(place.value().get("const"));
                types.extend(values.map(|value| type_of(value).to_owned()));
            }
        }
        for list in ["allOf", "anyOf", "oneOf"] {
            let parts = place.get(list).and_then(|parts| parts.items().ok()).unwrap_or_default();
            parts.iter().for_each(|part| self.add_types(part, depth, types));
        }
    }
}

const fn type_of(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(_) => "number",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    }
}

/// Says in JSON Schema's own words what OpenAPI says in others: `nullable` (3.0) is one more type, and a property that is
/// `readOnly` is for answers, so that no request need have it.
fn adapt(value: &mut Value, draft: Draft) {
    match value {
        Value::Array(items) => items.iter_mut().for_each(|item| adapt(item, draft)),
        Value::Object(members) => {
            if draft == Draft::Draft4
                && members.get("nullable") == Some(&Value::Bool(true))
                && let Some(name @ Value::String(_)) = members.get_mut("type")
            {
                *name = Value::Array(vec![name.take(), Value::from("null")]);
            }
            let read_only: Vec<String> = members
                .get("properties")
                .and_then(Value::as_object)
                .into_iter()
                .flatten()
                .filter(|(_, schema)| schema.get("readOnly") == Some(&Value::Bool(true)))
                .map(|(name, _)| name.clone())
                .collect();
            if let Some(Value::Array(required)) = members.get_mut("required") {
                required.retain(|name| !name.as_str().is_some_and(|name| read_only.iter().any(|own| own == name)));
                // The draft of OpenAPI 3.0 knows no empty list.
                if required.is_empty() {
                    members.remove("required");
                }
            }
            members.iter_mut().for_each(|(_, member)| adapt(member, draft));
        }
        _ => {}
    }
}

/// What does not fit in `value`, which stands at `pointer` of a part of the request.
pub fn violations(validator: &Validator, value: &Value, part: &'static str, pointer: &str) -> Vec<Violation> {
    let violation = |error: jsonschema::ValidationError<'_>| Violation {
        part,
        pointer: format!("{pointer}{}", error.instance_path().as_str()),
        message: error.masked().to_string(),
    };
    validator.iter_errors(value).map(violation).collect()
}
