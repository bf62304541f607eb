"""What the demo platform holds: organizations, places and events around the day it is made.

Longer than other files on purpose: it is one table, and is read by looking something up in it.
"""

from dataclasses import dataclass, field

from domain.permissions import EventAction, OrganizationRole, PlatformRole

PUBLIC = (EventAction.SUBMIT, EventAction.PUBLISH)


@dataclass(frozen=True, slots=True)
class Account:
    """One of the demo accounts; `role` is its place in the first organization."""

    email: str
    name: str
    platform_role: PlatformRole | None = None
    role: OrganizationRole | None = None


@dataclass(frozen=True, slots=True)
class Place:
    """A venue."""

    name: str
    city: str
    country: str
    timezone: str
    capacity: int
    address: str


@dataclass(frozen=True, slots=True)
class Tier:
    """A ticket tier; the price is in minor units."""

    name: str
    price: int = 0
    currency: str = "EUR"
    quota: int | None = None
    limit: int | None = None


@dataclass(frozen=True, slots=True)
class Happening:
    """An event. `day` counts from the day of seeding, `hour` is local; `taken` is the share of places to fill."""

    title: str
    category: str
    tags: tuple[str, ...]
    day: int
    hour: int
    hours: int
    summary: str
    place: int | None = 0
    timezone: str = ""
    capacity: int | None = None
    tiers: tuple[Tier, ...] = (Tier("Standard"),)
    moves: tuple[EventAction, ...] = PUBLIC
    taken: float = 0.4


@dataclass(frozen=True, slots=True)
class House:
    """An organization with its places and events."""

    name: str
    slug: str
    description: str
    places: tuple[Place, ...]
    events: tuple[Happening, ...] = field(default=())


ACCOUNTS = (
    Account("admin@bilten.example", "Demo Admin", platform_role=PlatformRole.ADMIN),
    Account("analyst@bilten.example", "Demo Analyst", platform_role=PlatformRole.ANALYST),
    Account("owner@bilten.example", "Demo Owner", role=OrganizationRole.OWNER),
    Account("manager@bilten.example", "Demo Manager", role=OrganizationRole.MANAGER),
    Account("staff@bilten.example", "Demo Staff", role=OrganizationRole.STAFF),
    Account("attendee@bilten.example", "Demo Attendee"),
)
GUESTS = 48

_FREE = (Tier("Free entry", limit=4),)
_TALKS = (Tier("Regular", 4900, quota=80, limit=4), Tier("Student", 1900, quota=20, limit=1))
_STAGE = (Tier("Floor", 2800, limit=6), Tier("Balcony", 3900, quota=30, limit=6))

