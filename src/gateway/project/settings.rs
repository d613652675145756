//! `zuplo.jsonc`: the few settings of a project as a whole (Zuplo, "zuplo.jsonc"). There need not be one. One setting is
//! ours: `strictRoutes` (default false).

use std::path::Path;

use super::{LoadError, LoadWarning, Node, error::Findings, jsonc, strict_json};

/// The file's name.
pub const FILE: &str = "zuplo.jsonc";
/// The newest of Zuplo's compatibility dates. Behaviour is always that of the newest one.
const NEWEST_COMPATIBILITY_DATE: &str = "2026-03-01";

/// What the file says.
#[derive(Debug, PartialEq, Eq)]
pub struct Settings {
    /// The date in the file, or else the newest.
    pub compatibility_date: String,
    /// Whether the same method and path may stand twice; the first one answers.
    pub allow_duplicate_routes: bool,
    /// Whether a method that a path does not have is refused with 405 and `Allow`, not with 404.
    pub strict_routes: bool,
}

impl Default for Settings {
    fn default() -> Self {
        let compatibility_date = NEWEST_COMPATIBILITY_DATE.to_owned();
        Self { compatibility_date, allow_duplicate_routes: false, strict_routes: false }
    }
}

/// Reads the file in `root`, the folder around `config`.
pub fn load(root: &Path, findings: &mut Findings) -> Settings {
    let path = root.join(FILE);
    let Ok(text) = std::fs::read_to_string(&path) else { return Settings::default() };
    let json = strict_json::parse(&jsonc::to_json(&text))
        .map_err(|error| LoadError::file(&path, &format!("JSON with comments, a fault: {error}")));
    let Some(json) = findings.note(json) else { return Settings::default() };
    let read = read(&Node::root(&path, &json), findings);
    findings.note(read).unwrap_or_default()
}

fn read(root: &Node<'_>, findings: &mut Findings) -> Result<Settings, LoadError> {
    let mut settings = Settings::default();
    for (key, member) in root.members()? {
        match key {
            "$schema" | "projectType" => {}
            "version" => {
                if member.value().as_u64() != Some(1) {
                    return Err(member.error("1, the only version there is"));
                }
            }
            "compatibilityDate" => {
                compatibility_date(&member)?.into_iter().for_each(|warning| findings.warn(warning));
                settings.compatibility_date = member.text()?.to_owned();
            }
            "allowDuplicateRoutes" => settings.allow_duplicate_routes = flag(&member)?,
            "strictRoutes" => settings.strict_routes = flag(&member)?,
            _ => findings.warn(member.warning("this setting is not supported and changes nothing")),
        }
    }
    Ok(settings)
}

fn flag(member: &Node<'_>) -> Result<bool, LoadError> {
    member.value().as_bool().ok_or_else(|| member.error("true or false"))
}

fn compatibility_date(date: &Node<'_>) -> Result<Option<LoadWarning>, LoadError> {
    let text = date.text()?;
    let digits = |part: &str, length| part.len() == length && part.bytes().all(|byte| byte.is_ascii_digit());
    let parts: Vec<&str> = text.split('-').collect();
    if !matches!(parts[..], [year, month, day] if digits(year, 4) && digits(month, 2) && digits(day, 2)) {
        return Err(date.error("a date such as \"2026-03-01\""));
    }
    let older = text < NEWEST_COMPATIBILITY_DATE;
    let warning = format!("the project behaves as of {NEWEST_COMPATIBILITY_DATE}, whatever stands here");
    Ok(older.then(|| date.warning(warning)))
}
