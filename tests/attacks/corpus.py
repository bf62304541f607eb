"""The attacks, as data: documents, bodies and bare bytes that somebody sends who means harm, and what answers them.

Each has a family, which is how `docs/limits.md` sums them up.
"""

from collections.abc import Callable, Iterator, Sequence, Set
from dataclasses import dataclass, field

import orjson

from tests.attacks.line import head, post, query

COMPLEX = "QUERY_TOO_COMPLEX"
BAD = "BAD_USER_INPUT"
EITHER = frozenset({COMPLEX, BAD})


@dataclass(frozen=True, slots=True)
class Hostile:
    """A document with what its answer may say. Without `codes` it is harmless after all, and answered."""

    name: str
    family: str
    text: str
    codes: frozenset[str] = EITHER
    variables: dict[str, object] = field(default_factory=dict[str, object])

    def body(self, number: int) -> bytes:
        """A request body; the number makes the document one that the server has never seen."""
        return query(f"{self.text}#{number}", variables=self.variables)


@dataclass(frozen=True, slots=True)
class Raw:
    """Bytes of one request with the status of its answer; `code` is that of its error, nothing if it may have none."""

    name: str
    family: str
    make: Callable[[], bytes]
    statuses: Set[int]
    code: str | None = BAD


def _joined(count: int, write: Callable[[int], str]) -> str:
    return "".join(write(number) for number in range(count))


def _chain(length: int, *, inside: str, last: str) -> str:
    return _joined(length, lambda i: f"fragment F{i} on Query{{{inside.format(next=i + 1)}}}") + (
        f"fragment F{length} on Query{{{last}}}"
    )


def documents() -> Iterator[Hostile]:
    """Every hostile document."""
    yield from _aliases()
    yield from _fragments()
    yield from _nesting()
    yield from _tokens()
    yield from _quantities()
    yield from _merging()
    yield from _introspection()
    yield from _values()


def _aliases() -> Iterator[Hostile]:
    for count in (1_000, 10_000):
        yield Hostile(f"{count}-aliases", "aliases", "{" + _joined(count, lambda i: f"a{i}:__typename ") + "}")
    yield Hostile("100000-aliases", "aliases", "{" + "a:b " * 100_000 + "}")
    cancel = 'cancelRegistration(input:{id:"x"}){problems{code}}'
    yield Hostile("300-mutations", "aliases", "mutation{" + _joined(300, lambda i: f"a{i}:{cancel}") + "}")
    yield Hostile(
        "99-mutations",
        "aliases",
        "mutation{" + _joined(99, lambda i: f"a{i}:{cancel}") + "}",
        EITHER | {"UNAUTHENTICATED"},
    )


def _fragments() -> Iterator[Hostile]:
    for levels in (10, 20, 40):
        bomb = _chain(levels, inside="...F{next} ...F{next}", last="__typename")
        yield Hostile(f"bomb-of-{levels}-fragments", "fragments", "{...F0}" + bomb)
    twice = _chain(30, inside="...{{...F{next}}} ...on Query{{...F{next}}}", last="__typename")
    yield Hostile("bomb-of-inline-fragments", "fragments", "{...F0}" + twice)
    circle = _chain(40, inside="...F{next} __typename", last="...F0")
    yield Hostile("circle-of-fragments", "fragments", "{...F0}" + circle)
    yield Hostile("fragment-in-itself", "fragments", "{...F}fragment F on Query{...F ...F}")
    pairs = _joined(40, lambda i: f"fragment F{i} on Query{{" + _joined(40, lambda j: f"...F{j} ") + "}")
    yield Hostile("fragments-that-spread-all", "fragments", "{...F0}" + pairs)
    unused = _joined(95, lambda i: f"fragment F{i} on Query{{a:__typename b:__typename}}")
    yield Hostile("unused-fragments", "fragments", "{__typename}" + unused)
    yield Hostile("10000-definitions", "fragments", _joined(10_000, lambda i: f"query Q{i}{{a}}"))
    shared = _joined(99, lambda i: f"query Q{i}{{...F}}") + "fragment F on Query{" + "__typename " * 900 + "}"
    yield Hostile("99-operations-share-a-fragment", "fragments", shared)
    yield Hostile("1900-missing-fragments", "fragments", "{" + "...x " * 1_900 + "}")
    spreads = "{" + _joined(98, lambda i: f"...F{i} ") + "}"
    flat = _joined(98, lambda i: f"fragment F{i} on Query{{" + "__typename " * 9 + "}")
    yield Hostile("98-fragments-of-one-field", "fragments", spreads + flat)


