//! URL templates of handlers, such as `https://api.example.com/users/${params.id}`: read at load, filled in per request
//! (Zuplo, "URL Rewrite"). There is no scripting: a value is named, and at most encoded.
//!
//! Scheme and host are fixed at load; only `${env.NAME}` may stand in them. What a request puts into the path is
//! percent-encoded, and can neither end the path nor climb out of it, not even for an upstream that decodes it first.

mod expression;

use std::fmt::Write;

use axum::http::{Uri, request::Parts};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use url::Url;

use super::{context::Context, path::is_dot_segment, project::Environment};
use expression::Expression;

/// What `encodeURIComponent` leaves alone.
const COMPONENT: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'_')
    .remove(b'.')
    .remove(b'!')
    .remove(b'~')
    .remove(b'*')
    .remove(b'\'')
    .remove(b'(')
    .remove(b')');
/// What may stand in a segment as it is (RFC 3986, `pchar`), but for `;`: to some upstreams it begins a parameter.
const SEGMENT: &AsciiSet =
    &COMPONENT.remove(b'$').remove(b'&').remove(b'+').remove(b',').remove(b'=').remove(b':').remove(b'@');
/// The same for values that may hold several segments: what the route's own pattern let through.
const SEGMENTS: &AsciiSet = &SEGMENT.remove(b'/');

/// The most bytes that the `http` crate takes for an address.
const LONGEST: usize = u16::MAX as usize - 1;

/// Why a template cannot be filled in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BadTarget {
    /// A value would make the path climb, or leave a segment empty.
    Ambiguous,
    /// The address would be longer than addresses can be.
    TooLong,
}

/// A URL with gaps.
#[derive(Debug, Clone, PartialEq)]
pub struct UrlTemplate {
    /// Scheme and authority.
    origin: String,
    path: Vec<Piece>,
    query: Vec<Piece>,
}

#[derive(Debug, Clone, PartialEq)]
enum Piece {
    Literal(String),
    Value(Expression),
}

/// What values may be named, and what is known of them at load.
pub struct Scope<'a> {
    /// For `${env.NAME}`.
    pub environment: &'a Environment,
    /// The route's path parameters.
    pub params: Vec<&'a str>,
}

impl UrlTemplate {
    /// Reads a template.
    ///
    /// # Errors
    /// What would be right instead.
    pub fn parse(text: &str, scope: &Scope<'_>) -> Result<Self, String> {
        let (literal, mut rest) = split_origin(&read_pieces(text, scope)?)?;
        let origin = Url::parse(&literal).ok().filter(is_origin).ok_or(EXPECTED_ORIGIN)?;
        let mut template = Self { origin: origin.origin().ascii_serialization(), path: Vec::new(), query: Vec::new() };
        let mut in_query = false;
        for piece in rest.drain(..) {
            template.push(piece, &mut in_query)?;
        }
        Ok(template)
    }

    /// The same template with the request's own path behind its own.
    ///
    /// # Errors
    /// When it has a query.
    pub fn with_request_path(mut self) -> Result<Self, String> {
        if !self.query.is_empty() {
            return Err("a URL without a query: the request's path goes behind it".to_owned());
        }
        if let Some(Piece::Literal(last)) = self.path.last_mut() {
            last.truncate(last.trim_end_matches('/').len());
        }
        self.path.push(Piece::Value(Expression::Pathname));
        Ok(self)
    }

    fn push(&mut self, piece: Piece, in_query: &mut bool) -> Result<(), String> {
        let literal = match piece {
            Piece::Value(Expression::Search) if !*in_query => {
                *in_query = true;
                self.query.push(Piece::Value(Expression::Search));
                return Ok(());
            }
            Piece::Value(_) => {
                if *in_query { &mut self.query } else { &mut self.path }.push(piece);
                return Ok(());
            }
            Piece::Literal(literal) => literal,
        };
        if literal.contains('#') || literal.contains(|character: char| character.is_control() || character == ' ') {
            return Err("a URL without fragment and white space".to_owned());
        }
        match literal.split_once('?').filter(|_| !*in_query) {
            Some((path, query)) => {
                *in_query = true;
                self.path.push(Piece::Literal(path.to_owned()));
                self.query.push(Piece::Literal(query.to_owned()));
            }
            None => if *in_query { &mut self.query } else { &mut self.path }.push(Piece::Literal(literal)),
        }
        Ok(())
    }

    /// Whether the template itself takes the request's query along.
    pub fn takes_search(&self) -> bool {
        self.query.contains(&Piece::Value(Expression::Search))
    }

