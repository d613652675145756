//! `ip-restriction-inbound`, which Zuplo publishes as a sample: lets requests pass by the client's address, as far as
//! trusted proxies vouch for it.
//!
//! Options: `allowedIpAddresses` (default: all), `blockedIpAddresses` (default none; counts more). Addresses or ranges
//! (CIDR). The refusal is 403. A client whose address is not known is refused.

use axum::extract::Request;
use ipnet::IpNet;
use serde::Deserialize;

use super::{InboundPolicy, Policy, PolicySite, Verdict, ready};
use crate::gateway::{
    context::Context,
    incoming::parse_network,
    problem::Problem,
    project::{LoadError, Options, TextList},
};

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct IpOptions {
    allowed_ip_addresses: Option<TextList>,
    blocked_ip_addresses: Option<TextList>,
}

struct IpRestriction {
    /// None: all.
    allowed: Option<Vec<IpNet>>,
    blocked: Vec<IpNet>,
}

/// Makes the policy from its options.
pub fn build(options: &Options<'_>, _site: &PolicySite<'_>) -> Result<Policy, LoadError> {
    let read: IpOptions = options.read()?;
    let networks = |option: &str, list: TextList| {
        let networks = list.0.iter().map(|entry| parse_network(entry)).collect::<Result<Vec<_>, _>>();
        networks.map_err(|_| options.error(option, "addresses and ranges, such as 192.0.2.1 or 10.0.0.0/8"))
    };
    if read.allowed_ip_addresses.is_none() && read.blocked_ip_addresses.is_none() {
        return Err(options.error("allowedIpAddresses", "addresses to allow, or `blockedIpAddresses`"));
    }
    let allowed = read.allowed_ip_addresses.map(|list| networks("allowedIpAddresses", list)).transpose()?;
    let blocked = read.blocked_ip_addresses.map(|list| networks("blockedIpAddresses", list)).transpose()?;
    Ok(Policy::inbound(IpRestriction { allowed, blocked: blocked.unwrap_or_default() }))
}

impl IpRestriction {
    fn allows(&self, context: &Context) -> bool {
        let Some(client) = context.client_ip else { return false };
        let holds = |networks: &[IpNet]| networks.iter().any(|network| network.contains(&client));
        !holds(&self.blocked) && self.allowed.as_deref().is_none_or(holds)
    }
}

impl InboundPolicy for IpRestriction {
    fn apply<'a>(&'a self, request: Request, context: &'a mut Context) -> Verdict<'a> {
        ready(if self.allows(context) {
            Ok(request)
        } else {
            Err(Problem::forbidden("address", "Requests from this address are not allowed.").into())
        })
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::gateway::testing::{fault, inbound, request};

    #[tokio::test]
    async fn blocked_counts_more_than_allowed() {
        let both = json!({ "allowedIpAddresses": ["10.0.0.0/8", "192.0.2.1"], "blockedIpAddresses": "10.1.0.0/16" });
        let blocked = json!({ "blockedIpAddresses": ["10.1.0.0/16"] });
        for (options, address, passes) in [
            (&both, Some("10.2.0.1"), true),
            (&both, Some("192.0.2.1"), true),
            (&both, Some("10.1.0.1"), false),
            (&both, Some("192.0.2.2"), false),
            (&both, Some("::1"), false),
            (&both, None, false),
            (&blocked, Some("192.0.2.2"), true),
            (&blocked, Some("10.1.0.1"), false),
            (&blocked, None, false),
        ] {
            let mut policy = inbound("ip-restriction-inbound", options);
            policy.context.client_ip = address.map(|address| address.parse().unwrap());
            if passes {
                policy.passes(request(&[])).await;
            } else {
                assert_eq!(policy.refuses(request(&[])).await.status(), 403, "{address:?}");
            }
        }
        assert!(
            fault("ip-restriction-inbound", &json!({ "allowedIpAddresses": ["10.0.0.0/33"] }))
                .contains("expected addresses")
        );
        assert!(fault("ip-restriction-inbound", &json!({})).contains("expected addresses to allow"));
    }
}
