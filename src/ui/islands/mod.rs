//! The parts of pages that run in the browser. Each must read well where scripts are off.

pub mod clerk_component;
pub mod token_clock;