def _nesting() -> Iterator[Hostile]:
    for depth in (10, 40, 1_000, 20_000):
        yield Hostile(
            f"{depth}-fields-deep",
            "nesting",
            "{viewer" + "{organizations{edges{node" * depth + "{id}" + "}}}" * depth + "}",
        )
    for depth in (50, 1_000, 10_000):
        yield Hostile(f"{depth}-fragments-deep", "nesting", "{" + "...{" * depth + "a" + "}" * depth + "}")
        yield Hostile(f"{depth}-lists-deep", "nesting", "{nodes(ids:" + "[" * depth + "]" * depth + "){id}}")
        nested = "{not:" * depth + "1" + "}" * depth
        yield Hostile(f"{depth}-objects-deep", "nesting", f"{{events(filter:{nested}){{totalCount}}}}")
        types = "[" * depth + "Int" + "]" * depth
        yield Hostile(f"{depth}-list-types-deep", "nesting", f"query($a:{types}){{__typename}}")
    yield Hostile("99999-brackets", "nesting", "{" * 99_990)


def _tokens() -> Iterator[Hostile]:
    yield Hostile("100000-tokens", "tokens", "{" + "a " * 49_000 + "}")
    yield Hostile("text-of-a-million", "tokens", "{" + "a " * 450_000 + "}")
    yield Hostile("long-name", "tokens", "{" + "a" * 99_000 + "}")
    yield Hostile("long-argument", "tokens", "{events(" + "a" * 99_000 + ":1){totalCount}}")
    yield Hostile("long-string", "tokens", '{event(id:"' + "a" * 99_000 + '"){id}}')
    yield Hostile("escaped-string", "tokens", '{event(id:"' + "\\u0041" * 16_000 + '"){id}}')
    yield Hostile("block-string", "tokens", '{event(id:"""' + "\n a" * 33_000 + '"""){id}}')
    yield Hostile("long-string-without-end", "tokens", '{event(id:"' + "a" * 99_000)
    yield Hostile("comment", "tokens", "#" + "a" * 99_000 + "\n{__typename}", frozenset())
    yield Hostile("33000-comments", "tokens", "#\n" * 33_000 + "{__typename}")
    yield Hostile("spaces", "tokens", " " * 99_000 + "{__typename}", frozenset())
    yield Hostile("line-ends", "tokens", "\r\n" * 49_000 + "{x}")
    yield Hostile("commas", "tokens", "," * 99_000 + "{__typename}", frozenset())
    yield Hostile("nul", "tokens", "{__typename" + "\x00" * 1_000 + "}")
    yield Hostile("high-characters", "tokens", "{" + "é" * 40_000 + "}")


def _quantities() -> Iterator[Hostile]:
    yield Hostile("10000-directives", "quantities", "{__typename" + "@a" * 10_000 + "}")
    yield Hostile("600-skips", "quantities", "{__typename " + "@skip(if:false)" * 600 + "}")
    yield Hostile("45-skips", "quantities", "{__typename " + "@skip(if:false)" * 45 + "}")
    yield Hostile("45-unknown-directives", "quantities", "{__typename " + _joined(45, lambda i: f"@d{i} ") + "}")
    yield Hostile("10000-variables", "quantities", "query(" + _joined(10_000, lambda i: f"$v{i}:Int ") + "){a}")
    many = "query(" + _joined(900, lambda i: f"$v{i}:Int ") + "){events(first:$v0){totalCount}}"
    yield Hostile("900-variables", "quantities", many, EITHER, {f"v{i}": i for i in range(900)})
    yield Hostile("1000-unknown-fields", "quantities", "{" + _joined(990, lambda i: f"evnt{i} ") + "}")
    unknown = "{events(" + _joined(1_000, lambda i: f"frst{i}:1 ") + "){totalCount}}"
    yield Hostile("1000-unknown-arguments", "quantities", unknown)
    given = "{" + _joined(1_200, lambda i: f"startsAftr{i}:1 ") + "}"
    yield Hostile("1200-unknown-input-fields", "quantities", f"{{events(filter:{given}){{totalCount}}}}")
    types = "query(" + _joined(600, lambda i: f"$v{i}:Evnt{i} ") + "){__typename}"
    yield Hostile("600-unknown-types", "quantities", types)
    yield Hostile("1000-unknown-conditions", "quantities", "{" + _joined(600, lambda i: f"...on T{i}{{a}}") + "}")
    yield Hostile("1300-same-arguments", "quantities", "{events(" + "first:1 " * 1_300 + "){totalCount}}")
    wide = "{nodes(ids:[" + '"a" ' * 3_900 + "]){id}}"
    yield Hostile("3900-ids", "quantities", wide)


