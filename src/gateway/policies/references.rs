//! `$ref` in an OpenAPI document. Nothing is fetched: what a reference names must be in the same document.

use percent_encoding::percent_decode_str;

use crate::gateway::project::{LoadError, Node};

/// Deeper than any honest chain of references.
pub const MAX_REFERENCES: usize = 16;

/// What a place in `document` stands for: itself, or what its `$ref` names.
pub fn resolve<'d>(document: &Node<'d>, place: Node<'d>) -> Result<Node<'d>, LoadError> {
    let mut place = place;
    for _ in 0..MAX_REFERENCES {
        let Some(reference) = place.get("$ref") else { return Ok(place) };
        let found = reference.text()?.strip_prefix("#/").and_then(|pointer| find(document, pointer));
        place = found.ok_or_else(|| reference.error("a reference to something in this document"))?;
    }
    Err(place.error("something that references lead to in the end"))
}

fn find<'d>(document: &Node<'d>, pointer: &str) -> Option<Node<'d>> {
    pointer.split('/').try_fold(document.clone(), |place, key| {
        let key = percent_decode_str(key).decode_utf8().ok()?;
        place.step(&key.replace("~1", "/").replace("~0", "~"))
    })
}
