//! One path of a project, in either path mode, compiled at load.
//!
//! A pattern is two things: the segments that the index sorts it by, and, where those do not say everything, a regular
//! expression. The `regex` crate takes time linear in the path whatever the pattern, so no request can stall a match.

use std::sync::Arc;

use regex::{Regex, RegexBuilder};

/// No honest path needs more; a pattern that does is refused at load.
const MAX_COMPILED_BYTES: usize = 256 * 1024;

/// How a project writes a path: `x-zuplo-path.pathMode`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PathMode {
    /// `{name}` anywhere in a segment; everything else is literal.
    OpenApi,
    /// `:name`, `(regex)`, `:name(regex)`, `*`, and `{/}?` at the end.
    UrlPattern,
}

/// A segment, as the index sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Segment {
    /// This text.
    Literal(String),
    /// Anything that is not empty.
    Parameter,
    /// Not empty, and more than the index can say: the expression decides.
    Mixed {
        /// What the expression says of it.
        source: String,
        /// A segment that fits.
        example: String,
    },
}

/// The values of a path's parameters, in the order they stand in.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Params(Vec<(Arc<str>, String)>);

impl Params {
    /// The value of a parameter; unnamed ones are called `0`, `1` and so on.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(own, _)| &**own == name).map(|(_, value)| value.as_str())
    }

    /// Every parameter with its value.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(name, value)| (&**name, value.as_str()))
    }
}

/// A compiled path.
#[derive(Debug, Clone)]
pub struct PathPattern {
    text: String,
    segments: Vec<Segment>,
    tail: Tail,
    names: Vec<Arc<str>>,
    source: String,
    /// None where the segments say everything.
    regex: Option<Regex>,
}

/// What may follow the segments.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tail {
    /// Nothing.
    None,
    /// Whatever the expression says.
    Expression,
    /// A slash and anything at all.
    Everything,
}

/// What the readers of the two modes make of a path's text.
#[derive(Debug, Default)]
pub struct Parts {
    pub segments: Vec<Segment>,
    pub tail: Option<Tail>,
    pub names: Vec<String>,
    pub source: String,
}

impl PathPattern {
    /// Reads a path.
    ///
    /// # Errors
    /// What would be right instead.
    pub fn parse(text: &str, mode: PathMode) -> Result<Self, String> {
        if !text.starts_with('/') {
            return Err("a path that starts with `/`".to_owned());
        }
        let parts = match mode {
            PathMode::OpenApi => super::open_api::parse(text)?,
            PathMode::UrlPattern => super::url_pattern::parse(text)?,
        };
        let mut names = parts.names.clone();
        names.sort_unstable();
        if names.windows(2).any(|pair| pair[0] == pair[1]) {
            return Err("parameters with different names".to_owned());
        }
        let tail = parts.tail.unwrap_or(Tail::None);
        let plain =
            tail == Tail::None && !parts.segments.iter().any(|segment| matches!(segment, Segment::Mixed { .. }));
        let regex = if plain { None } else { Some(compile(&parts.source)?) };
        let names = parts.names.into_iter().map(Arc::from).collect();
        Ok(Self { text: text.to_owned(), segments: parts.segments, tail, names, source: parts.source, regex })
    }

    /// The path as the file has it.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The names of the parameters.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.names.iter().map(|name| &**name)
    }

    /// What every path that fits starts with, segment by segment, and what may follow.
    pub fn shape(&self) -> (&[Segment], Tail) {
        (&self.segments, self.tail)
    }

    /// Says what the pattern matches: the same for all that match the same, whatever their parameters are called.
    #[must_use]
    pub fn source(&self) -> &str {
        &self.source
    }

    /// Whether a normalised path fits.
    #[must_use]
    pub fn fits(&self, path: &str) -> bool {
        match &self.regex {
            Some(regex) => regex.is_match(path),
            None => self.segments_fit(path),
        }
    }

    /// The parameters of a normalised path that fits.
    #[must_use]
    pub fn params(&self, path: &str) -> Params {
        let values: Vec<&str> = match &self.regex {
            Some(regex) => regex.captures(path).map_or_else(Vec::new, |found| {
                (1..=self.names.len()).map(|group| found.get(group).map_or("", |value| value.as_str())).collect()
            }),
            None => self.parameters(path).collect(),
        };
        Params(self.names.iter().cloned().zip(values.into_iter().map(str::to_owned)).collect())
    }

    /// The segments of a path that fits, where parameters stand.
    fn parameters<'p>(&self, path: &'p str) -> impl Iterator<Item = &'p str> {
        let pairs = self.segments.iter().zip(path.split('/').skip(1));
        pairs.filter(|(segment, _)| !matches!(segment, Segment::Literal(_))).map(|(_, value)| value)
    }

    /// Whether each segment of a path is what this one's are, where they say everything.
    fn segments_fit(&self, path: &str) -> bool {
        let Some(path) = path.strip_prefix('/') else { return false };
        let mut given = path.split('/');
        let all = self.segments.iter().all(|segment| match (segment, given.next()) {
            (Segment::Literal(text), Some(value)) => text == value,
            (Segment::Parameter | Segment::Mixed { .. }, Some(value)) => !value.is_empty(),
            (_, None) => false,
        });
        all && given.next().is_none()
    }

    /// Whether every path that fits `other` fits this one, as far as their shapes tell; never true without reason.
    #[must_use]
    pub fn covers(&self, other: &Self) -> bool {
        let starts_alike = self.segments.iter().zip(&other.segments).all(|(own, other)| own.covers(other));
        match (self.tail, other.tail) {
            (Tail::None, Tail::None) => starts_alike && self.segments.len() == other.segments.len(),
            (Tail::Everything, _) => starts_alike && self.segments.len() < other.segments.len(),
            _ => self.source == other.source,
        }
    }

    /// A path that fits, if the segments say everything about one.
    #[must_use]
    pub fn example(&self) -> Option<String> {
        let path = self.segments.iter().fold(String::new(), |path, segment| match segment {
            Segment::Literal(text) => path + "/" + text,
            Segment::Mixed { example, .. } => path + "/" + example,
            Segment::Parameter => path + "/" + EXAMPLE,
        });
        Some(path).filter(|path| self.fits(path))
    }
}

/// Stands for a parameter; unlikely to be anybody's literal.
pub const EXAMPLE: &str = "\u{1}example";

impl Segment {
    fn covers(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Parameter, Self::Literal(text)) => !text.is_empty(),
            (Self::Parameter, _) => true,
            _ => self == other,
        }
    }
}

fn compile(source: &str) -> Result<Regex, String> {
    RegexBuilder::new(&format!(r"\A{source}\z"))
        .dot_matches_new_line(true)
        .size_limit(MAX_COMPILED_BYTES)
        .build()
        .map_err(|error| match error {
            regex::Error::CompiledTooBig(_) => "a path whose expressions are smaller".to_owned(),
            _ => "a path whose expressions are regular: no look-around, no back-references".to_owned(),
        })
}
