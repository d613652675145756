//! Icons, drawn for this project: lines on a grid of 24 by 24.

/// What an icon stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Icon {
    /// Whoever asks.
    Browser,
    /// A session at Clerk.
    Key,
    /// Code on the server.
    Braces,
    /// A policy that lets pass or refuses.
    Shield,
    /// What answers behind the gateway.
    Bolt,
    /// What comes back.
    Page,
    /// It went well.
    Check,
    /// It did not.
    Cross,
}

impl Icon {
    /// The lines, as an SVG path.
    pub const fn path(self) -> &'static str {
        match self {
            Self::Browser => "M3 5h18v14H3zM3 9.5h18M6 7.3h.01M8.5 7.3h.01",
            Self::Key => "M8 19a4 4 0 1 1 0-8 4 4 0 0 1 0 8zM11 12.2 19 4M15.5 7.5l3 3",
            Self::Braces => {
                "M8.5 4C6.5 4 6 5 6 6.5v2.6C6 10.8 5 12 3.7 12 5 12 6 13.2 6 14.9v2.6C6 19 6.5 20 8.5 20M15.5 4c2 0 2.5 1 2.5 2.5v2.6c0 1.7 1 2.9 2.3 2.9-1.3 0-2.3 1.2-2.3 2.9v2.6c0 1.5-.5 2.5-2.5 2.5"
            }
            Self::Shield => "M12 3.2 19 6v5.5c0 4.5-2.9 7.6-7 9.3-4.1-1.7-7-4.8-7-9.3V6zM9 11.8l2.2 2.2 4-4.3",
            Self::Bolt => "M13 3 5.5 13.5H11L10 21l8-11h-6z",
            Self::Page => "M6 3.5h8.5L18.5 7.5v13H6zM14.5 3.5v4h4M9 12h6.5M9 15.5h6.5",
            Self::Check => "M6.5 12.5 10.5 16.5 18 8",
            Self::Cross => "M8 8l8 8M16 8l-8 8",
        }
    }
}
