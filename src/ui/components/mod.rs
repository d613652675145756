//! Parts that pages are made of.

mod island_scripts;
pub mod layout;
mod notice;
mod site_header;

pub use island_scripts::IslandScripts;
pub use notice::Notice;