def _merging() -> Iterator[Hostile]:
    yield Hostile("3000-times-one-field", "merging", "{" + "__typename " * 3_000 + "}")
    yield Hostile("990-times-one-field", "merging", "{" + "__typename " * 990 + "}")
    yield Hostile("490-times-a-list", "merging", "{" + "events{__typename}" * 490 + "}")
    yield Hostile("240-times-a-tree", "merging", "{" + "events{edges{node{id}}}" * 240 + "}")
    yield Hostile("300-times-with-arguments", "merging", "{" + 'event(id:"a"){id}' * 300 + "}")
    yield Hostile("300-conflicts", "merging", "{" + _joined(300, lambda i: f'event(id:"{i}"){{id}}') + "}")
    yield Hostile("100-conflicts", "merging", "{" + _joined(100, lambda i: f'a:event(id:"{i}"){{id}}') + "}")
    yield Hostile("600-inline-fragments", "merging", "{" + "...on Query{__typename}" * 600 + "}")
    yield Hostile("990-bare-fragments", "merging", "{" + "...{__typename}" * 990 + "}")
    used = "query($n:Int){" + "events(first:$n){totalCount}" * 330 + "}"
    yield Hostile("330-times-a-variable", "merging", used)
    nested = "events{edges{node{" * 5 + "id " * 60 + "}}}" * 5
    yield Hostile("merging-below-merging", "merging", "{" + nested + nested + nested + "}")


def _introspection() -> Iterator[Hostile]:
    deep = "fields{type{" * 40 + "name" + "}}" * 40
    yield Hostile("deep-introspection", "introspection", f"{{__schema{{types{{{deep}}}}}}}")
    yield Hostile("fields-of-fields", "introspection", "{__schema{types{fields{type{fields{type{fields{name}}}}}}}}")
    again = _joined(90, lambda i: f"a{i}:__schema{{types{{name}}}}")
    yield Hostile("90-introspections", "introspection", "{" + again + "}")
    wide = _joined(95, lambda i: f"d{i}:description ")
    yield Hostile("95-descriptions", "introspection", "{__schema{types{fields{" + wide + "}}}}", frozenset())
    args = "types{fields{args{type{ofType{ofType{name kind description}}}}}}"
    five = _joined(5, lambda i: f"a{i}:__schema{{{args}}}")
    yield Hostile("5-introspections", "introspection", "{" + five + "}", frozenset())
    names = _joined(900, lambda i: "__type(name:$n){name}")
    variables: dict[str, object] = {"n": "A" * 100_000}
    yield Hostile("900-times-a-type", "introspection", "query($n:String!){" + names + "}", EITHER, variables)
    unknown: dict[str, object] = {"x": "a" * 500_000}
    yield Hostile("introspection-with-ballast", "introspection", "{__schema{queryType{name}}}", frozenset(), unknown)


