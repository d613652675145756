//! Routes in file order, and which of them a request meets: the first that fits, as in Zuplo. axum's own matcher sorts
//! by specificity and cannot express this.

use std::sync::Arc;

use axum::http::Method;

use super::{handlers::Handler, policies::InboundPolicy};

/// A policy and the name that the project calls it by.
pub type NamedPolicy = (String, Arc<dyn InboundPolicy>);

/// One operation of the project.
pub struct Route {
    /// The method it answers.
    pub method: Method,
    /// The paths it answers.
    pub pattern: PathPattern,
    /// Policies in the order they run.
    pub policies: Vec<NamedPolicy>,
    /// What answers once every policy let the request pass.
    pub handler: Box<dyn Handler>,
}

impl Route {
    /// The names of the policies, in order.
    pub fn policy_names(&self) -> Vec<&str> {
        self.policies.iter().map(|(name, _)| name.as_str()).collect()
    }
}

/// The routes of a project.
pub struct RouteTable(Vec<Route>);

impl RouteTable {
    pub const fn new(routes: Vec<Route>) -> Self {
        Self(routes)
    }

    pub fn iter(&self) -> impl Iterator<Item = &Route> {
        self.0.iter()
    }

    /// The first route that fits a normalised path.
    pub fn find(&self, method: &Method, path: &str) -> Option<&Route> {
        self.0.iter().find(|route| route.method == *method && route.pattern.matches(path))
    }
}

/// A path in Zuplo's `open-api` mode: `{name}` stands for one or more characters other than `/`, anywhere in a segment;
/// everything else is literal.
#[derive(Debug, Clone)]
pub struct PathPattern {
    text: String,
    pieces: Vec<Piece>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Piece {
    Literal(String),
    Parameter,
}

impl PathPattern {
    /// Reads a pattern; none if its braces do not pair or a parameter follows another without anything between.
    pub fn parse(text: &str) -> Option<Self> {
        let mut pieces = Vec::new();
        let mut rest = text;
        while let Some((literal, after)) = rest.split_once('{') {
            let (name, after) = after.split_once('}')?;
            let adjacent = literal.is_empty() && !pieces.is_empty();
            if literal.contains('}') || name.is_empty() || name.contains(['{', '/']) || adjacent {
                return None;
            }
            pieces.push(Piece::Literal(literal.to_owned()));
            pieces.push(Piece::Parameter);
            rest = after;
        }
        pieces.push(Piece::Literal(rest.to_owned()));
        (!rest.contains('}')).then(|| Self { text: text.to_owned(), pieces })
    }

    /// The pattern as the file has it.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Whether both stand for the same paths, whatever their parameters are called.
    pub fn fits_the_same(&self, other: &Self) -> bool {
        self.pieces == other.pieces
    }

    fn matches(&self, path: &str) -> bool {
        matches_pieces(&self.pieces, path)
    }
}

/// Literals and parameters alternate, so the search only ever branches on where a parameter ends.
fn matches_pieces(pieces: &[Piece], path: &str) -> bool {
    match pieces.split_first() {
        None => path.is_empty(),
        Some((Piece::Literal(literal), rest)) => {
            path.strip_prefix(literal.as_str()).is_some_and(|path| matches_pieces(rest, path))
        }
        Some((Piece::Parameter, rest)) => {
            let end = path.find('/').unwrap_or(path.len());
            path.char_indices()
                .map(|(start, character)| start + character.len_utf8())
                .take_while(|&used| used <= end)
                .any(|used| matches_pieces(rest, &path[used..]))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fits(pattern: &str, path: &str) -> bool {
        PathPattern::parse(pattern).unwrap().matches(path)
    }

    #[test]
    fn parameters_stand_anywhere_in_a_segment() {
        assert!(fits("/calc/sum({a})", "/calc/sum(12)"));
        assert!(fits("/users/{id}/posts", "/users/7/posts"));
        assert!(fits("/{a}-{b}", "/x-y-z"));
        assert!(!fits("/users/{id}", "/users/"));
        assert!(!fits("/users/{id}", "/users/7/posts"));
        assert!(!fits("/hello", "/hello/"));
        assert!(!fits("/hello", "/Hello"));
    }

    #[test]
    fn refuses_patterns_that_mean_nothing() {
        for pattern in ["/{", "/}", "/{}", "/{a}{b}", "/{a/b}", "/{a{b}}"] {
            assert!(PathPattern::parse(pattern).is_none(), "{pattern}");
        }
    }
}