    /// Fills the gaps; `search` is a query to go behind the template's own.
    ///
    /// # Errors
    /// When there is no such address.
    pub fn expand(&self, request: &Parts, context: &Context, search: Option<&str>) -> Result<Uri, BadTarget> {
        let mut target = self.origin.clone();
        let start = target.len();
        for piece in &self.path {
            match piece {
                Piece::Literal(text) => target.push_str(text),
                Piece::Value(expression) => {
                    let allowed = if expression.may_hold_segments() { SEGMENTS } else { SEGMENT };
                    push_value(&mut target, expression, allowed, request, context);
                }
            }
        }
        if !target[start..].starts_with('/') {
            target.insert(start, '/');
        }
        if is_ambiguous(&target[start + 1..]) {
            return Err(BadTarget::Ambiguous);
        }
        self.push_query(&mut target, request, context, search);
        target.parse().map_err(|_| if target.len() > LONGEST { BadTarget::TooLong } else { BadTarget::Ambiguous })
    }

    fn push_query(&self, target: &mut String, request: &Parts, context: &Context, search: Option<&str>) {
        let mut query = String::new();
        for piece in &self.query {
            match piece {
                Piece::Literal(text) => query.push_str(text),
                // Already encoded, and checked by the server that read it.
                Piece::Value(Expression::Search) => query.push_str(request.uri.query().unwrap_or_default()),
                Piece::Value(expression) => push_value(&mut query, expression, COMPONENT, request, context),
            }
        }
        for part in [query.as_str(), search.unwrap_or_default()].into_iter().filter(|part| !part.is_empty()) {
            target.push(if target.contains('?') { '&' } else { '?' });
            target.push_str(part);
        }
    }
}

const EXPECTED_ORIGIN: &str = "a URL with a fixed host, such as https://api.example.com/${params.id}: only `${env.NAME}` may stand before the path";

fn is_origin(url: &Url) -> bool {
    matches!(url.scheme(), "http" | "https") && url.username().is_empty() && url.password().is_none() && url.has_host()
}

/// Whether the path behind the first slash has a segment that is empty, unless it is the last, or one that climbs. Some
/// upstreams decode before they look: what a value brings in encoded slashes must not climb either.
fn is_ambiguous(path: &str) -> bool {
    let empty_inside = path.split('/').rev().skip(1).any(str::is_empty);
    let parts = path.split('/').flat_map(|part| part.split("%2F")).flat_map(|part| part.split("%5C"));
    empty_inside || parts.filter_map(|part| part.split("%3B").next()).any(is_dot_segment)
}

fn push_value(target: &mut String, value: &Expression, allowed: &'static AsciiSet, request: &Parts, context: &Context) {
    let (text, encoded) = value.evaluate(request, context);
    // Writing to a string cannot fail.
    let _infallible =
        if encoded { write!(target, "{text}") } else { write!(target, "{}", utf8_percent_encode(&text, allowed)) };
}

/// Literal text and values in turn; what the environment says is literal from here on.
fn read_pieces(text: &str, scope: &Scope<'_>) -> Result<Vec<Piece>, String> {
    let (mut pieces, mut literal, mut rest) = (Vec::new(), String::new(), text);
    while let Some((before, after)) = rest.split_once("${") {
        let (expression, after) = after.split_once('}').ok_or("a `}` for every `${`")?;
        literal.push_str(before);
        rest = after;
        match Expression::parse(expression.trim(), scope)? {
            Expression::Text(text) => literal.push_str(&text),
            value => {
                pieces.push(Piece::Literal(std::mem::take(&mut literal)));
                pieces.push(Piece::Value(value));
            }
        }
    }
    literal.push_str(rest);
    pieces.push(Piece::Literal(literal));
    pieces.retain(|piece| *piece != Piece::Literal(String::new()));
    Ok(pieces)
}

/// Scheme and authority, and the pieces behind them. Only the request's path may follow a host directly: it brings its
/// own slash.
fn split_origin(pieces: &[Piece]) -> Result<(String, Vec<Piece>), String> {
    let Some((Piece::Literal(first), rest)) = pieces.split_first() else { return Err(EXPECTED_ORIGIN.to_owned()) };
    let authority = first.find("://").map(|at| at + 3).ok_or(EXPECTED_ORIGIN)?;
    let mut rest = rest.to_vec();
    match first[authority..].find(['/', '?', '#']) {
        Some(end) => {
            let (origin, path) = first.split_at(authority + end);
            rest.insert(0, Piece::Literal(path.to_owned()));
            Ok((origin.to_owned(), rest))
        }
        None if matches!(rest.first(), None | Some(Piece::Value(Expression::Pathname | Expression::Search))) => {
            Ok((first.clone(), rest))
        }
        None => Err(EXPECTED_ORIGIN.to_owned()),
    }
}

#[cfg(test)]
mod tests;
