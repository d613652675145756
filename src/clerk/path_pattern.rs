//! Path patterns of organization sync: `/orgs/:slug`, `/orgs/:id/(.*)`, `/me{/:rest}?` (the npm package
//! `path-to-regexp`, version 6, which Clerk's SDK uses).

use regex::{Regex, RegexBuilder};

const MAX_COMPILED_BYTES: usize = 256 * 1024;

/// The text is not a pattern.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PathPatternError {
    /// A group that is not closed, a modifier with nothing before it, and the like.
    #[error("unexpected {found} at character {at}")]
    Unexpected {
        /// What stands there.
        found: String,
        /// Counted from 0.
        at: usize,
    },
    /// A parameter's own regular expression.
    #[error("a regular expression in it is not supported")]
    Regex,
}

/// A compiled pattern.
#[derive(Debug, Clone)]
pub struct PathPattern {
    regex: Regex,
    names: Vec<String>,
}

impl PathPattern {
    /// Compiles a pattern.
    ///
    /// # Errors
    /// [`PathPatternError`]
    pub fn parse(pattern: &str) -> Result<Self, PathPatternError> {
        let characters: Vec<char> = pattern.chars().collect();
        let mut parser = Parser { characters: &characters, at: 0, names: Vec::new(), unnamed: 0 };
        let body = parser.parts(false)?;
        let regex = RegexBuilder::new(&format!("^{body}[/#?]?$"))
            .case_insensitive(true)
            .size_limit(MAX_COMPILED_BYTES)
            .build()
            .map_err(|_| PathPatternError::Regex)?;
        // A parameter's own expression must not bring groups of its own: they would shift the others.
        if regex.captures_len() != parser.names.len() + 1 {
            return Err(PathPatternError::Regex);
        }
        Ok(Self { regex, names: parser.names })
    }

    /// The parameters of a path that matches, by name; unnamed ones are called by their number.
    #[must_use]
    pub fn matches(&self, path: &str) -> Option<Vec<(&str, String)>> {
        let captures = self.regex.captures(path)?;
        let values = self.names.iter().zip(captures.iter().skip(1));
        Some(values.filter_map(|(name, value)| Some((name.as_str(), value?.as_str().to_owned()))).collect())
    }
}

struct Parser<'a> {
    characters: &'a [char],
    at: usize,
    names: Vec<String>,
    unnamed: usize,
}