def _values() -> Iterator[Hostile]:
    page = "events(first:500){edges{node{organization{id} venue{id} ticketTiers{id name} title}}}"
    yield Hostile("pages-of-500-in-pages", "values", "{organizations(first:500){edges{node{" + page + "}}}}")
    yield Hostile("page-of-a-billion", "values", "{events(first:999999999){totalCount}}")
    sized = "query($n:Int){organizations(first:$n){edges{node{events(first:$n){edges{node{id title}}}}}}}"
    yield Hostile("page-in-a-variable", "values", sized, EITHER, {"n": 500})
    yield Hostile("page-in-a-decimal-variable", "values", sized, EITHER, {"n": 500.0})
    yield Hostile("long-number", "values", "{events(first:" + "9" * 99_000 + "){totalCount}}")
    yield Hostile("long-fraction", "values", "{events(first:0." + "9" * 99_000 + "){totalCount}}")
    yield Hostile("long-exponent", "values", "{events(first:1e" + "9" * 99_000 + "){totalCount}}")
    asked = "query($n:Int){events(first:$n){totalCount}}"
    yield Hostile("number-beyond-64-bits", "values", asked, EITHER, {"n": 2**63})
    yield Hostile("number-beyond-all", "values", asked, EITHER, {"n": 1e300})
    for name, value in (("string", "9" * 500_000), ("list", [1] * 100_000), ("object", {"a": "b" * 100_000})):
        yield Hostile(f"{name}-for-a-number", "values", asked, EITHER, {"n": value})
    ids = "query($i:[ID!]!){nodes(ids:$i){id ...on Event{title venue{name}}}}"
    yield Hostile("50000-ids-in-a-variable", "values", ids, EITHER, {"i": ["a"] * 50_000})
    bad = "query($f:EventFilter){events(filter:$f){totalCount}}"
    yield Hostile("20000-unknown-members", "values", bad, EITHER, {"f": {f"a{i}": 1 for i in range(20_000)}})
    yield Hostile("500-broken-cursors", "values", '{events(after:"' + "A" * 90_000 + '"){totalCount}}')
    yield Hostile("long-operation-name", "values", "query " + "a" * 90_000 + "{x}")


_JSON = ("content-type", "application/json")
_REFUSED = frozenset({200, 400})
_BAD = frozenset({400})
_GET = "/graphql?query=%7B__typename%7D"


def _deep(depth: int) -> bytes:
    return b"[" * depth + b"]" * depth


def _around(name: bytes, value: bytes) -> bytes:
    return post(b'{"query":"{__typename}","' + name + b'":' + value + b"}")


def _posted(headers: Sequence[tuple[str, str]], body: bytes) -> bytes:
    return head("POST", "/graphql", [_JSON, *headers]) + body


def _chunked(body: bytes, size: int, *, extension: bytes = b"") -> bytes:
    pieces = [body[start : start + size] for start in range(0, len(body), size)]
    return b"".join(b"%x%s\r\n%s\r\n" % (len(piece), extension, piece) for piece in pieces) + b"0\r\n\r\n"


def requests() -> Iterator[Raw]:
    """Every hostile request that is one answer's worth of bytes."""
    yield from _bodies()
    yield from _heads()
    yield from _framing()


