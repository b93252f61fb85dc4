"""The map: warehouses, hubs and customers' cities, with their zones and a flat distance."""

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Place:
    """A place where scans are made. `x` and `y` are tens of miles on a flat map."""

    city: str
    region: str
    postal: str
    country: str
    zone: str
    x: int
    y: int

    def miles(self, other: "Place") -> int:
        """Road distance along the map's axes: enough to make far places far."""
        return 8 * (abs(self.x - other.x) + abs(self.y - other.y))


EAST, CENTRAL, MOUNTAIN, WEST = "America/New_York", "America/Chicago", "America/Denver", "America/Los_Angeles"


def _us(city: str, region: str, postal: str, zone: str, x: int, y: int) -> Place:
    return Place(city, region, postal, "US", zone, x, y)


LOUISVILLE: Final = _us("Louisville", "KY", "40213", "America/Kentucky/Louisville", 200, 90)
CHICAGO: Final = _us("Hodgkins", "IL", "60525", CENTRAL, 190, 130)
DALLAS: Final = _us("Mesquite", "TX", "75149", CENTRAL, 135, 25)
ONTARIO: Final = _us("Ontario", "CA", "91761", WEST, 20, 45)
PHILADELPHIA: Final = _us("Philadelphia", "PA", "19153", EAST, 275, 115)
ATLANTA: Final = _us("Atlanta", "GA", "30354", EAST, 220, 40)
NEWARK: Final = _us("Kearny", "NJ", "07032", EAST, 283, 122)
MEMPHIS: Final = _us("Memphis", "TN", "38118", CENTRAL, 180, 60)
INDIANAPOLIS: Final = _us("Indianapolis", "IN", "46241", "America/Indiana/Indianapolis", 200, 105)
OAKLAND: Final = _us("Oakland", "CA", "94621", WEST, 5, 80)
PHOENIX: Final = _us("Phoenix", "AZ", "85043", "America/Phoenix", 45, 40)
HEBRON: Final = _us("Hebron", "KY", "41048", EAST, 205, 97)
LEIPZIG: Final = Place("Leipzig", "SN", "04435", "DE", "Europe/Berlin", 700, 160)
MIDLANDS: Final = Place("Derby", "", "DE74 2SA", "GB", "Europe/London", 640, 170)

WAREHOUSES: Final = (
    (_us("Columbus", "OH", "43217", EAST, 215, 108), 5),
    (_us("Sparks", "NV", "89434", WEST, 15, 88), 3),
    (_us("Fort Worth", "TX", "76177", CENTRAL, 130, 27), 2),
)

CUSTOMERS: Final = (
    (_us("Brooklyn", "NY", "11201", EAST, 286, 123), 9),
    (_us("Boston", "MA", "02118", EAST, 305, 135), 5),
    (_us("Baltimore", "MD", "21224", EAST, 268, 105), 4),
    (_us("Raleigh", "NC", "27601", EAST, 255, 65), 4),
    (_us("Orlando", "FL", "32801", EAST, 240, 5), 5),
    (_us("Miami", "FL", "33130", EAST, 248, 0), 4),
    (_us("Decatur", "GA", "30030", EAST, 222, 41), 5),
    (_us("Nashville", "TN", "37203", CENTRAL, 200, 65), 4),
    (_us("Louisville", "KY", "40202", "America/Kentucky/Louisville", 201, 91), 3),
    (_us("Pittsburgh", "PA", "15212", EAST, 240, 112), 4),
    (_us("Detroit", "MI", "48201", "America/Detroit", 215, 135), 4),
    (_us("Evanston", "IL", "60201", CENTRAL, 191, 134), 6),
    (_us("Minneapolis", "MN", "55401", CENTRAL, 160, 155), 4),
    (_us("Saint Louis", "MO", "63103", CENTRAL, 175, 90), 3),
    (_us("Kansas City", "MO", "64108", CENTRAL, 150, 95), 3),
    (_us("Austin", "TX", "78701", CENTRAL, 128, 10), 5),
    (_us("Houston", "TX", "77002", CENTRAL, 145, 8), 6),
    (_us("Denver", "CO", "80202", MOUNTAIN, 95, 95), 5),
    (_us("Boise", "ID", "83702", "America/Boise", 45, 120), 2),
    (_us("Salt Lake City", "UT", "84101", MOUNTAIN, 60, 95), 3),
    (_us("Tucson", "AZ", "85701", "America/Phoenix", 50, 32), 3),
    (_us("Los Angeles", "CA", "90012", WEST, 15, 45), 9),
    (_us("San Diego", "CA", "92101", WEST, 18, 35), 4),
    (_us("San Jose", "CA", "95112", WEST, 5, 76), 5),
    (_us("Portland", "OR", "97205", WEST, 10, 130), 4),
    (_us("Seattle", "WA", "98101", WEST, 15, 150), 5),
)

ABROAD: Final = (
    (Place("Toronto", "ON", "M5V 2T6", "CA", "America/Toronto", 245, 145), 4),
    (Place("London", "", "SE1 9PZ", "GB", "Europe/London", 645, 165), 4),
    (Place("Berlin", "", "10115", "DE", "Europe/Berlin", 705, 165), 2),
    (Place("Lyon", "", "69002", "FR", "Europe/Paris", 670, 130), 2),
)
