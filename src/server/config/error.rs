//! A variable that is not right. Secrets are never repeated.

/// Which variable, and what it should look like.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ConfigError {
    /// A value without meaning.
    #[error("{name}: expected {expected}")]
    Invalid {
        /// The variable.
        name: String,
        /// What it should look like.
        expected: String,
    },
    /// Part of what belongs together.
    #[error("{set} is set but {missing} is not: set both, or neither to use the embedded Clerk")]
    HalfSet {
        /// The variable that is set.
        set: &'static str,
        /// The one that is missing.
        missing: &'static str,
    },
    /// A variable that looks like one of ours.
    #[error("{0}: there is no such variable; .env.example lists them all")]
    Unknown(String),
    /// `.env` cannot be read.
    #[error(".env: {0}")]
    DotEnv(String),
    /// The embedded Clerk would be open to others.
    #[error(
        "the embedded Clerk serves this machine only, but {0}. Set CLERK_PUBLISHABLE_KEY and CLERK_SECRET_KEY to use a \
         hosted Clerk; or, where everybody may sign in as anybody, set GATEHOUSE_EMBEDDED_CLERK=allow-non-loopback"
    )]
    EmbeddedClerkExposed(String),
}