def _bodies() -> Iterator[Raw]:
    for name, body in (
        ("deep-json", _deep(100_000)),
        ("deep-open-json", b"[" * 900_000),
        ("deep-objects", b'{"a":' * 150_000 + b"1" + b"}" * 150_000),
        ("number-instead", b"9" * 900_000),
        ("invalid-utf-8", b'{"query":"{__typename}\xff\xfe"}'),
        ("byte-order-mark", b'\xef\xbb\xbf{"query":"{__typename}"}'),
        ("utf-16", '{"query":"{__typename}"}'.encode("utf-16")),
        ("lone-surrogate", b'{"query":"{__typename \\ud800}"}'),
        ("nothing", b""),
        ("null", b"null"),
        ("no-number", b'{"query":"{__typename}","variables":{"a":NaN}}'),
        ("infinite-number", b'{"query":"{__typename}","variables":{"a":1e999}}'),
        ("empty-batch", b"[]"),
        ("batch-of-100000", b"[" + b"{}," * 100_000 + b"{}]"),
        ("batch-of-11", b"[" + b'{"query":"{__typename}"},' * 10 + b'{"query":"{__typename}"}]'),
        ("same-member-100000-times", b"{" + b'"query":"{a}",' * 60_000 + b'"query":"{__typename x}"}'),
        ("members-nobody-knows", b"{" + b"".join(b'"a%d":1,' % i for i in range(60_000)) + b'"query":"{x}"}'),
        ("unknown-operation", query("{__typename}", operationName="a" * 900_000)),
        ("variables-in-a-list", query("{__typename}", variables=[1])),
        ("hash-of-a-number", orjson.dumps({"extensions": {"persistedQuery": {"version": 1, "sha256Hash": 1}}})),
    ):
        yield Raw(name, "bodies", lambda body=body: post(body), _REFUSED)
    for name in (b"variables", b"extensions"):
        yield Raw(f"deep-{name.decode()}", "bodies", lambda name=name: _around(name, _deep(100_000)), _REFUSED)
    nested = b'{"n":' + _deep(1_000) + b"}"
    asked = b'{"query":"query($n:Int){events(first:$n){totalCount}}","variables":' + nested + b"}"
    yield Raw("deep-value", "bodies", lambda: post(asked), _REFUSED)
    about = b'{"query":"query($n:String!){__type(name:$n){name}}","variables":' + nested + b"}"
    yield Raw("deep-value-about-the-schema", "bodies", lambda: post(about), _REFUSED)
    wrong = {"persistedQuery": {"version": 1, "sha256Hash": "a" * 64}}
    yield Raw("wrong-hash", "bodies", lambda: post(query("{__typename}", extensions=wrong)), _REFUSED)
    unknown = orjson.dumps({"extensions": {"persistedQuery": {"version": 1, "sha256Hash": "A" * 900_000}}})
    yield Raw("unknown-hash", "bodies", lambda: post(unknown), _REFUSED, "PERSISTED_QUERY_NOT_FOUND")
    large = b'{"query":"{__typename}","a":"' + b"a" * 10_000_000 + b'"}'
    too_large = frozenset({413})
    yield Raw("10-mb", "bodies", lambda: post(large), too_large)
    chunks = ("transfer-encoding", "chunked")
    yield Raw("10-mb-in-chunks", "bodies", lambda: _posted([chunks], _chunked(large, 60_000)), too_large)
    small = b'{"query":"{__typename x}"' + b" " * 200_000 + b"}"
    yield Raw("chunks-of-a-byte", "bodies", lambda: _posted([chunks], _chunked(small, 1)), _REFUSED)
    yield Raw(
        "chunks-with-endless-extensions",
        "bodies",
        lambda: _posted([chunks], _chunked(small, 1_000, extension=b";a=" + b"b" * 60_000)),
        frozenset({431}),
    )
    yield Raw(
        "endless-trailers",
        "bodies",
        lambda: _posted([chunks], b"0\r\n" + b"a: b\r\n" * 2_000_000 + b"\r\n"),
        frozenset({431}),
    )
    for coding in ("gzip", "br", "deflate, gzip"):
        packed = [("content-encoding", coding), ("content-length", "30")]
        bomb = b"\x1f\x8b\x08" + b"\x00" * 27
        yield Raw(f"body-in-{coding}", "bodies", lambda packed=packed, bomb=bomb: _posted(packed, bomb), {415})
    for kind in (
        "text/plain",
        "application/json; charset=utf-16",
        "multipart/form-data; boundary=" + "a" * 50_000,
        "/",
    ):
        typed = [("content-type", kind), ("content-length", "2")]
        yield Raw(f"body-of-{kind[:20]}", "bodies", lambda typed=typed: head("POST", "/graphql", typed) + b"{}", {415})


