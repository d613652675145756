//! `policies.json`: the policies that routes can name. The whole file, its `policies` array, or one policy as an article
//! prints it are all accepted.

use std::{collections::HashMap, sync::Arc};

use serde_json::Value;

use super::{LoadError, NamedFiles, Node, Options, PolicyReport, error::Findings, shown_options::shown_options};
use crate::gateway::{
    Dependencies, InboundPolicy, OutboundPolicy,
    api_keys::ApiKeys,
    cors::CorsPolicy,
    policies::{Policy, PolicySite, RouteSite},
    registry::module_of,
    routing::{Named, PathPattern},
};

/// The policies of a project, by name.
#[derive(Default)]
pub struct Policies {
    /// None: there is such a policy, but it did not load.
    named: HashMap<String, Option<Policy>>,
    cors: HashMap<String, Arc<CorsPolicy>>,
}

/// Where the policies of a route are named.
pub struct RoutePlace<'a> {
    pub document: &'a Node<'a>,
    pub item: &'a Node<'a>,
    pub operation: &'a Node<'a>,
    pub pattern: &'a PathPattern,
}

impl RoutePlace<'_> {
    const fn site<'s>(&'s self, before: &'s [Named<dyn InboundPolicy>]) -> RouteSite<'s> {
        RouteSite { document: self.document, item: self.item, operation: self.operation, pattern: self.pattern, before }
    }
}

/// Reads the file.
pub fn load(
    root: &Node<'_>,
    api_keys: &Arc<ApiKeys>,
    files: &NamedFiles,
    dependencies: &Dependencies,
    findings: &mut Findings,
) -> Policies {
    findings.note(
        root.env_only_where(&|pointer| pointer.contains("/handler/options") || pointer.contains("/corsPolicies/")),
    );
    let mut policies = Policies::default();
    let answers = Arc::default();
    let entries = findings.note(entries(root)).unwrap_or_default();
    let mut groups = Vec::new();
    for entry in &entries {
        let Some(name) = findings.note(name_of(entry)) else { continue };
        let site = PolicySite { name: &name, api_keys, answers: &answers, files, dependencies };
        let built = build(entry, &site, findings);
        let loaded = findings.note(built);
        if let Some(Policy::Group(members)) = &loaded {
            groups.push((entry.clone(), members.clone()));
        }
        if policies.named.insert(name, loaded).is_some() {
            findings.fault(entry.step("name").as_ref().unwrap_or(entry).error("a name that no other policy has"));
        }
    }
    for (entry, members) in groups {
        findings.note(policies.check_group(&entry, &members));
    }
    let cors_policies = root.get("corsPolicies").and_then(|list| findings.note(list.items())).unwrap_or_default();
    for cors in cors_policies {
        let Some((name, policy)) = findings.note(CorsPolicy::load(&cors, &dependencies.environment)) else { continue };
        if policies.cors.insert(name, Arc::new(policy)).is_some() {
            findings.fault(cors.error("a name that no other CORS policy has"));
        }
    }
    policies
}

/// The policies for people, whether or not a route names them.
pub fn reports(root: &Node<'_>) -> Vec<PolicyReport> {
    let report = |entry: &Node<'_>| {
        let text =
            |pointer: &str| entry.value().pointer(pointer).and_then(Value::as_str).unwrap_or_default().to_owned();
        let options = shown_options(entry.value().pointer("/handler/options"));
        PolicyReport { name: text("/name"), policy_type: text("/policyType"), options }
    };
    entries(root).unwrap_or_default().iter().map(report).collect()
}

fn entries<'a>(root: &Node<'a>) -> Result<Vec<Node<'a>>, LoadError> {
    if root.value().is_array() {
        return root.items();
    }
    if root.get("policyType").is_some() {
        return Ok(vec![root.clone()]);
    }
    root.only_keys(&["policies", "corsPolicies"])?;
    root.required("policies", "an array of policies")?.items()
}

fn name_of(entry: &Node<'_>) -> Result<String, LoadError> {
    Ok(entry.required("name", "the name that routes call this policy by")?.text()?.to_owned())
}

fn build(entry: &Node<'_>, site: &PolicySite<'_>, findings: &mut Findings) -> Result<Policy, LoadError> {
    entry.only_keys(&["name", "policyType", "handler"])?;
    let policy_type = entry.required("policyType", "the kind of policy")?;
    let handler = entry.required("handler", "an object with export, module and options")?;
    handler.only_keys(&["export", "module", "options"])?;
    let module = handler.required("module", "`$import(@zuplo/runtime)`")?;
    let export = handler.required("export", "the name of what the module exports")?;
    let kind = site.dependencies.registry.policy(&policy_type, (&module, module_of(&module)?), &export)?;
    if let Some(notice) = kind.notice() {
        findings.warn(module.warning(notice));
    }
    let options = Options::of(&handler, &site.dependencies.environment)?;
    kind.build(&options, site)
}

