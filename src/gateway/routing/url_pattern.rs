//! Path mode `url-pattern`, the part of the web's URLPattern that Zuplo documents: `:name`, `(regex)`, `:name(regex)`,
//! the modifiers `?`, `*` and `+` behind a named segment, `*` for anything, and `{/}?` at the end.

use super::{
    open_api::{decode, refuse_dots},
    pattern::{EXAMPLE, Parts, Segment, Tail},
};

/// What `:name` matches.
const NAMED: &str = "[^/]+?";

/// Reads the path, which starts with `/`.
pub fn parse(text: &str) -> Result<Parts, String> {
    let mut reader = Reader { rest: text, parts: Parts::default(), segment: SegmentInProgress::default(), unnamed: 0 };
    while let Some(character) = reader.rest.chars().next() {
        match character {
            '/' => reader.slash()?,
            ':' => reader.named()?,
            '(' => {
                let expression = reader.expression()?;
                reader.unnamed_group(&expression);
            }
            '*' => {
                reader.skip(1);
                reader.unnamed_group(".*");
            }
            '{' => reader.optional_slash()?,
            '}' | ')' | '?' | '+' => return Err(format!("no `{character}` here: it belongs to a group")),
            _ => reader.literal()?,
        }
    }
    reader.end_segment()?;
    Ok(reader.parts)
}

struct Reader<'t> {
    rest: &'t str,
    parts: Parts,
    segment: SegmentInProgress,
    unnamed: usize,
}

#[derive(Default)]
struct SegmentInProgress {
    started: bool,
    start: usize,
    /// A segment that fits what was read so far.
    example: String,
    parameters: usize,
}

impl Reader<'_> {
    fn skip(&mut self, bytes: usize) {
        self.rest = &self.rest[bytes..];
    }

    fn slash(&mut self) -> Result<(), String> {
        self.skip(1);
        self.end_segment()?;
        self.parts.source.push('/');
        self.segment = SegmentInProgress { started: true, start: self.parts.source.len(), ..Default::default() };
        Ok(())
    }

    fn literal(&mut self) -> Result<(), String> {
        let end = self.rest.find(['/', ':', '(', ')', '*', '{', '}', '?', '+']).unwrap_or(self.rest.len());
        let text = decode(&self.rest[..end])?;
        self.skip(end);
        self.parts.source.push_str(&regex::escape(&text));
        self.segment.example.push_str(&text);
        Ok(())
    }

    fn named(&mut self) -> Result<(), String> {
        self.skip(1);
        let is_name = |character: char| character.is_ascii_alphanumeric() || character == '_';
        let end = self.rest.find(|character| !is_name(character)).unwrap_or(self.rest.len());
        let name = self.rest[..end].to_owned();
        if name.is_empty() {
            return Err("a name behind `:`".to_owned());
        }
        self.skip(end);
        self.parts.names.push(name);
        if self.rest.starts_with('(') {
            let expression = self.expression()?;
            self.group(&expression);
        } else if let Some(modifier @ ('?' | '*' | '+')) = self.rest.chars().next() {
            self.skip(1);
            self.repeated(modifier)?;
        } else {
            self.parts.source.push_str(&format!("({NAMED})"));
            self.segment.example.push_str(EXAMPLE);
            self.segment.parameters += 1;
        }
        Ok(())
    }

    /// `/:name?`, `/:name*`, `/:name+`: the slash belongs to the group.
    fn repeated(&mut self, modifier: char) -> Result<(), String> {
        if !self.parts.source.ends_with('/') {
            return Err(format!("a slash before a name with `{modifier}`"));
        }
        self.parts.source.pop();
        let more = if modifier == '?' { String::new() } else { format!("(?:/{NAMED})*") };
        let optional = if modifier == '+' { "" } else { "?" };
        self.parts.source.push_str(&format!("(?:/({NAMED}{more})){optional}"));
        // Where the group is absent, what follows it belongs to the segment before it.
        let ends_here = matches!(self.rest.chars().next(), None | Some('/' | '{'));
        if modifier != '+' && !ends_here && self.parts.tail.is_none() {
            self.parts.segments.pop();
        }
        self.open_end(Tail::Expression);
        Ok(())
    }

    fn unnamed_group(&mut self, expression: &str) {
        self.parts.names.push(self.unnamed.to_string());
        self.unnamed += 1;
        self.group(expression);
    }

    fn group(&mut self, expression: &str) {
        let everything = expression == ".*" && self.rest.is_empty() && self.parts.source.ends_with('/');
        self.parts.source.push_str(&format!("({expression})"));
        self.open_end(if everything { Tail::Everything } else { Tail::Expression });
    }

    fn optional_slash(&mut self) -> Result<(), String> {
        if self.rest != "{/}?" {
            return Err("no braces but `{/}?` at the end".to_owned());
        }
        self.rest = "";
        self.check_segment()?;
        self.parts.source.push_str("/?");
        self.open_end(Tail::Expression);
        Ok(())
    }

    /// From this segment on, only the expression knows. The first such place counts.
    fn open_end(&mut self, tail: Tail) {
        self.segment = SegmentInProgress::default();
        self.parts.tail.get_or_insert(tail);
    }

    fn check_segment(&self) -> Result<(), String> {
        if self.segment.started && self.segment.parameters == 0 { refuse_dots(&self.segment.example) } else { Ok(()) }
    }

    fn end_segment(&mut self) -> Result<(), String> {
        self.check_segment()?;
        let segment = std::mem::take(&mut self.segment);
        if !segment.started || self.parts.tail.is_some() {
            return Ok(());
        }
        self.parts.segments.push(match segment.parameters {
            0 => Segment::Literal(segment.example),
            1 if segment.example == EXAMPLE => Segment::Parameter,
            _ => {
                let source = self.parts.source[segment.start..].to_owned();
                Segment::Mixed { source, example: segment.example }
            }
        });
        Ok(())
    }

    /// The text between the parentheses that the rest starts with. Groups of its own must not capture, or they would
    /// shift the parameters, so that every `(` inside becomes `(?:`.
    fn expression(&mut self) -> Result<String, String> {
        let (mut depth, mut escaped, mut in_class) = (0_usize, false, false);
        let mut expression = String::new();
        for (at, character) in self.rest.char_indices() {
            match character {
                _ if escaped => escaped = false,
                '\\' => escaped = true,
                '[' => in_class = true,
                ']' => in_class = false,
                '(' if !in_class => {
                    if self.rest[at + 1..].starts_with('?') {
                        return Err("no `(?` in an expression: Zuplo does not support it".to_owned());
                    }
                    depth += 1;
                    if depth > 1 {
                        expression.push_str("(?:");
                    }
                    continue;
                }
                ')' if !in_class => {
                    depth -= 1;
                    if depth == 0 {
                        self.skip(at + 1);
                        return checked(expression);
                    }
                }
                '^' | '$' if !in_class => {
                    return Err(format!("no `{character}` in an expression: it always covers its place whole"));
                }
                _ => {}
            }
            expression.push(character);
        }
        Err("a `)` for every `(`".to_owned())
    }
}

/// Alternatives are the group's own business, and an expression that ends early must not reach out of its group.
fn checked(expression: String) -> Result<String, String> {
    let balanced = regex::Regex::new(&expression).is_ok();
    if expression.is_empty() || !balanced {
        return Err("a regular expression between `(` and `)`: no look-around, no back-references".to_owned());
    }
    Ok(expression)
}
