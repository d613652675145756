//! Finds the first route that fits a path without trying every route: a tree by segments for each method. Its leaves
//! propose routes; the route's own pattern decides; the lowest position wins. So file order stays the only order, and
//! ten thousand routes cost a request no more than ten.

use std::collections::HashMap;

use axum::http::Method;

use super::pattern::{PathPattern, Segment, Tail};

/// The trees of all methods.
#[derive(Debug, Default)]
pub struct Index(HashMap<Method, Node>);

/// A place in a path. Both lists are in rising order.
#[derive(Debug, Default)]
struct Node {
    literal: HashMap<String, Node>,
    parameter: Option<Box<Node>>,
    /// Routes whose segments end here.
    ends: Vec<usize>,
    /// Routes whose expression takes over here.
    open: Vec<usize>,
}

impl Index {
    /// Adds the route at `position`. Positions must rise.
    pub fn insert(&mut self, method: &Method, pattern: &PathPattern, position: usize) {
        let (segments, tail) = pattern.shape();
        let node = segments.iter().fold(self.0.entry(method.clone()).or_default(), |node, segment| match segment {
            Segment::Literal(text) => node.literal.entry(text.clone()).or_default(),
            Segment::Parameter | Segment::Mixed { .. } => node.parameter.get_or_insert_default(),
        });
        if tail == Tail::None { node.ends.push(position) } else { node.open.push(position) }
    }

    /// The methods that some route answers.
    pub fn methods(&self) -> impl Iterator<Item = &Method> {
        self.0.keys()
    }

    /// The lowest position whose route may fit `path` and that `fits` confirms.
    pub fn find(&self, method: &Method, path: &str, fits: impl Fn(usize) -> bool) -> Option<usize> {
        let mut best = usize::MAX;
        self.0.get(method)?.visit(path.strip_prefix('/'), &mut |positions| {
            if let Some(found) = positions.iter().take_while(|position| **position < best).find(|at| fits(**at)) {
                best = *found;
            }
        });
        (best != usize::MAX).then_some(best)
    }

    /// Every position whose route may fit `path`.
    pub fn all(&self, method: &Method, path: &str) -> Vec<usize> {
        let mut all = Vec::new();
        if let Some(node) = self.0.get(method) {
            node.visit(path.strip_prefix('/'), &mut |positions| all.extend_from_slice(positions));
        }
        all.sort_unstable();
        all
    }
}

impl Node {
    /// Shows `propose` every list of routes that may fit; `rest` is the path behind the slash, none behind its end.
    fn visit(&self, rest: Option<&str>, propose: &mut impl FnMut(&[usize])) {
        propose(&self.open);
        let Some(rest) = rest else { return propose(&self.ends) };
        let (segment, next) = rest.split_once('/').map_or((rest, None), |(segment, next)| (segment, Some(next)));
        if let Some(node) = self.literal.get(segment) {
            node.visit(next, propose);
        }
        if let Some(node) = self.parameter.as_ref().filter(|_| !segment.is_empty()) {
            node.visit(next, propose);
        }
    }
}
