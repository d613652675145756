//! The chain as a picture: stations and the way between them. Drawn twice from the same list, side by side for wide
//! screens and one below the other for narrow ones; the stylesheet shows one of them.

use leptos::prelude::*;

use super::icon::Icon;

/// How a station did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mark {
    /// Nothing is judged.
    Plain,
    /// It let the request pass, or answered it.
    Passed,
    /// It ended the request.
    Refused,
    /// The request did not come this far, or nobody could see what happened.
    Unseen,
}

impl Mark {
    const fn class(self) -> &'static str {
        match self {
            Self::Plain => "station",
            Self::Passed => "station passed",
            Self::Refused => "station refused",
            Self::Unseen => "station unseen",
        }
    }

    const fn badge(self) -> Option<Icon> {
        match self {
            Self::Passed => Some(Icon::Check),
            Self::Refused => Some(Icon::Cross),
            Self::Plain | Self::Unseen => None,
        }
    }
}

/// One stop on the way.
#[derive(Debug, Clone)]
pub struct Station {
    /// What it is, as a picture.
    pub icon: Icon,
    /// What it is called.
    pub name: &'static str,
    /// What happened there, in a few words.
    pub note: String,
    /// How it did.
    pub mark: Mark,
}

/// Where a picture's parts stand.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Direction {
    Across,
    Down,
}

const PITCH_ACROSS: usize = 178;
const PITCH_DOWN: usize = 76;
const RADIUS: usize = 26;

impl Direction {
    const fn name(self) -> &'static str {
        match self {
            Self::Across => "across",
            Self::Down => "down",
        }
    }

    /// The centre of the station at `index`.
    const fn centre(self, index: usize) -> (usize, usize) {
        match self {
            Self::Across => (PITCH_ACROSS / 2 + index * PITCH_ACROSS, 34),
            Self::Down => (30, 34 + index * PITCH_DOWN),
        }
    }

    fn view_box(self, stations: usize) -> String {
        match self {
            Self::Across => format!("0 0 {} 124", stations * PITCH_ACROSS),
            Self::Down => format!("0 0 240 {}", stations * PITCH_DOWN - 8),
        }
    }

    /// The way from the station at `index` to the next one, with the point of an arrow.
    fn way(self, index: usize) -> String {
        let ((x, y), (next_x, next_y)) = (self.centre(index), self.centre(index + 1));
        let gap = RADIUS + 8;
        match self {
            Self::Across => format!("M{} {y}H{}m-6-5 6 5-6 5", x + gap, next_x - gap),
            Self::Down => format!("M{x} {}V{}", y + RADIUS, next_y - RADIUS),
        }
    }
}

/// The picture. `id` must be unique on its page; `title` is for those who cannot see it.
#[component]
pub fn Chain(id: &'static str, title: &'static str, stations: Vec<Station>) -> impl IntoView {
    let description = describe(&stations);
    let picture = move |direction: Direction| {
        let (title_id, description_id) =
            (format!("{id}-{}-title", direction.name()), format!("{id}-{}-text", direction.name()));
        let ways = (1..stations.len()).map(|next| {
            let is_travelled = [next - 1, next].iter().all(|index| was_reached(&stations, *index));
            let class = if is_travelled { "way" } else { "way untravelled" };
            view! { <path class=class d=direction.way(next - 1) /> }
        });
        let stops = stations.iter().enumerate().map(|(index, station)| stop(direction, index, station));
        view! {
            <svg
                class=format!("chain chain-{}", direction.name())
                viewBox=direction.view_box(stations.len())
                role="img"
                aria-labelledby=title_id
                aria-describedby=description_id
            >
                <title id=title_id.clone()>{title}</title>
                <desc id=description_id.clone()>{description.clone()}</desc>
                {ways.collect_view()}
                {stops.collect_view()}
            </svg>
        }
    };
    view! { <figure class="chain-figure">{picture(Direction::Across)}{picture(Direction::Down)}</figure> }
}

/// Whether the request came by. Where nobody could see it, it did if a station further on let it pass.
fn was_reached(stations: &[Station], index: usize) -> bool {
    let further = stations.get(index..).unwrap_or_default();
    further.first().is_some_and(|station| station.mark != Mark::Unseen)
        || further.iter().any(|station| station.mark == Mark::Passed)
}

/// The picture in words.
fn describe(stations: &[Station]) -> String {
    let parts: Vec<String> = stations.iter().map(|station| format!("{}: {}", station.name, station.note)).collect();
    format!("{}.", parts.join(". "))
}

fn stop(direction: Direction, index: usize, station: &Station) -> impl IntoView + use<> {
    let (x, y) = direction.centre(index);
    let (text_x, name_y, note_y) = match direction {
        Direction::Across => (x, y + 54, y + 75),
        Direction::Down => (x + 44, y - 3, y + 16),
    };
    let badge = station.mark.badge().map(|icon| {
        let (x, y) = (x + 20, y - 20);
        view! {
            <circle class="badge" cx=x cy=y r="9" />
            <path class="badge-mark" transform=format!("translate({} {}) scale(.5)", x - 6, y - 6) d=icon.path() />
        }
    });
    view! {
        <g class=station.mark.class()>
            <circle class="disc" cx=x cy=y r=RADIUS />
            <path class="icon" transform=format!("translate({} {})", x - 12, y - 12) d=station.icon.path() />
            {badge}
            <text class="name" x=text_x y=name_y>{station.name}</text>
            <text class="note" x=text_x y=note_y>{station.note.clone()}</text>
        </g>
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_way_that_was_travelled_unseen_is_no_way_that_was_not() {
        use Mark::{Passed, Plain, Refused, Unseen};
        let reached = |marks: [Mark; 4]| -> Vec<bool> {
            let station = |mark| Station { icon: Icon::Bolt, name: "", note: String::new(), mark };
            let stations: Vec<Station> = marks.map(station).into();
            (0..4).map(|index| was_reached(&stations, index)).collect()
        };
        assert_eq!(reached([Passed, Unseen, Passed, Plain]), [true; 4], "it answered, so it was asked");
        assert_eq!(reached([Passed, Refused, Unseen, Plain]), [true, true, false, true]);
        assert_eq!(reached([Refused, Unseen, Unseen, Plain]), [true, false, false, true]);
    }
}
