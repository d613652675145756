//! The integration tests: the real program, started on a free port, spoken to over HTTP. One binary, so that it is
//! linked once.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on should stop")]

mod account_page;
mod backend_api;
mod backend_api_rows;
mod backend_failures;
mod browser_bundles;
mod decisions;
mod embedded_accounts;
mod embedded_backend_api;
mod embedded_clerk;
mod embedded_faults;
mod embedded_links;
mod embedded_organizations;
mod embedded_portal;
mod embedded_seed;
mod embedded_tools;
mod frontend_api_accounts;
mod frontend_api_me;
mod frontend_api_organizations;
mod frontend_api_pages;
mod frontend_api_sessions;
mod frontend_api_sign_in;
mod frontend_api_sign_up;
mod frontend_api_storm;
mod frontend_api_verification;
mod gateway_alone;
mod gateway_caching;
mod gateway_commands;
mod gateway_forward;
mod gateway_keys;
mod gateway_limits;
mod gateway_metrics;
mod gateway_policies;
mod gateway_routes;
mod gateway_routes_page;
mod gateway_streams;
mod gateway_traces;
mod gateway_validation;
mod gateway_wire;
mod guide_endpoints;
mod hosted_clerk;
mod journey;
mod lab;
mod operations;
mod rust_service;
mod session_tokens;
mod social_connections;
mod social_portal;
mod social_provider;
mod social_sign_in;
mod start;
mod support;
mod tidy;
mod tokens;
