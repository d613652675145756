//! What the gateway says of itself, in words for the page that shows it.

use super::clock::in_words;
use crate::{
    gateway::{Overview, PolicyReport, Report, RouteReport},
    model::{GatewayRoute, GatewayRoutes, GatewayStep, RefusedChange},
};

/// The page's data.
pub fn describe(overview: &Overview) -> GatewayRoutes {
    let (report, loads) = (overview.report(), overview.loads());
    // Where the project is on this machine helps nobody who looks at a page.
    let folder = format!("{}/", overview.directory().display());
    let finding = |text: String| text.replace(&folder, "");
    GatewayRoutes {
        routes: report.routes.iter().map(|route| describe_route(route, &report)).collect(),
        warnings: report.warnings.iter().map(|warning| finding(warning.to_string())).collect(),
        loaded_at: in_words(loads.loaded_at),
        refused: loads.refused.map(|(at, faults)| RefusedChange {
            at: in_words(at),
            faults: faults.iter().map(|fault| finding(fault.to_string())).collect(),
        }),
    }
}

fn describe_route(route: &RouteReport, report: &Report) -> GatewayRoute {
    let steps = |names: &[String]| names.iter().map(|name| describe_policy(name, &report.policies)).collect();
    let (name, options) = (route.handler.clone(), route.handler_options.clone());
    GatewayRoute {
        method: route.method.clone(),
        path: route.path.clone(),
        cors: route.cors.clone(),
        inbound: steps(&route.inbound),
        handler: GatewayStep { name, kind: String::new(), options },
        outbound: steps(&route.outbound),
        is_open: !route.protected,
        shadowed_by: route.shadowed_by.clone(),
    }
}

fn describe_policy(name: &str, policies: &[PolicyReport]) -> GatewayStep {
    let policy = policies.iter().find(|policy| policy.name == name);
    let (kind, options) = policy.map(|policy| (policy.policy_type.clone(), policy.options.clone())).unwrap_or_default();
    GatewayStep { name: name.to_owned(), kind, options }
}
