//! JSON with comments and trailing commas, as `zuplo.jsonc` is written: both become spaces, so that what is left is
//! JSON and every fault keeps its line and column.

/// The same text without comments and trailing commas.
pub fn to_json(text: &str) -> String {
    without_trailing_commas(&without_comments(text))
}

fn without_comments(text: &str) -> String {
    let mut json = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(character) = rest.chars().next() {
        let length = match rest.get(..2) {
            _ if character == '"' => {
                let end = string_end(rest);
                json.push_str(&rest[..end]);
                rest = &rest[end..];
                continue;
            }
            Some("//") => rest.find('\n').unwrap_or(rest.len()),
            Some("/*") => rest.find("*/").map_or(rest.len(), |end| end + 2),
            _ => {
                json.push(character);
                rest = &rest[character.len_utf8()..];
                continue;
            }
        };
        json.extend(rest[..length].chars().map(|character| if character == '\n' { '\n' } else { ' ' }));
        rest = &rest[length..];
    }
    json
}

fn without_trailing_commas(text: &str) -> String {
    let mut json = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(character) = rest.chars().next() {
        let length = if character == '"' { string_end(rest) } else { character.len_utf8() };
        let trailing = character == ',' && rest[length..].trim_start().starts_with(['}', ']']);
        json.push_str(if trailing { " " } else { &rest[..length] });
        rest = &rest[length..];
    }
    json
}

/// Where the string ends that `text` starts with.
fn string_end(text: &str) -> usize {
    let mut escaped = false;
    for (at, character) in text.char_indices().skip(1) {
        match character {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '"' => return at + 1,
            _ => {}
        }
    }
    text.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn comments_and_trailing_commas_become_spaces() {
        let text = "{ // one\n \"a\": \"// not, } a comment\\\"/*\", /* two\n lines */ \"b\": [1, 2, ], }";
        let json = to_json(text);
        assert_eq!(
            serde_json::from_str::<serde_json::Value>(&json).unwrap(),
            serde_json::json!({ "a": "// not, } a comment\"/*", "b": [1, 2] })
        );
        assert_eq!(json.matches('\n').count(), 2);
        assert_eq!(json.chars().count(), text.chars().count());
    }

    #[test]
    fn what_never_ends_stays_a_fault() {
        for text in ["{ /* \"a\": 1 }", "{ \"a", "{ // }"] {
            assert!(serde_json::from_str::<serde_json::Value>(&to_json(text)).is_err(), "{text}");
        }
    }
}