impl Parser<'_> {
    /// Everything up to the end, or up to the `}` that closes a group.
    fn parts(&mut self, in_group: bool) -> Result<String, PathPatternError> {
        let mut regex = String::new();
        while let Some(character) = self.peek() {
            match character {
                '}' if in_group => return Ok(regex),
                '}' | '*' | '+' | '?' | ')' => return Err(self.unexpected()),
                '{' if in_group => return Err(self.unexpected()),
                '{' => regex.push_str(&self.group()?),
                ':' | '(' => regex.push_str(&self.parameter("")?),
                '/' | '.' if matches!(self.characters.get(self.at + 1), Some(':' | '(')) => {
                    self.at += 1;
                    regex.push_str(&self.parameter(&character.to_string())?);
                }
                '\\' => {
                    self.at += 1;
                    let escaped = self.next().ok_or_else(|| self.unexpected())?;
                    regex.push_str(&regex::escape(&escaped.to_string()));
                }
                other => {
                    self.at += 1;
                    regex.push_str(&regex::escape(&other.to_string()));
                }
            }
        }
        if in_group { Err(self.unexpected()) } else { Ok(regex) }
    }

    fn group(&mut self) -> Result<String, PathPatternError> {
        self.at += 1;
        let body = self.parts(true)?;
        self.at += 1;
        let modifier = self.modifier();
        Ok(format!("(?:{body}){modifier}"))
    }

    /// `:name`, `:name(regex)` or `(regex)`, with the `/` or `.` before it, which is repeated or left out with it.
    fn parameter(&mut self, prefix: &str) -> Result<String, PathPatternError> {
        let name = if self.peek() == Some(':') { self.name()? } else { self.number() };
        let expression = if self.peek() == Some('(') { self.expression()? } else { "[^/#?]+?".to_owned() };
        self.names.push(name);
        let prefix = regex::escape(prefix);
        Ok(match self.modifier() {
            modifier @ ("*" | "+") => {
                let optional = if modifier == "*" { "?" } else { "" };
                format!("(?:{prefix}((?:{expression})(?:{prefix}(?:{expression}))*)){optional}")
            }
            modifier => format!("(?:{prefix}({expression})){modifier}"),
        })
    }

    fn name(&mut self) -> Result<String, PathPatternError> {
        self.at += 1;
        let start = self.at;
        while self.peek().is_some_and(|character| character.is_ascii_alphanumeric() || character == '_') {
            self.at += 1;
        }
        if self.at == start {
            return Err(self.unexpected());
        }
        Ok(self.characters[start..self.at].iter().collect())
    }

    fn number(&mut self) -> String {
        self.unnamed += 1;
        (self.unnamed - 1).to_string()
    }

    /// The expression in parentheses; groups inside must not capture.
    fn expression(&mut self) -> Result<String, PathPatternError> {
        self.at += 1;
        let (start, mut depth) = (self.at, 1);
        while depth > 0 {
            match self.next().ok_or_else(|| self.unexpected())? {
                '\\' => self.at += 1,
                '(' => depth += 1,
                ')' => depth -= 1,
                _ => {}
            }
        }
        let expression: String = self.characters[start..self.at - 1].iter().collect();
        if expression.is_empty() || expression.starts_with('?') { Err(self.unexpected()) } else { Ok(expression) }
    }

    fn modifier(&mut self) -> &'static str {
        let modifier = match self.peek() {
            Some('?') => "?",
            Some('*') => "*",
            Some('+') => "+",
            _ => return "",
        };
        self.at += 1;
        modifier
    }

    fn peek(&self) -> Option<char> {
        self.characters.get(self.at).copied()
    }

    fn next(&mut self) -> Option<char> {
        let character = self.peek()?;
        self.at += 1;
        Some(character)
    }

    fn unexpected(&self) -> PathPatternError {
        let found = self.peek().map_or_else(|| "end".to_owned(), |character| format!("`{character}`"));
        PathPatternError::Unexpected { found, at: self.at }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn matched(pattern: &str, path: &str) -> Option<String> {
        let pattern = PathPattern::parse(pattern).unwrap();
        let parameters = pattern.matches(path)?;
        Some(parameters.iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join(","))
    }

    #[test]
    fn patterns_match_as_path_to_regexp_does() {
        for (pattern, path, expected) in [
            ("/orgs/:slug", "/orgs/acme", Some("slug=acme")),
            ("/orgs/:slug", "/orgs/acme/", Some("slug=acme")),
            ("/orgs/:slug", "/ORGS/acme", Some("slug=acme")),
            ("/orgs/:slug", "/orgs/acme/members", None),
            ("/orgs/:slug", "/orgs/", None),
            ("/orgs/:id/(.*)", "/orgs/org_1/a/b", Some("id=org_1,0=a/b")),
            ("/orgs/:id/(.*)", "/orgs/org_1/", Some("id=org_1,0=")),
            ("/orgs/:id/:rest*", "/orgs/org_1", Some("id=org_1")),
            ("/orgs/:id/:rest*", "/orgs/org_1/a/b", Some("id=org_1,rest=a/b")),
            ("/orgs/:id/:rest+", "/orgs/org_1", None),
            ("/:locale(en|de)/orgs/:slug", "/de/orgs/acme", Some("locale=de,slug=acme")),
            ("/:locale(en|de)/orgs/:slug", "/fr/orgs/acme", None),
            ("/me{/:tab}?", "/me", Some("")),
            ("/me{/:tab}?", "/me/keys", Some("tab=keys")),
            ("/a.b", "/axb", None),
            ("/a\\:b", "/a:b", Some("")),
            ("i am no path", "/orgs/acme", None),
        ] {
            assert_eq!(matched(pattern, path).as_deref(), expected, "{pattern} {path}");
        }
    }

    #[test]
    fn rubbish_is_refused_by_place() {
        for pattern in ["/:", "/(", "/{a", "/a}", "/*", "/()", "/(?:a)", "/:id((a)(b))", "/([)", "/a\\"] {
            assert!(PathPattern::parse(pattern).is_err(), "{pattern}");
        }
        assert_eq!(PathPattern::parse("/a/:").unwrap_err().to_string(), "unexpected end at character 4");
    }
}
