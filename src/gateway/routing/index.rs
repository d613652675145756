//! Finds the first route that fits a path without trying every route: a tree by segments for each method. Its leaves
//! propose routes; the route's own pattern decides; the lowest position wins. So file order stays the only order, and
//! ten thousand routes cost a request little more than ten. The tree is no deeper than it takes to tell routes apart:
//! what a long list costs is looking at memory that was not looked at for long.

use std::collections::HashMap;

use axum::http::Method;

use super::pattern::{PathPattern, Segment, Tail};

/// The trees of all methods.
#[derive(Debug, Default)]
pub struct Index(HashMap<Method, Node>);

/// A place in a path.
#[derive(Debug)]
enum Node {
    /// Only this route comes by here.
    One(usize),
    /// Several do.
    Fork(Box<Fork>),
}

/// Where routes part. Both lists are in rising order.
#[derive(Debug, Default)]
struct Fork {
    literal: HashMap<Box<str>, Node>,
    parameter: Option<Node>,
    /// Routes whose segments end here.
    ends: Vec<usize>,
    /// Routes whose expression takes over here.
    open: Vec<usize>,
}

/// A route on its way into the tree: its position, what is left of its segments, and what follows them.
type Coming<'p> = (usize, &'p [Segment], Tail);

impl Index {
    /// Sorts routes, which are in the order that decides.
    pub fn new<'p>(routes: impl IntoIterator<Item = (&'p Method, &'p PathPattern)>) -> Self {
        let mut by_method: HashMap<&Method, Vec<Coming<'p>>> = HashMap::new();
        for (position, (method, pattern)) in routes.into_iter().enumerate() {
            let (segments, tail) = pattern.shape();
            by_method.entry(method).or_default().push((position, segments, tail));
        }
        Self(by_method.into_iter().map(|(method, coming)| (method.clone(), Node::grow(coming))).collect())
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
    fn grow(coming: Vec<Coming<'_>>) -> Self {
        if let [(position, ..)] = coming[..] {
            return Self::One(position);
        }
        let mut fork = Fork::default();
        let mut literal: HashMap<&str, Vec<Coming<'_>>> = HashMap::new();
        let mut parameter = Vec::new();
        for (position, segments, tail) in coming {
            match segments {
                [] if tail == Tail::None => fork.ends.push(position),
                [] => fork.open.push(position),
                [Segment::Literal(text), rest @ ..] => literal.entry(text).or_default().push((position, rest, tail)),
                [_, rest @ ..] => parameter.push((position, rest, tail)),
            }
        }
        fork.literal = literal.into_iter().map(|(text, coming)| (text.into(), Self::grow(coming))).collect();
        fork.parameter = (!parameter.is_empty()).then(|| Self::grow(parameter));
        Self::Fork(Box::new(fork))
    }

    /// Shows `propose` every list of routes that may fit; `rest` is the path behind the slash, none behind its end.
    fn visit(&self, rest: Option<&str>, propose: &mut impl FnMut(&[usize])) {
        let fork = match self {
            Self::One(position) => return propose(&[*position]),
            Self::Fork(fork) => fork,
        };
        propose(&fork.open);
        let Some(rest) = rest else { return propose(&fork.ends) };
        let (segment, next) = rest.split_once('/').map_or((rest, None), |(segment, next)| (segment, Some(next)));
        if let Some(node) = fork.literal.get(segment) {
            node.visit(next, propose);
        }
        if let Some(node) = fork.parameter.as_ref().filter(|_| !segment.is_empty()) {
            node.visit(next, propose);
        }
    }
}
