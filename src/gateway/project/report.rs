//! What a load has to say: every route with what it passes through, and everything that somebody should look at.

use std::{borrow::Cow, collections::BTreeSet, fmt};

use serde_json::Value;

use super::{LoadWarning, error::Findings, shown_options::shown_options};
use crate::gateway::{
    InboundPolicy,
    routing::{Named, Route, RouteTable},
};

/// One route, for people.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RouteReport {
    /// The method it answers.
    pub method: String,
    /// The path as the file has it.
    pub path: String,
    /// The names of the policies before the handler, in order.
    pub inbound: Vec<String>,
    /// The handler's export, and its module where that is the project's own.
    pub handler: String,
    /// The names of the policies after the handler, in order.
    pub outbound: Vec<String>,
    /// Whether some policy refuses callers that nobody knows.
    pub protected: bool,
    /// The handler's options, without secrets.
    pub handler_options: Vec<(String, String)>,
    /// The name of its CORS policy.
    pub cors: String,
    /// The path of the earlier route that takes all of its requests.
    pub shadowed_by: Option<String>,
}

/// One policy, for people.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PolicyReport {
    /// What the project calls it.
    pub name: String,
    /// `policyType`
    pub policy_type: String,
    /// Its options by name, without secrets.
    pub options: Vec<(String, String)>,
}

/// What a load has to say.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Report {
    /// Every route, in the order that decides.
    pub routes: Vec<RouteReport>,
    /// Every policy, in file order.
    pub policies: Vec<PolicyReport>,
    /// What loads, and somebody should look at.
    pub warnings: Vec<LoadWarning>,
}

impl Report {
    pub(super) fn new(routes: &RouteTable, policies: Vec<PolicyReport>, warnings: Vec<LoadWarning>) -> Self {
        let shadowed = routes.shadowed();
        let report = |route: &Route| {
            let by = shadowed.iter().find(|(own, _)| std::ptr::eq(*own, route)).map(|(_, by)| *by);
            RouteReport { shadowed_by: by.map(|by| by.pattern.as_str().to_owned()), ..RouteReport::of(route) }
        };
        Self { routes: routes.iter().map(report).collect(), policies, warnings }
    }
}

impl RouteReport {
    fn of(route: &Route) -> Self {
        let cors = route.info.operation.pointer("/x-zuplo-route/corsPolicy");
        Self {
            method: route.info.method.to_string(),
            path: route.pattern.as_str().to_owned(),
            inbound: route.inbound.iter().map(|named| named.name.to_string()).collect(),
            handler: route.handler_name.clone(),
            outbound: route.outbound.iter().map(|named| named.name.to_string()).collect(),
            protected: is_protected(route),
            handler_options: shown_options(route.info.operation.pointer("/x-zuplo-route/handler/options")),
            cors: cors.and_then(Value::as_str).unwrap_or("none").to_owned(),
            shadowed_by: None,
        }
    }

    fn cells(&self) -> [String; 5] {
        let list = |names: &[String]| if names.is_empty() { "-".to_owned() } else { names.join(", ") };
        let inbound = if self.protected { list(&self.inbound) } else { format!("{} (open)", list(&self.inbound)) };
        [self.method.clone(), self.path.clone(), inbound, self.handler.clone(), list(&self.outbound)]
    }
}

/// What stands behind a policy that may answer by itself protects nothing.
fn is_protected(route: &Route) -> bool {
    let mut certain = route.inbound.iter().take_while(|named| !named.policy.answers());
    certain.any(|named| named.policy.requires_user())
}

/// Why anybody may use a route.
fn why_open(route: &Route) -> String {
    let asks = route.inbound.iter().any(|named| named.policy.requires_user());
    match route.inbound.iter().find(|named| named.policy.answers()).filter(|_| asks) {
        Some(named) => format!("`{}` may answer before any policy asks for a known caller", named.name),
        None => "no policy of it asks for a known caller".to_owned(),
    }
}

/// Who may vouch for the callers of a policy that knows them by their names alone, if more than one may.
fn rival_authorities<'r>(route: &'r Route, named: &Named<dyn InboundPolicy>) -> Option<BTreeSet<Cow<'r, str>>> {
    let before = route.inbound.iter().take_while(|other| other.name != named.name);
    let authorities = before.filter(|other| other.policy.identifies()).flat_map(|other| {
        let authorities = other.policy.authorities();
        let unsaid = authorities.is_empty().then_some(Cow::from(&*other.name));
        authorities.into_iter().map(Cow::from).chain(unsaid)
    });
    Some(authorities.collect::<BTreeSet<_>>()).filter(|authorities| authorities.len() > 1)
}

/// Warns of routes that anybody may use, of those that nobody will ever meet, and of callers who may be mistaken for
/// others.
pub fn warn_of_routes(routes: &RouteTable, findings: &mut Findings) {
    for route in routes.iter() {
        for named in route.inbound.iter().filter(|named| named.policy.knows_names_only()) {
            let Some(authorities) = rival_authorities(route, named) else { continue };
            let list = authorities.into_iter().collect::<Vec<_>>().join(", ");
            let text =
                format!("`{}` asks for a name alone, which each of these may give to another: {list}", named.name);
            findings.warn(route.place.warning(text));
        }
    }
    for route in routes.iter().filter(|route| !is_protected(route)) {
        findings.warn(route.place.warning(format!("this route is open to everybody: {}", why_open(route))));
    }
    for (route, by) in routes.shadowed() {
        let path = by.pattern.as_str();
        findings.warn(route.place.warning(format!("this route is never met: `{path}` before it takes its requests")));
    }
}

/// A table: method, path, policies before the handler, handler, policies after it.
impl fmt::Display for Report {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let head = ["METHOD", "PATH", "INBOUND", "HANDLER", "OUTBOUND"].map(str::to_owned);
        let rows: Vec<[String; 5]> = std::iter::once(head).chain(self.routes.iter().map(RouteReport::cells)).collect();
        let width = |column: usize| rows.iter().map(|row| row[column].chars().count()).max().unwrap_or_default();
        let widths = [0, 1, 2, 3].map(width);
        for [method, path, inbound, handler, outbound] in &rows {
            let [first, second, third, fourth] = widths;
            writeln!(formatter, "{method:first$}  {path:second$}  {inbound:third$}  {handler:fourth$}  {outbound}")?;
        }
        Ok(())
    }
}