impl Policies {
    /// A group has members, all of them there, none of them a group.
    fn check_group(&self, entry: &Node<'_>, members: &[String]) -> Result<(), LoadError> {
        let list = entry.step("handler").and_then(|node| node.step("options")).and_then(|node| node.step("policies"));
        let list = list.unwrap_or_else(|| entry.clone());
        for (position, member) in members.iter().enumerate() {
            let place = list.step(&position.to_string()).unwrap_or_else(|| list.clone());
            match self.named.get(member) {
                None => return Err(place.error(format!("the name of a policy in this file ({})", self.names()))),
                Some(Some(Policy::Group(_))) => return Err(place.error("a policy that is no group itself")),
                Some(_) => {}
            }
        }
        Ok(())
    }

    /// Adds the policies before a handler that a route names to those before them, groups taken apart.
    pub fn add_inbound(
        &self,
        name: &Node<'_>,
        place: &RoutePlace<'_>,
        chain: &mut Vec<Named<dyn InboundPolicy>>,
    ) -> Result<(), LoadError> {
        for (text, policy) in self.resolve(name)? {
            let policy = match policy {
                Policy::Inbound(policy) => Arc::clone(policy),
                Policy::PerRoute(build) => build(&place.site(chain))?,
                _ => return Err(name.error("an inbound policy; this one is outbound")),
            };
            if policy.reads_user() && !chain.iter().any(|named| named.policy.identifies()) {
                return Err(name.error("an authentication policy before this one, which asks who the caller is"));
            }
            if policy.guards() && chain.iter().any(|named| named.policy.remembers()) {
                return Err(name.error("this one before the policy that caches, which would answer without asking it"));
            }
            chain.push(Named::new(text, policy));
        }
        Ok(())
    }

    /// The policies after a handler that a route names, groups taken apart.
    pub fn outbound(&self, name: &Node<'_>) -> Result<Vec<Named<dyn OutboundPolicy>>, LoadError> {
        self.resolve(name)?
            .into_iter()
            .map(|(text, policy)| match policy {
                Policy::Outbound(policy) => Ok(Named::new(text, Arc::clone(policy))),
                _ => Err(name.error("an outbound policy; this one is inbound")),
            })
            .collect()
    }

    /// The CORS policy that a route names, beside the two that every project has.
    pub fn cors(&self, name: &str) -> Option<Arc<CorsPolicy>> {
        self.cors.get(name).map(Arc::clone)
    }

    /// The policies before a handler that a name stands for, groups taken apart; none for a name that is not known.
    pub fn all_inbound(&self, name: &str) -> Vec<Arc<dyn InboundPolicy>> {
        match self.named.get(name) {
            Some(Some(Policy::Inbound(policy))) => vec![Arc::clone(policy)],
            Some(Some(Policy::Group(members))) => members.iter().flat_map(|member| self.member(member)).collect(),
            _ => Vec::new(),
        }
    }

    fn member(&self, name: &str) -> Option<Arc<dyn InboundPolicy>> {
        match self.named.get(name) {
            Some(Some(Policy::Inbound(policy))) => Some(Arc::clone(policy)),
            _ => None,
        }
    }

    fn resolve<'p>(&'p self, name: &Node<'_>) -> Result<Vec<(&'p str, &'p Policy)>, LoadError> {
        let text = name.text()?;
        let Some((own, entry)) = self.named.get_key_value(text) else {
            return Err(name.error(format!("the name of a policy in policies.json ({})", self.names())));
        };
        Ok(match entry {
            // Its own fault is told where it stands.
            None => Vec::new(),
            Some(policy @ (Policy::Inbound(_) | Policy::Outbound(_) | Policy::PerRoute(_))) => vec![(own, policy)],
            Some(Policy::Group(members)) => members.iter().filter_map(|member| self.single(member)).collect(),
        })
    }

    fn single(&self, name: &str) -> Option<(&str, &Policy)> {
        match self.named.get_key_value(name)? {
            (own, Some(policy)) => Some((own, policy)),
            _ => None,
        }
    }

    fn names(&self) -> String {
        let mut names: Vec<&str> = self.named.keys().map(String::as_str).collect();
        names.sort_unstable();
        names.join(", ")
    }
}
