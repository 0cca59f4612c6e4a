"""Days before now as FHIR dates and times."""

from __future__ import annotations

from datetime import datetime, time, timedelta

Days = int | float

# No event of a day is later than this, so that "0 days ago" never lies in the future.
_DAY_CLOSES = time(10, 30)
SPECIMEN, VISIT, BEDSIDE, WRITTEN = time(8, 10), time(9, 30), time(9, 40), time(10, 20)


class Timeline:
    """Days before now as FHIR times.

    A whole number names a day, at a usual hour of that kind of event; a number with a decimal point names
    the exact moment.
    """

    def __init__(self, now: datetime) -> None:
        self.now = now
        closed = now.time() >= _DAY_CLOSES
        self._today = now.date() if closed else now.date() - timedelta(days=1)

    def at(self, days_ago: Days, hour: time) -> str:
        """A dateTime with the zone of now."""
        if isinstance(days_ago, float):
            return (self.now - timedelta(days=days_ago)).isoformat(timespec="seconds")
        day = self._today - timedelta(days=days_ago)
        return datetime.combine(day, hour, self.now.tzinfo).isoformat(timespec="seconds")

    def day(self, days_ago: Days) -> str:
        """A date."""
        return self.at(days_ago, SPECIMEN)[:10]

    def birth_date(self, age_years: int, days_since_birthday: int) -> str:
        """The birth date of somebody of an age, so many days after the birthday."""
        birthday = self.now.date() - timedelta(days=days_since_birthday)
        leap_day = (birthday.month, birthday.day) == (2, 29)
        return birthday.replace(
            year=birthday.year - age_years, day=28 if leap_day else birthday.day
        ).isoformat()
