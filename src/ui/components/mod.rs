//! Parts that pages are made of.

mod chain;
mod icon;
mod identity;
mod island_scripts;
mod journey;
pub mod layout;
mod notice;
mod site_header;
pub(super) mod source;
mod theme_switch;

pub use chain::{Chain, Mark, Station};
pub use icon::Icon;
pub use identity::Identity;
pub use island_scripts::IslandScripts;
pub use journey::{GatewaySteps, JourneySection};
pub use notice::Notice;
pub use source::SourceDrawer;
