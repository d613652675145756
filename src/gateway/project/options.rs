//! The `options` of a policy or handler: what the file says, with every `$env(…)` replaced, read into a struct. Values
//! from the environment may be secrets, so a fault is told with what the file says, never with what it became.

use std::sync::LazyLock;

use serde::de::DeserializeOwned;
use serde_json::{Map, Value};
use serde_path_to_error::Segment;

use super::{Environment, LoadError, Node};

/// Options that a project leaves out.
static NONE: LazyLock<Value> = LazyLock::new(|| Value::Object(Map::new()));

/// The options of one policy or handler.
pub struct Options<'a> {
    written: Node<'a>,
    resolved: Value,
}

impl<'a> Options<'a> {
    /// The member `options` of `handler`.
    ///
    /// # Errors
    /// When it is not an object, or names a variable that is not set.
    pub fn of(handler: &Node<'a>, environment: &Environment) -> Result<Self, LoadError> {
        Self::at(handler.get("options").unwrap_or_else(|| handler.child("options", &NONE)), environment)
    }

    /// Options that stand at `written` itself.
    ///
    /// # Errors
    /// When it is not an object, or names a variable that is not set.
    pub fn at(written: Node<'a>, environment: &Environment) -> Result<Self, LoadError> {
        written.object()?;
        let resolved = written.resolved(environment)?;
        Ok(Self { written, resolved })
    }

    /// Reads the options. `T` denies unknown fields, so that a misspelt option is an error and not a wish ignored.
    ///
    /// # Errors
    /// The first option that does not fit.
    pub fn read<T: DeserializeOwned>(&self) -> Result<T, LoadError> {
        serde_path_to_error::deserialize(self.resolved.clone()).map_err(|error| {
            let text = error.inner().to_string();
            match missing_field(&text) {
                Some(field) => self.place(error.path()).missing(field, "a value"),
                None => self.place(error.path()).error(expected(&text)),
            }
        })
    }

    /// Refuses every option.
    ///
    /// # Errors
    /// When there is one.
    pub fn none(&self) -> Result<(), LoadError> {
        match self.written.members()?.first() {
            Some((_, first)) => Err(first.error("no option: there is none here")),
            None => Ok(()),
        }
    }

    /// A fault in one option.
    #[must_use]
    pub fn error(&self, option: &str, expected: &str) -> LoadError {
        match self.written.get(option) {
            Some(node) => node.error(expected),
            None => self.written.missing(option, expected),
        }
    }

    /// The text of an option as the file has it, with no `$env(…)` replaced.
    #[must_use]
    pub fn as_written(&self, option: &str) -> Option<&'a str> {
        self.written.get(option)?.value().as_str()
    }

    /// A fault in an option that holds a secret: what is there is not told.
    #[must_use]
    pub fn error_in_secret(&self, option: &str, expected: &str) -> LoadError {
        match self.written.get(option) {
            Some(node) => node.error_unseen(expected),
            None => self.written.missing(option, expected),
        }
    }

    /// These options alone.
    #[must_use]
    pub fn only(&self, names: &[&str]) -> Self {
        self.filtered(|name| names.contains(&name))
    }

    /// All options but these.
    #[must_use]
    pub fn without(&self, names: &[&str]) -> Self {
        self.filtered(|name| !names.contains(&name))
    }

    fn filtered(&self, is_wanted: impl Fn(&str) -> bool) -> Self {
        let members = self.resolved.as_object().into_iter().flatten();
        let wanted = members.filter(|(name, _)| is_wanted(name)).map(|(name, value)| (name.clone(), value.clone()));
        Self { written: self.written.clone(), resolved: Value::Object(wanted.collect()) }
    }

    /// The objects in the list `option`, each as options of its own; none if it is left out.
    ///
    /// # Errors
    /// When it is no list of objects.
    pub fn each(&self, option: &str) -> Result<Vec<Self>, LoadError> {
        let (Some(list), Some(resolved)) = (self.written.get(option), self.resolved.get(option)) else {
            return Ok(Vec::new());
        };
        let resolved = resolved.as_array().into_iter().flatten().cloned();
        let items = list.items()?.into_iter().zip(resolved);
        items.map(|(written, resolved)| written.object().map(|_| Self { written: written.clone(), resolved })).collect()
    }

    fn place(&self, path: &serde_path_to_error::Path) -> Node<'a> {
        path.iter().fold(self.written.clone(), |node, segment| {
            let key = match segment {
                Segment::Map { key } => key.clone(),
                Segment::Seq { index } => index.to_string(),
                Segment::Enum { .. } | Segment::Unknown => return node,
            };
            node.step(&key).unwrap_or(node)
        })
    }
}

/// serde says "missing field `x`".
fn missing_field(text: &str) -> Option<&str> {
    text.strip_prefix("missing field `")?.split('`').next()
}

/// serde says "invalid type: string "…", expected u64" and "unknown field `x`, expected one of `a`, `b`"; what stands
/// before the last "expected" may be a secret. Our own types say only what they expect.
fn expected(text: &str) -> &str {
    match text.rsplit_once("expected ") {
        Some((_, "one of")) | None => text,
        Some((_, expected)) => expected,
    }
}
