//! `composite-inbound`: a group of policies under one name. Groups are taken apart when a project is loaded, so nothing
//! of them is left at run time. They are flat: no group in a group.
//!
//! Options: `policies` (required: the names, in order).

use serde::Deserialize;

use super::{Policy, PolicySite};
use crate::gateway::project::{LoadError, Options};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct CompositeOptions {
    policies: Vec<String>,
}

/// Reads the group.
pub fn build(options: &Options<'_>, _site: &PolicySite<'_>) -> Result<Policy, LoadError> {
    let members = options.read::<CompositeOptions>()?.policies;
    if members.is_empty() { Err(options.error("policies", "at least one policy")) } else { Ok(Policy::Group(members)) }
}
