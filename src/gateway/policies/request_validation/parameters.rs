//! Parameters of an operation: texts in a request, which are read as the types that their schema allows before they are
//! held to it. Of a parameter that stands there several times every value is checked, because nobody knows which of them
//! the upstream takes.

use std::borrow::Cow;

use axum::{extract::Request, http::HeaderName};
use jsonschema::Validator;
use serde_json::{Number, Value};
use url::form_urlencoded;

use super::{
    super::RouteSite,
    schemas::{Schemas, Types, Violation, violations},
};
use crate::gateway::{
    context::Context,
    project::{LoadError, Node},
};

/// Where a parameter stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    Path,
    Query,
    Header,
}

impl Part {
    const fn name(self) -> &'static str {
        match self {
            Self::Path => "path",
            Self::Query => "query",
            Self::Header => "header",
        }
    }
}

/// A parameter with its schema.
pub struct Parameter {
    part: Part,
    name: String,
    is_required: bool,
    form: Form,
    schema: Validator,
}

/// What the text of a parameter stands for.
enum Form {
    /// One value of these types.
    Plain(Types),
    /// Several of them, each in a text of its own or with commas between.
    List { items: Types, is_exploded: bool },
    /// JSON.
    Json,
}

/// Every parameter of a route, those of its path item included. Cookies are nobody's parameters here.
pub fn load(route: &RouteSite<'_>, schemas: &Schemas<'_>) -> Result<Vec<Parameter>, LoadError> {
    let mut parameters: Vec<Parameter> = Vec::new();
    for owner in [route.item, route.operation] {
        let Some(list) = owner.get("parameters") else { continue };
        for place in list.items()? {
            let Some(parameter) = read(place, route, schemas)? else { continue };
            parameters.retain(|other| (other.part, &other.name) != (parameter.part, &parameter.name));
            parameters.push(parameter);
        }
    }
    Ok(parameters)
}

fn read<'d>(place: Node<'d>, route: &RouteSite<'_>, schemas: &Schemas<'d>) -> Result<Option<Parameter>, LoadError> {
    let place = schemas.resolve(place)?;
    let name = place.required("name", "the parameter's name")?;
    let part = place.required("in", "`path`, `query`, `header` or `cookie`")?;
    let part = match part.text()? {
        "path" => Part::Path,
        "query" => Part::Query,
        "header" => Part::Header,
        "cookie" => return Ok(None),
        _ => return Err(part.error("`path`, `query`, `header` or `cookie`")),
    };
    let text = name.text()?;
    if part == Part::Path && !route.pattern.names().any(|own| own == text) {
        return Err(name.error("a parameter that the path has"));
    }
    if part == Part::Header && HeaderName::try_from(text).is_err() {
        return Err(name.error("the name of a header"));
    }
    // OpenAPI: what these three hold is said elsewhere.
    if part == Part::Header && ["accept", "content-type", "authorization"].contains(&text.to_lowercase().as_str()) {
        return Ok(None);
    }
    let (form, schema) = form_of(&place, part, schemas)?;
    let is_required = part == Part::Path || place.value().get("required") == Some(&Value::Bool(true));
    Ok(Some(Parameter { part, name: text.to_owned(), is_required, form, schema: schemas.compile(&schema)? }))
}

fn form_of<'d>(place: &Node<'d>, part: Part, schemas: &Schemas<'d>) -> Result<(Form, Node<'d>), LoadError> {
    if let Some(content) = place.get("content") {
        let json = content.required("application/json", "`application/json`, the only content of parameters here")?;
        return Ok((Form::Json, json.required("schema", "a schema")?));
    }
    let schema = place.required("schema", "a schema, or `content`")?;
    let usual = if part == Part::Query { "form" } else { "simple" };
    if let Some(style) = place.get("style").filter(|style| style.value() != usual) {
        return Err(style.error(format!("`{usual}`, the only style here")));
    }
    let types = schemas.types(&schema);
    if types.contains("object") {
        return Err(schema.error("a schema without objects: only `content` can hold one"));
    }
    if !types.contains("array") {
        return Ok((Form::Plain(types), schema));
    }
    let items = schemas.resolve(schema.clone())?.get("items").map(|items| schemas.types(&items)).unwrap_or_default();
    let is_exploded = part == Part::Query && place.value().get("explode") != Some(&Value::Bool(false));
    Ok((Form::List { items, is_exploded }, schema))
}

impl Parameter {
    /// Where it stands.
    pub const fn part(&self) -> Part {
        self.part
    }

    /// What is wrong with it in this request.
    pub fn check(&self, request: &Request, context: &Context) -> Vec<Violation> {
        let texts = self.texts(request, context);
        let violation =
            |message: &str| Violation { part: self.part.name(), pointer: self.pointer(), message: message.to_owned() };
        if texts.is_empty() {
            return if self.is_required { vec![violation("a value is required")] } else { Vec::new() };
        }
        let Some(values) = self.values(&texts) else { return vec![violation("the value is not JSON")] };
        let check = |value: &Value| violations(&self.schema, value, self.part.name(), &self.pointer());
        values.iter().flat_map(check).collect()
    }

    fn pointer(&self) -> String {
        format!("/{}", self.name.replace('~', "~0").replace('/', "~1"))
    }

    fn texts<'r>(&self, request: &'r Request, context: &'r Context) -> Vec<Cow<'r, str>> {
        match self.part {
            Part::Path => context.params.get(&self.name).map(Cow::Borrowed).into_iter().collect(),
            Part::Query => form_urlencoded::parse(request.uri().query().unwrap_or_default().as_bytes())
                .filter(|(name, _)| *name == self.name)
                .map(|(_, value)| value)
                .collect(),
            Part::Header => request
                .headers()
                .get_all(&self.name)
                .iter()
                .map(|value| String::from_utf8_lossy(value.as_bytes()))
                .collect(),
        }
    }

    /// The values that the texts stand for; none for what is not JSON and should be.
    fn values(&self, texts: &[Cow<'_, str>]) -> Option<Vec<Value>> {
        match &self.form {
            Form::Plain(types) => Some(texts.iter().map(|text| value_of(text, types)).collect()),
            Form::Json => texts.iter().map(|text| serde_json::from_str(text).ok()).collect(),
            Form::List { items, is_exploded: true } => {
                Some(vec![texts.iter().map(|text| value_of(text, items)).collect()])
            }
            Form::List { items, .. } => Some(texts.iter().map(|text| list_of(text, items)).collect()),
        }
    }
}

fn list_of(text: &str, items: &Types) -> Value {
    text.split(',').map(|item| value_of(item.trim(), items)).collect()
}

/// A text stays one where that is allowed, or where it cannot be read as anything else that is.
fn value_of(text: &str, types: &Types) -> Value {
    let allows = |name: &str| types.contains(name);
    if types.is_empty() || allows("string") {
        return Value::from(text);
    }
    let number = || text.trim() == text && (allows("integer") || allows("number"));
    if let Some(number) = Some(text).filter(|_| number()).and_then(|text| serde_json::from_str::<Number>(text).ok()) {
        return Value::Number(number);
    }
    match text {
        "true" | "false" if allows("boolean") => Value::Bool(text == "true"),
        "" | "null" if allows("null") => Value::Null,
        _ => Value::from(text),
    }
}