def _heads() -> Iterator[Raw]:
    too_long = frozenset({431})
    yield Raw("url-of-100-kb", "heads", lambda: head("GET", f"{_GET}&a={'a' * 100_000}", []), too_long)
    yield Raw("path-of-60-kb", "heads", lambda: head("GET", "/" + "a" * 60_000, []), {404}, "NOT_FOUND")
    yield Raw("header-of-100-kb", "heads", lambda: head("GET", _GET, [("a", "a" * 100_000)]), too_long)
    yield Raw("header-of-5-mb", "heads", lambda: head("GET", _GET, [("a", "a" * 5_000_000)]), too_long)
    yield Raw("name-of-a-mb", "heads", lambda: head("GET", _GET, [("a" * 1_000_000, "a")]), too_long)
    yield Raw("10000-headers", "heads", lambda: head("GET", _GET, [(f"a{i}", "b") for i in range(10_000)]), too_long)
    yield Raw("5000-headers", "heads", lambda: head("GET", _GET, [(f"a{i}", "b") for i in range(5_000)]), {200}, None)
    yield Raw("1000-parameters", "heads", lambda: head("GET", _GET + "&a=b" * 1_000, []), _REFUSED)
    yield Raw("parameter-twice", "heads", lambda: head("GET", _GET + "&query=x", []), _REFUSED)
    yield Raw("query-in-latin-1", "heads", lambda: head("GET", "/graphql?query=%FF%FE", []), _REFUSED)
    deep = "%7B%22a%22%3A" + "[" * 20_000 + "%7D"
    yield Raw("deep-variables-in-a-url", "heads", lambda: head("GET", f"{_GET}&variables={deep}", []), _REFUSED)
    accepts = ",".join(f"a/b{i};q=0.{i}" for i in range(4_000))
    yield Raw("4000-wishes", "heads", lambda: head("GET", _GET, [("accept", accepts)]), {406})
    for name, token in (
        ("long-token", "a" * 60_000),
        ("many-dots", "." * 60_000),
        ("deep-token", "W1tb" * 2_000 + ".e30.e30"),
        ("bytes", "\xff\xfe" * 100),
    ):
        given = [("authorization", f"Bearer {token}")]
        yield Raw(name, "heads", lambda given=given: head("GET", _GET, given), {401}, "UNAUTHENTICATED")
    for method in ("DELETE", "PUT", "PATCH", "TRACE", "PROPFIND", "M-SEARCH"):
        yield Raw(
            f"method-{method}", "heads", lambda method=method: head(method, _GET, []), {405}, "METHOD_NOT_ALLOWED"
        )
    yield Raw("mutation-by-get", "heads", _mutation_by_get, {405}, "METHOD_NOT_ALLOWED")
    yield Raw("method-nobody-knows", "heads", lambda: head("BREW", _GET, []), _BAD)
    yield Raw("long-method", "heads", lambda: head("A" * 1_000_000, _GET, []), _BAD)
    yield Raw("connect", "heads", lambda: head("CONNECT", "example.org:443", []), _BAD)
    for host in ("", "a" * 60_000, "evil.example\xff", "[::1", "a b"):
        named = f"GET {_GET} HTTP/1.1\r\nhost: {host}\r\n\r\n".encode("latin-1")
        yield Raw(f"host-{host[:5]!r}", "heads", lambda named=named: named, {200, 400}, None)


def _mutation_by_get() -> bytes:
    return head("GET", "/graphql?query=mutation%7Ba%3A__typename%7D", [])


def _framing() -> Iterator[Raw]:
    body = b'{"query":"{__typename}"}'
    length = ("content-length", str(len(body)))
    chunks = ("transfer-encoding", "chunked")
    both = b"%x\r\n%s\r\n0\r\n\r\n" % (len(body), body)
    for name, headers, sent in (
        ("both-lengths", [length, chunks], both),
        ("both-lengths-turned", [chunks, length], both),
        ("two-lengths", [length, ("content-length", "5")], body),
        ("two-equal-lengths", [length, length], body),
        ("list-of-lengths", [("content-length", "24, 24")], body),
        ("negative-length", [("content-length", "-1")], body),
        ("signed-length", [("content-length", "+24")], body),
        ("length-in-letters", [("content-length", "0x18")], body),
        ("length-beyond-64-bits", [("content-length", "9" * 30)], body),
        ("length-of-a-book", [("content-length", "9" * 5_000)], body),
        ("chunked-twice", [("transfer-encoding", "chunked, chunked")], both),
        ("chunked-not-last", [("transfer-encoding", "chunked, identity")], both),
        ("chunked-misspelt", [("transfer-encoding", "xchunked")], both),
        ("chunk-of-no-size", [chunks], b"zz\r\n" + body),
        ("chunk-of-a-huge-size", [chunks], b"f" * 40 + b"\r\n" + body),
        ("space-before-the-colon", [("content-length ", "24")], body),
        ("folded-header", [("a", "b\r\n c"), length], body),
        ("nul-in-a-header", [("a", "b\0c"), length], body),
        ("bare-line-feed", [("a", "b\nc: d"), length], body),
    ):
        made = _posted(headers, sent)
        allowed = frozenset({200, 400, 413, 415, 501})
        yield Raw(name, "framing", lambda made=made: made, allowed, None)
    for name, noise in (
        ("http-2", b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"),
        ("tls", bytes.fromhex("1603010200010001fc0303") + b"\x00" * 500),
        ("zeros", b"\x00" * 100_000),
        ("line-ends", b"\r\n" * 50_000 + b"x"),
        ("http-3000", b"GET / HTTP/30.0\r\n\r\n"),
        ("line-without-end", b"A" * 100_000),
        ("old-http", b"GET /graphql\r\n\r\n"),
    ):
        yield Raw(f"noise-{name}", "framing", lambda noise=noise: noise, frozenset({400, 431}))