HOUSES = (
    House(
        "Open Source Ljubljana",
        "open-source-ljubljana",
        "Meetups and a yearly conference about **free software** in Slovenia.",
        (
            Place("Old Power Station", "Ljubljana", "SI", "Europe/Ljubljana", 220, "Slomškova ulica 18"),
            Place("Faculty Hall 1", "Ljubljana", "SI", "Europe/Ljubljana", 120, "Večna pot 113"),
        ),
        (
            Happening(
                "Python Evening: typing in anger",
                "Technology",
                ("python", "typing"),
                3,
                18,
                3,
                "Three short talks on typing large code bases, then pizza.",
                1,
                capacity=60,
                tiers=_FREE,
            ),
            Happening(
                "PostgreSQL Night",
                "Technology",
                ("postgresql", "databases"),
                9,
                18,
                3,
                "Query plans, locks and why your counter drifts.",
                1,
                capacity=40,
                tiers=_FREE,
                taken=1.0,
            ),
            Happening(
                "Free Software Days",
                "Conference",
                ("open-source", "community"),
                45,
                9,
                32,
                "Two days, two tracks, forty speakers.",
                0,
                capacity=100,
                tiers=_TALKS,
                taken=0.7,
            ),
            Happening(
                "Contributors' Breakfast",
                "Community",
                ("open-source",),
                0,
                0,
                23,
                "Open house all day: bring a patch or a question.",
                1,
                capacity=30,
                tiers=_FREE,
                taken=0.5,
            ),
            Happening(
                "GraphQL Workshop",
                "Workshop",
                ("graphql", "api"),
                17,
                10,
                6,
                "From schema to subscriptions, hands on.",
                1,
                capacity=20,
                tiers=(Tier("Seat", 9900, limit=2),),
                taken=0.9,
            ),
            Happening(
                "Rust for Pythonistas",
                "Workshop",
                ("rust", "python"),
                30,
                10,
                7,
                "Write your first extension module.",
                1,
                capacity=24,
                tiers=(Tier("Seat", 8900, limit=2),),
                moves=(EventAction.SUBMIT,),
                taken=0,
            ),
            Happening(
                "Security Round Table",
                "Technology",
                ("security",),
                60,
                17,
                3,
                "An open discussion; the programme is being written.",
                1,
                capacity=50,
                tiers=_FREE,
                moves=(),
                taken=0,
            ),
            Happening(
                "Install Fest",
                "Community",
                ("linux", "beginners"),
                -12,
                11,
                6,
                "We put a free system on your old laptop.",
                1,
                capacity=40,
                tiers=_FREE,
                taken=0.8,
            ),
            Happening(
                "Autumn Hackathon",
                "Hackathon",
                ("hackathon",),
                -40,
                9,
                30,
                "Thirty hours, twelve teams, one winner.",
                0,
                capacity=90,
                tiers=_FREE,
                taken=0.6,
            ),
        ),
    ),
    House(
        "Harbour Stage",
        "harbour-stage",
        "Concerts by the water in Hamburg.",
        (Place("Pier 7", "Hamburg", "DE", "Europe/Berlin", 400, "Am Sandtorkai 7"),),
        (
            Happening(
                "Brass on the Pier",
                "Music",
                ("brass", "open-air"),
                6,
                20,
                3,
                "Two bands, one sunset.",
                capacity=120,
                tiers=_STAGE,
                taken=0.8,
            ),
            Happening(
                "Winter Choir",
                "Music",
                ("choir",),
                20,
                19,
                2,
                "Songs for the long nights.",
                capacity=80,
                tiers=_STAGE,
                taken=1.0,
            ),
            Happening(
                "Electronic Harbour",
                "Music",
                ("electronic", "club"),
                27,
                23,
                6,
                "From dusk until the first ferry.",
                capacity=150,
                tiers=_STAGE,
                taken=0.5,
            ),
            Happening(
                "Sea Shanty Singalong",
                "Music",
                ("folk",),
                -5,
                19,
                3,
                "No rehearsal needed.",
                capacity=70,
                tiers=_FREE,
                taken=0.9,
            ),
            Happening(
                "Storm Concert",
                "Music",
                ("rock",),
                12,
                20,
                3,
                "Put off because of the weather; a new date follows.",
                capacity=90,
                tiers=_STAGE,
                moves=(*PUBLIC, EventAction.POSTPONE),
                taken=0.6,
            ),
            Happening(
                "Lighthouse Sessions",
                "Music",
                ("acoustic",),
                50,
                18,
                2,
                "Unplugged, seventy seats.",
                capacity=70,
                tiers=_STAGE,
                taken=0.3,
            ),
        ),
    ),
    House(
        "New York Product Guild",
        "ny-product-guild",
        "Practitioners who build products, meeting in Brooklyn and online.",
        (Place("Foundry Loft", "New York", "US", "America/New_York", 150, "Brooklyn Navy Yard"),),
        (
            Happening(
                "Pricing That Holds",
                "Business",
                ("pricing", "product"),
                4,
                18,
                2,
                "What three pricing changes taught us.",
                capacity=60,
                tiers=(Tier("Member", 1500, "USD", limit=2), Tier("Guest", 3000, "USD", quota=20, limit=2)),
            ),
            Happening(
                "Remote Product Summit",
                "Conference",
                ("remote", "product"),
                33,
                10,
                8,
                "A full day online, with rooms to meet.",
                None,
                "America/New_York",
                capacity=None,
                tiers=(Tier("Online", 4900, "USD", limit=1),),
                taken=0.5,
            ),
            Happening(
                "Discovery Interviews, Live",
                "Workshop",
                ("research",),
                15,
                9,
                4,
                "Practise with real customers.",
                capacity=25,
                tiers=(Tier("Seat", 12000, "USD", limit=2),),
                taken=0.8,
            ),
            Happening(
                "Roadmap Clinic",
                "Business",
                ("roadmap",),
                -20,
                18,
                2,
                "Bring yours, leave with fewer lines.",
                capacity=40,
                tiers=(Tier("Member", 1500, "USD"),),
                taken=0.7,
            ),
            Happening(
                "Launch Party",
                "Community",
                ("networking",),
                25,
                19,
                4,
                "Called off: the venue is being repaired.",
                capacity=100,
                tiers=(Tier("Entry", 0, "USD", limit=2),),
                moves=(*PUBLIC, EventAction.CANCEL),
                taken=0.4,
            ),
        ),
    ),
    House(
        "Tokyo Makers",
        "tokyo-makers",
        "A workshop with lathes, looms and laser cutters.",
        (Place("Makers' Hall", "Tokyo", "JP", "Asia/Tokyo", 90, "Sumida City"),),
        (
            Happening(
                "Mechanical Keyboards",
                "Workshop",
                ("hardware", "keyboards"),
                8,
                13,
                4,
                "Solder your own.",
                capacity=16,
                tiers=(Tier("Kit and seat", 15000, "JPY", limit=1),),
                taken=1.0,
            ),
            Happening(
                "Textile Night",
                "Craft",
                ("textile",),
                14,
                18,
                3,
                "Weaving for beginners.",
                capacity=20,
                tiers=(Tier("Seat", 3500, "JPY", limit=2),),
                taken=0.6,
            ),
            Happening(
                "Robot Sumo",
                "Competition",
                ("robots", "hardware"),
                40,
                10,
                8,
                "Small robots, large stakes.",
                capacity=80,
                tiers=(Tier("Spectator", 1000, "JPY"), Tier("Team", 5000, "JPY", quota=16, limit=4)),
                taken=0.5,
            ),
            Happening(
                "Laser Cutter Licence",
                "Workshop",
                ("hardware",),
                -9,
                10,
                3,
                "The safety course, with a certificate.",
                capacity=12,
                tiers=(Tier("Seat", 2000, "JPY", limit=1),),
                taken=0.9,
            ),
            Happening(
                "Repair Café",
                "Community",
                ("repair",),
                21,
                11,
                5,
                "Nothing is beyond hope.",
                capacity=50,
                tiers=(Tier("Free entry", 0, "JPY", limit=3),),
            ),
        ),
    ),
    House(
        "São Paulo Film Club",
        "sao-paulo-film-club",
        "Films worth arguing about.",
        (Place("Cine Garagem", "São Paulo", "BR", "America/Sao_Paulo", 110, "Vila Madalena"),),
        (
            Happening(
                "Silent Film with Live Piano",
                "Film",
                ("silent", "music"),
                5,
                20,
                2,
                "A classic with an improvised score.",
                capacity=80,
                tiers=(Tier("Seat", 4000, "BRL", limit=4),),
                taken=0.9,
            ),
            Happening(
                "Documentary Weekend",
                "Film",
                ("documentary",),
                19,
                14,
                30,
                "Eleven films, four directors in the room.",
                capacity=90,
                tiers=(Tier("Day", 6000, "BRL"), Tier("Weekend", 9000, "BRL", quota=40)),
                taken=0.5,
            ),
            Happening(
                "Short Film Slam",
                "Film",
                ("shorts", "competition"),
                35,
                19,
                3,
                "Fifteen films under fifteen minutes; you vote.",
                capacity=70,
                tiers=(Tier("Seat", 2500, "BRL", limit=4),),
                taken=0.2,
            ),
            Happening(
                "Restoration Lab",
                "Workshop",
                ("restoration",),
                55,
                10,
                6,
                "How a film print comes back to life.",
                capacity=18,
                tiers=(Tier("Seat", 12000, "BRL"),),
                moves=(EventAction.SUBMIT,),
                taken=0,
            ),
            Happening(
                "Noir Night",
                "Film",
                ("noir",),
                -3,
                21,
                4,
                "Rain, hats and bad decisions.",
                capacity=80,
                tiers=(Tier("Seat", 4000, "BRL", limit=4),),
                taken=1.0,
            ),
        ),
    ),
)
