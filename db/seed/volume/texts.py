"""What the events of a large data set say about themselves: titles, summaries, descriptions and tags."""

import random
from bisect import bisect
from dataclasses import dataclass
from itertools import accumulate

from db.seed.volume.places import City
from db.seed.volume.words import CATEGORIES, ENGLISH_TOPICS, LANGUAGES, TAGS

_WEIGHTS = list(accumulate(1 / rank for rank in range(1, len(CATEGORIES) + 1)))
_ENGLISH = LANGUAGES["en"]
_ENGLISH_SHARE = 0.35


@dataclass(frozen=True, slots=True)
class Text:
    """The words of one event."""

    category: str
    title: str
    summary: str | None
    description: str | None
    tags: tuple[str, ...]


def make_text(chance: random.Random, city: City) -> Text:
    """Words in the language of a city, or in English."""
    category = CATEGORIES[bisect(_WEIGHTS, chance.random() * _WEIGHTS[-1])]
    language = _ENGLISH if chance.random() < _ENGLISH_SHARE else LANGUAGES[city.language]
    topic = chance.choice(language.topics or ENGLISH_TOPICS[category])
    title = chance.choice(language.titles).format(topic=topic, city=city.name)
    if chance.random() < 0.3:
        title = f"{title} #{chance.randrange(1, 60)}"
    sentences = [make_sentence(chance, pattern, topic, city) for pattern in chance.choices(language.sentences, k=6)]
    if chance.random() < 0.25:
        # What the guests from elsewhere read.
        topic = chance.choice(ENGLISH_TOPICS[category])
        sentences += [
            make_sentence(chance, pattern, topic, city) for pattern in chance.choices(_ENGLISH.sentences, k=3)
        ]
    kept = list(dict.fromkeys(sentences))
    body = kept[1 : 2 + int(len(kept) * chance.random())]
    middle = (len(body) + 1) // 2
    paragraphs = [" ".join(part) for part in (body[:middle], body[middle:]) if part]
    tags = tuple(dict.fromkeys(chance.choices(TAGS[category], k=chance.randrange(4))))
    summary = kept[0] if chance.random() < 0.9 else None
    return Text(category, title, summary, "\n\n".join(paragraphs) or None, tags)


def make_sentence(chance: random.Random, pattern: str, topic: str, city: City) -> str:
    """A sentence; some name a number, so that not all are the same."""
    sentence = pattern.format(topic=topic, city=city.name)
    return f"{sentence} ({chance.randrange(2, 500)})" if chance.random() < 0.05 else sentence
