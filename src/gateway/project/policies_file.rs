//! `policies.json`: the policies that routes can name. The whole file, its `policies` array, or one policy as an article
//! prints it are all accepted.

use std::{collections::HashMap, sync::Arc};

use super::{LoadError, Node};
use crate::gateway::{
    Dependencies,
    policies::{InboundPolicy, KNOWN, PolicyKind},
};

/// The policies of a project, by name.
pub type Policies = HashMap<String, Arc<dyn InboundPolicy>>;

/// Reads the file.
pub fn load(root: &Node<'_>, dependencies: &Dependencies) -> Result<Policies, LoadError> {
    root.env_only_where(&|pointer| pointer.contains("/handler/options") || pointer.contains("/corsPolicies/"))?;
    let mut policies = Policies::new();
    for entry in entries(root)? {
        let name = entry.required("name", "the name that routes call this policy by")?;
        let policy = build(&entry, dependencies)?;
        if policies.insert(name.text()?.to_owned(), policy).is_some() {
            return Err(name.error("a name that no other policy has"));
        }
    }
    Ok(policies)
}

fn entries<'a>(root: &Node<'a>) -> Result<Vec<Node<'a>>, LoadError> {
    if root.value().is_array() {
        return root.items();
    }
    if root.get("policyType").is_some() {
        return Ok(vec![root.clone()]);
    }
    root.only_keys(&["policies", "corsPolicies"])?;
    if let Some(cors) = root.get("corsPolicies")
        && let Some(first) = cors.items()?.first()
    {
        return Err(first.error("no entry: custom CORS policies are not supported"));
    }
    root.required("policies", "an array of policies")?.items()
}

fn build(entry: &Node<'_>, dependencies: &Dependencies) -> Result<Arc<dyn InboundPolicy>, LoadError> {
    entry.only_keys(&["name", "policyType", "handler"])?;
    let policy_type = entry.required("policyType", "the kind of policy")?;
    let handler = entry.required("handler", "an object with export, module and options")?;
    handler.only_keys(&["export", "module", "options"])?;
    let kind = kind_of(&policy_type)?;
    let module = handler.required("module", "`$import(@zuplo/runtime)`")?;
    if module.text()? != "$import(@zuplo/runtime)" {
        return Err(module.error("`$import(@zuplo/runtime)`"));
    }
    let export = handler.required("export", &format!("`{}`", kind.export))?;
    if export.text()? != kind.export {
        return Err(export.error(format!("`{}`, which is what `{}` exports", kind.export, kind.policy_type)));
    }
    let options = handler.required("options", "an object with the policy's options")?;
    (kind.build)(&options, dependencies)
}

fn kind_of(policy_type: &Node<'_>) -> Result<&'static PolicyKind, LoadError> {
    let name = policy_type.text()?;
    KNOWN.iter().find(|kind| kind.policy_type == name).ok_or_else(|| {
        let known: Vec<&str> = KNOWN.iter().map(|kind| kind.policy_type).collect();
        policy_type.error(format!("a policy type that is supported ({})", known.join(", ")))
    })
}
