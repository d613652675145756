//! Path mode `open-api`: `{name}` stands for one or more characters other than `/`, anywhere in a segment; everything
//! else is literal (Zuplo's rule since compatibility date 2025-02-06).

use percent_encoding::percent_decode_str;

use super::pattern::{EXAMPLE, Parts, Segment};
use crate::gateway::path::is_dot_segment;

const EXPECTED: &str = "a path whose parameters are written as {name}, with something between two of them";
const EXPECTED_LITERAL: &str = "a path that a request can have: no encoded slash, no dot segment";
/// What a parameter matches.
const PARAMETER: &str = "([^/]+?)";

/// Reads the path, which starts with `/`.
pub fn parse(text: &str) -> Result<Parts, String> {
    let mut parts = Parts::default();
    for segment in text.split('/').skip(1) {
        parts.source.push('/');
        let segment = read_segment(segment, &mut parts)?;
        parts.segments.push(segment);
    }
    Ok(parts)
}

fn read_segment(text: &str, parts: &mut Parts) -> Result<Segment, String> {
    let start = parts.source.len();
    let (mut rest, mut parameters, mut example) = (text, 0, String::new());
    while let Some((literal, after)) = rest.split_once('{') {
        let (name, after) = after.split_once('}').ok_or(EXPECTED)?;
        let adjacent = literal.is_empty() && parameters > 0;
        if literal.contains('}') || name.is_empty() || name.contains('{') || adjacent {
            return Err(EXPECTED.to_owned());
        }
        let literal = decode(literal)?;
        parts.source.push_str(&regex::escape(&literal));
        example = example + &literal + EXAMPLE;
        parts.source.push_str(PARAMETER);
        parts.names.push(name.to_owned());
        parameters += 1;
        rest = after;
    }
    if rest.contains('}') {
        return Err(EXPECTED.to_owned());
    }
    let last = decode(rest)?;
    if parameters == 0 {
        refuse_dots(&last)?;
    }
    parts.source.push_str(&regex::escape(&last));
    Ok(match parameters {
        0 => Segment::Literal(last),
        1 if example == EXAMPLE && last.is_empty() => Segment::Parameter,
        _ => Segment::Mixed { source: parts.source[start..].to_owned(), example: example + &last },
    })
}

/// Paths are matched in their decoded form.
pub fn decode(literal: &str) -> Result<String, String> {
    let decoded = percent_decode_str(literal).decode_utf8().map_err(|_| "a path in UTF-8".to_owned())?;
    if decoded.contains(['/', '\\', '\0']) {
        return Err(EXPECTED_LITERAL.to_owned());
    }
    Ok(decoded.into_owned())
}

/// For a whole segment without parameters: no request that gets as far as the routes has dots there.
pub fn refuse_dots(segment: &str) -> Result<(), String> {
    if is_dot_segment(segment) { Err(EXPECTED_LITERAL.to_owned()) } else { Ok(()) }
}
