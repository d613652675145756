//! Parts that pages are made of.

pub mod layout;
mod notice;
mod site_header;

pub use notice::Notice;
