//! The modules that are fuzzed, as they stand in the program.

#[path = "../src/gateway/mod.rs"]
pub mod gateway;
#[path = "../src/jwt/mod.rs"]
pub mod jwt;
