//! What project files can name: everything of `@zuplo/runtime` that is supported, and the modules of the project's own,
//! which are Rust here.
//!
//! A program with modules of its own is `examples/own_modules.rs`. What has options is a struct that is made from them:
//!
//! ```
//! use gatehouse::gateway::{Answer, Body, Context, Handler, Registry, Request, Response};
//!
//! #[derive(serde::Deserialize)]
//! #[serde(deny_unknown_fields)]
//! struct Greet {
//!     greeting: String,
//! }
//!
//! impl Handler for Greet {
//!     fn handle<'a>(&'a self, _request: Request, context: &'a mut Context) -> Answer<'a> {
//!         Box::pin(async { Ok(Response::new(Body::from(format!("{} {}", self.greeting, context.path)))) })
//!     }
//! }
//!
//! let registry = Registry::default().handler("./modules/greet", "default", |options| options.read::<Greet>());
//! ```

use std::{collections::HashMap, sync::Arc};

use axum::extract::Request;

use super::{
    context::Context,
    handlers::{self, Answer, Handler, HandlerSite, HelloWorld},
    policies::{self, InboundPolicy, OutboundPolicy, Policy, PolicySite, Verdict},
    project::{LoadError, Node, Options},
};

/// Zuplo's own module.
const RUNTIME: &str = "@zuplo/runtime";

/// The modules of a project's own, by module and export.
pub struct Registry(HashMap<(String, String), Export>);

enum Export {
    Handler(Make<dyn Handler>),
    Inbound(Make<dyn InboundPolicy>),
    Outbound(Make<dyn OutboundPolicy>),
    RateLimitKey(Arc<RateLimitKey>),
}

/// Whom a request counts for; none for who has no limit.
pub type RateLimitKey = dyn Fn(&Request, &Context) -> Option<RateLimitIdentity> + Send + Sync;

/// Whom a request counts for, and how much they may where that is not what the policy says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RateLimitIdentity {
    /// Requests with the same key count together.
    pub key: String,
    /// Instead of `requestsAllowed`.
    pub requests_allowed: Option<u64>,
    /// Instead of `timeWindowMinutes`.
    pub time_window_minutes: Option<u64>,
}

/// A function that needs no options is a handler.
impl<F: for<'a> Fn(Request, &'a mut Context) -> Answer<'a> + Send + Sync> Handler for F {
    fn handle<'a>(&'a self, request: Request, context: &'a mut Context) -> Answer<'a> {
        self(request, context)
    }
}

/// A function that needs no options is an inbound policy.
impl<F: for<'a> Fn(Request, &'a mut Context) -> Verdict<'a> + Send + Sync> InboundPolicy for F {
    fn apply<'a>(&'a self, request: Request, context: &'a mut Context) -> Verdict<'a> {
        self(request, context)
    }
}

