//! The periods of quotas, which begin with a caller's first request and repeat from there.

use std::time::Duration;

use serde::Deserialize;
use time::{Month, OffsetDateTime, util::days_in_month};

/// How long a quota lasts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Period {
    /// Sixty minutes.
    Hourly,
    /// Twenty-four hours.
    Daily,
    /// Seven days.
    Weekly,
    /// To the same day of the next month, or its last one.
    Monthly,
}

impl Period {
    /// What project files call it.
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Hourly => "hourly",
            Self::Daily => "daily",
            Self::Weekly => "weekly",
            Self::Monthly => "monthly",
        }
    }

    /// When the period that holds `now` began, and when it ends, if the first one began at `anchor`.
    #[must_use]
    pub fn around(self, anchor: Duration, now: Duration) -> (Duration, Duration) {
        let length = match self {
            Self::Hourly => 3600,
            Self::Daily => 24 * 3600,
            Self::Weekly => 7 * 24 * 3600,
            Self::Monthly => return months(anchor, now),
        };
        let passed = now.as_secs().saturating_sub(anchor.as_secs()) / length;
        let begin = anchor + Duration::from_secs(passed * length);
        (begin, begin + Duration::from_secs(length))
    }
}

fn months(anchor: Duration, now: Duration) -> (Duration, Duration) {
    let first = OffsetDateTime::UNIX_EPOCH + anchor;
    let current = OffsetDateTime::UNIX_EPOCH + now;
    let months = (current.year() - first.year()) * 12 + i32::from(u8::from(current.month()))
        - i32::from(u8::from(first.month()));
    let begin = month_after(first, months);
    let months = if begin > current { months - 1 } else { months };
    (since_epoch(month_after(first, months)), since_epoch(month_after(first, months + 1)))
}

/// The same day and time some months later, or the last day of that month.
fn month_after(first: OffsetDateTime, months: i32) -> OffsetDateTime {
    let count = i32::from(u8::from(first.month())) - 1 + months;
    let year = first.year() + count.div_euclid(12);
    let month = u8::try_from(count.rem_euclid(12) + 1).ok().and_then(|month| Month::try_from(month).ok());
    let month = month.unwrap_or(Month::January);
    let day = first.day().min(days_in_month(month, year));
    let date = time::Date::from_calendar_date(year, month, day);
    date.map_or(first, |date| first.replace_date(date))
}

fn since_epoch(time: OffsetDateTime) -> Duration {
    Duration::try_from(time - OffsetDateTime::UNIX_EPOCH).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use time::format_description::well_known::Rfc3339;

    use super::*;

    fn at(text: &str) -> Duration {
        since_epoch(OffsetDateTime::parse(text, &Rfc3339).unwrap())
    }

    #[test]
    fn periods_repeat_from_the_first_request() {
        let anchor = at("2026-01-31T10:30:00Z");
        for (period, now, begin, end) in [
            (Period::Hourly, "2026-01-31T12:31:00Z", "2026-01-31T12:30:00Z", "2026-01-31T13:30:00Z"),
            (Period::Daily, "2026-02-02T10:29:59Z", "2026-02-01T10:30:00Z", "2026-02-02T10:30:00Z"),
            (Period::Weekly, "2026-02-07T10:30:00Z", "2026-02-07T10:30:00Z", "2026-02-14T10:30:00Z"),
            (Period::Monthly, "2026-01-31T10:30:00Z", "2026-01-31T10:30:00Z", "2026-02-28T10:30:00Z"),
            (Period::Monthly, "2026-02-28T10:30:00Z", "2026-02-28T10:30:00Z", "2026-03-31T10:30:00Z"),
            (Period::Monthly, "2026-03-31T10:29:59Z", "2026-02-28T10:30:00Z", "2026-03-31T10:30:00Z"),
            (Period::Monthly, "2027-01-30T00:00:00Z", "2026-12-31T10:30:00Z", "2027-01-31T10:30:00Z"),
        ] {
            assert_eq!(period.around(anchor, at(now)), (at(begin), at(end)), "{period:?} {now}");
        }
    }
}
