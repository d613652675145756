//! Source code of the project itself, shown beside what it does. The files are taken into the program when it is built,
//! so what is shown is what runs.

use leptos::prelude::*;

/// A file of the project, as it was when the program was built. Made by [`source_file`].
#[derive(Debug, Clone, Copy)]
pub struct SourceFile {
    /// From the project's folder.
    pub path: &'static str,
    /// All of it.
    pub text: &'static str,
}

/// A file of the project, by its path.
macro_rules! source_file {
    ($path:literal) => {
        $crate::ui::components::source::SourceFile {
            path: $path,
            text: include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/", $path)),
        }
    };
}
pub(in crate::ui) use source_file;

/// Some lines of a file, ready to be shown. Cutting and marking them takes a while, so pages keep theirs in statics.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Excerpt {
    /// The number of the first line.
    pub first_line: usize,
    /// The lines.
    pub text: &'static str,
    /// Where they stand, in words.
    label: String,
    /// The file that they stand in.
    path: &'static str,
    /// Where in it, as editors write it.
    lines: String,
    /// The lines as HTML, without the indentation that all of them share.
    html: String,
}

impl SourceFile {
    /// The item or member whose first line holds `start`, up to the line that closes it: the next one that is indented
    /// as much and is not the start of a body. rustfmt and the JSON files keep to that.
    pub fn cut(self, start: &str) -> Option<Excerpt> {
        let at = self.text.find(start)?;
        let from = self.text[..at].rfind('\n').map_or(0, |newline| newline + 1);
        let rest = &self.text[from..];
        let indent = rest.len() - rest.trim_start_matches(' ').len();
        let mut end = 0;
        for (index, line) in rest.split_inclusive('\n').enumerate() {
            end += line.len();
            let body = line.trim_start_matches(' ').trim_end();
            let closes = body.starts_with(['}', ')', ']']) && !body.ends_with(['{', '(', '[']);
            let is_whole = index == 0 && body.ends_with(['}', ';', ',']);
            if is_whole || (index > 0 && line.len() - line.trim_start_matches(' ').len() == indent && closes) {
                break;
            }
        }
        let first_line = self.text[..from].matches('\n').count() + 1;
        Some(Excerpt::new(self.path, first_line, rest[..end].trim_end()))
    }
}

impl Excerpt {
    fn new(path: &'static str, first_line: usize, text: &'static str) -> Self {
        let last_line = first_line + text.lines().count() - 1;
        Self {
            first_line,
            text,
            label: format!("{path}, lines {first_line} to {last_line}"),
            path,
            lines: format!(":{first_line}–{last_line}"),
            html: html(text),
        }
    }
}

/// The stylesheet knows no deeper lines.
const MAX_DEPTH: usize = 6;

fn html(text: &str) -> String {
    let indent = text.len() - text.trim_start_matches(' ').len();
    let line = |line: &str| {
        let line = line.get(indent..).unwrap_or_else(|| line.trim_start());
        let body = line.trim_start_matches(' ');
        // Where a line has to be broken, the rest of it stands behind its beginning.
        let depth = match (line.len() - body.len()) / 4 {
            0 => String::new(),
            depth => format!(" in{}", depth.min(MAX_DEPTH)),
        };
        let comment = if body.starts_with("//") { " comment" } else { "" };
        let class = format!("line{depth}{comment}");
        let line = line.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
        format!("<span class=\"{class}\">{line}\n</span>")
    };
    text.lines().map(line).collect()
}

/// Source code that one can open. `summary` says what it decides.
#[component]
pub fn SourceDrawer(
    summary: &'static str,
    excerpt: Option<&'static Excerpt>,
    /// What does the same in the article or the guide.
    #[prop(optional)]
    counterpart: Option<&'static str>,
    #[prop(optional)] open: bool,
) -> impl IntoView {
    excerpt.map(|excerpt| {
        view! {
            <details class="source" open=open>
                <summary>
                    <span>{summary}</span>
                    " "
                    <code>{excerpt.path}<wbr />{excerpt.lines.as_str()}</code>
                </summary>
                {counterpart.map(|name| view! { <p class="counterpart">{name}</p> })}
                <pre tabindex="0" role="region" aria-label=excerpt.label.as_str()>
                    <code inner_html=excerpt.html.as_str()></code>
                </pre>
            </details>
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const FILE: SourceFile = SourceFile {
        path: "a.rs",
        text: "//! A.\n\nfn one() {\n    if x {\n    }\n}\n\nfn two(\n    a: u8,\n) -> u8 {\n    a\n}\n\nconst B: u8 = 1;\n",
    };

    #[test]
    fn an_item_is_cut_from_its_first_line_to_its_last() {
        let cut = |start: &str| FILE.cut(start).map(|excerpt| (excerpt.first_line, excerpt.text));
        assert_eq!(cut("fn one"), Some((3, "fn one() {\n    if x {\n    }\n}")));
        assert_eq!(cut("fn two"), Some((8, "fn two(\n    a: u8,\n) -> u8 {\n    a\n}")));
        assert_eq!(cut("const B"), Some((14, "const B: u8 = 1;")));
        assert_eq!(cut("if x"), Some((4, "    if x {\n    }")));
        assert_eq!(cut("fn three"), None);
    }

    #[test]
    fn shared_indentation_is_left_out() {
        let lines = "<span class=\"line\">if x {\n</span><span class=\"line\">}\n</span>";
        assert_eq!(FILE.cut("if x").unwrap().html, lines);
        let deeper = "<span class=\"line\">a {\n</span><span class=\"line in2\">        b\n</span>";
        assert_eq!(html("    a {\n            b"), deeper);
    }

    #[test]
    fn code_is_text_and_comments_are_marked() {
        let shown = html("// A & B\nlet a: Vec<u8>;");
        assert_eq!(
            shown,
            "<span class=\"line comment\">// A &amp; B\n</span><span class=\"line\">let a: Vec&lt;u8&gt;;\n</span>"
        );
    }

    #[test]
    fn an_excerpt_says_where_it_stands() {
        let excerpt = FILE.cut("fn one").unwrap();
        assert_eq!((excerpt.label.as_str(), excerpt.lines.as_str()), ("a.rs, lines 3 to 6", ":3–6"));
    }
}