type Make<T> = Box<dyn Fn(&Options<'_>) -> Result<Arc<T>, LoadError> + Send + Sync>;

/// With the one module that a new Zuplo project has.
impl Default for Registry {
    fn default() -> Self {
        Self(HashMap::new()).handler("./modules/hello-world", "default", |options| options.none().map(|()| HelloWorld))
    }
}

impl Registry {
    /// Adds a handler. `make` reads its options and refuses those it does not know.
    #[must_use]
    pub fn handler<H: Handler + 'static>(
        self,
        module: &str,
        export: &str,
        make: impl Fn(&Options<'_>) -> Result<H, LoadError> + Send + Sync + 'static,
    ) -> Self {
        let make: Make<dyn Handler> = Box::new(move |options| Ok(Arc::new(make(options)?)));
        self.with(module, export, Export::Handler(make))
    }

    /// Adds a policy that runs before handlers.
    #[must_use]
    pub fn inbound_policy<P: InboundPolicy + 'static>(
        self,
        module: &str,
        export: &str,
        make: impl Fn(&Options<'_>) -> Result<P, LoadError> + Send + Sync + 'static,
    ) -> Self {
        let make: Make<dyn InboundPolicy> = Box::new(move |options| Ok(Arc::new(make(options)?)));
        self.with(module, export, Export::Inbound(make))
    }

    /// Adds a policy that runs after handlers.
    #[must_use]
    pub fn outbound_policy<P: OutboundPolicy + 'static>(
        self,
        module: &str,
        export: &str,
        make: impl Fn(&Options<'_>) -> Result<P, LoadError> + Send + Sync + 'static,
    ) -> Self {
        let make: Make<dyn OutboundPolicy> = Box::new(move |options| Ok(Arc::new(make(options)?)));
        self.with(module, export, Export::Outbound(make))
    }

    /// Adds a function for `rate-limit-inbound` with `rateLimitBy: function`.
    #[must_use]
    pub fn rate_limit_key(
        self,
        module: &str,
        export: &str,
        key: impl Fn(&Request, &Context) -> Option<RateLimitIdentity> + Send + Sync + 'static,
    ) -> Self {
        self.with(module, export, Export::RateLimitKey(Arc::new(key)))
    }

    fn with(mut self, module: &str, export: &str, entry: Export) -> Self {
        self.0.insert((module.to_owned(), export.to_owned()), entry);
        self
    }

    fn find(&self, module: &str, export: &str) -> Option<&Export> {
        self.0.get(&(module.to_owned(), export.to_owned()))
    }

    /// The function that `identifier` names.
    pub(super) fn key_function(&self, module: &str, export: &str) -> Option<Arc<RateLimitKey>> {
        match self.find(module, export)? {
            Export::RateLimitKey(key) => Some(Arc::clone(key)),
            _ => None,
        }
    }

    /// The policy that a project names, by type, module and export, which must agree.
    pub(super) fn policy(
        &self,
        policy_type: &Node<'_>,
        (place, module): (&Node<'_>, &str),
        export: &Node<'_>,
    ) -> Result<PolicyKind<'_>, LoadError> {
        let (name, exported) = (policy_type.text()?, export.text()?);
        if module == RUNTIME {
            if policies::sample(name).is_some() {
                return Err(place.error("`$import(./modules/…)`: Zuplo has this policy as source to copy only"));
            }
            let kind = policies::built_in(name).ok_or_else(|| policy_type.error(known_types()))?;
            if kind.export != exported {
                return Err(export.error(format!("`{}`, which is what `{name}` exports", kind.export)));
            }
            return Ok(PolicyKind::BuiltIn(kind.build));
        }
        if let Some(kind) = policies::built_in(name) {
            return Err(place.error(format!("`$import({RUNTIME})`, which has `{}`", kind.policy_type)));
        }
        let own = self.find(module, exported);
        match own {
            Some(Export::Inbound(make)) if !name.ends_with("-outbound") => Ok(PolicyKind::Inbound(make)),
            Some(Export::Outbound(make)) if !name.ends_with("-inbound") => Ok(PolicyKind::Outbound(make)),
            Some(Export::Inbound(_)) => Err(policy_type.error("an inbound type, such as `custom-code-inbound`")),
            Some(Export::Outbound(_)) => Err(policy_type.error("an outbound type, such as `custom-code-outbound`")),
            Some(_) => Err(place.error("a module with a policy; this one has something else")),
            None => match policies::sample(name) {
                Some(build) if module == sample_module(name) && exported == "default" => Ok(PolicyKind::Sample(build)),
                Some(_) => Err(place.error(format!(
                    "a module that is registered ({}), or `$import({})` for the one that is built in",
                    self.known(),
                    sample_module(name)
                ))),
                None => Err(place.error(format!("a module that is registered ({})", self.known()))),
            },
        }
    }

    /// The handler that a project names, by module and export.
    pub(super) fn handler_kind(
        &self,
        (place, module): (&Node<'_>, &str),
        export: &Node<'_>,
    ) -> Result<HandlerKind<'_>, LoadError> {
        let exported = export.text()?;
        if module == RUNTIME {
            return handlers::built_in(exported)
                .map(HandlerKind::BuiltIn)
                .ok_or_else(|| export.error(format!("a handler that is supported ({})", known_handlers())));
        }
        match self.find(module, exported) {
            Some(Export::Handler(make)) => Ok(HandlerKind::Own(make)),
            Some(_) => Err(place.error("a module with a handler; this one has something else")),
            None => Err(place.error(format!("a handler that is supported ({})", self.known()))),
        }
    }

    fn known(&self) -> String {
        let mut known: Vec<String> = self.0.keys().map(|(module, export)| format!("{export} of {module}")).collect();
        known.sort_unstable();
        known.join(", ")
    }
}

/// Where a project keeps its copy of a sample, as Zuplo names it. Any other module is the project's own work, and ours is
/// not what it says.
fn sample_module(policy_type: &str) -> String {
    format!("./modules/{policy_type}")
}

/// How to make a policy.
pub enum PolicyKind<'r> {
    BuiltIn(policies::Build),
    /// Ours, in the place of a project's copy of Zuplo's sample.
    Sample(policies::Build),
    Inbound(&'r Make<dyn InboundPolicy>),
    Outbound(&'r Make<dyn OutboundPolicy>),
}

impl PolicyKind<'_> {
    /// What somebody should know before they rely on it.
    pub const fn notice(&self) -> Option<&'static str> {
        match self {
            Self::Sample(_) => Some(
                "the policy that is built in runs here, not the project's copy of Zuplo's sample: if the copy was \
                 changed, register it under another name",
            ),
            _ => None,
        }
    }

    /// Makes it.
    pub fn build(&self, options: &Options<'_>, site: &PolicySite<'_>) -> Result<Policy, LoadError> {
        match self {
            Self::BuiltIn(build) | Self::Sample(build) => build(options, site),
            Self::Inbound(make) => make(options).map(Policy::Inbound),
            Self::Outbound(make) => make(options).map(Policy::Outbound),
        }
    }
}

/// How to make a handler.
pub enum HandlerKind<'r> {
    BuiltIn(handlers::Build),
    Own(&'r Make<dyn Handler>),
}

impl HandlerKind<'_> {
    /// Makes it.
    pub fn build(&self, options: &Options<'_>, site: &HandlerSite<'_>) -> Result<Arc<dyn Handler>, LoadError> {
        match self {
            Self::BuiltIn(build) => build(options, site),
            Self::Own(make) => make(options),
        }
    }
}

fn known_handlers() -> String {
    handlers::BUILT_IN.iter().map(|(export, _)| *export).collect::<Vec<_>>().join(", ")
}

fn known_types() -> String {
    let built_in = policies::BUILT_IN.iter().map(|kind| kind.policy_type);
    let types: Vec<&str> = built_in.chain(policies::SAMPLES.iter().map(|(name, _)| *name)).collect();
    format!("a policy type that is supported ({})", types.join(", "))
}

/// The module in `$import(…)`.
pub fn module_of<'a>(node: &Node<'a>) -> Result<&'a str, LoadError> {
    let module = node.text()?.strip_prefix("$import(").and_then(|rest| rest.strip_suffix(')'));
    module
        .ok_or_else(|| node.error("`$import(@zuplo/runtime)`, or `$import(./modules/…)` for one of the project's own"))
}

/// The module in `$import(…)`, if that is what the text is.
pub fn imported(text: &str) -> Option<&str> {
    text.strip_prefix("$import(")?.strip_suffix(')')
}
