"""Media types: what the client likes best in its own words and order, and which bodies are read."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from transport.negotiation import Form, form_for, is_json, takes_gzip

RESPONSE, JSON, EVENTS, PAGE = "application/graphql-response+json", "application/json", "text/event-stream", "text/html"
BROWSER = "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,*/*;q=0.8"


@pytest.mark.parametrize(
    ("accept", "form"),
    [
        (None, Form.JSON),
        ("", Form.JSON),
        ("  ", Form.JSON),
        ("*/*", Form.JSON),
        ("application/*", Form.JSON),
        (JSON, Form.JSON),
        (RESPONSE, Form.RESPONSE),
        (EVENTS, Form.EVENTS),
        ("Application/GraphQL-Response+JSON", Form.RESPONSE),
        ("application/json; charset=utf-8", Form.JSON),
        # What clients really send.
        (f"{RESPONSE}, {JSON}, multipart/mixed", Form.RESPONSE),
        (f"{RESPONSE}, {JSON};q=0.9", Form.RESPONSE),
        (f"{RESPONSE}, {JSON}, {EVENTS}, multipart/mixed", Form.RESPONSE),
        (f"{JSON}, {RESPONSE}", Form.JSON),
        (f"{EVENTS}, {JSON}", Form.EVENTS),
        (f"{JSON}, text/plain, */*", Form.JSON),
        # The order gives way to the weights.
        (f"{JSON};q=0.5, {RESPONSE};q=0.9", Form.RESPONSE),
        (f"{EVENTS};q=0.1, {JSON};q=0.2", Form.JSON),
        (f"*/*;q=0.1, {RESPONSE}", Form.RESPONSE),
        (f"*/*, {RESPONSE};q=0.5", Form.JSON),
        (f"{JSON} ; Q=0.3 , {RESPONSE} ; q = 0.4", Form.RESPONSE),
        (f"{JSON};q=7, {RESPONSE}", Form.JSON),
        # Nothing that is served here.
        ("text/plain", None),
        ("text/*", None),
        ("image/png, application/xml", None),
        (f"{JSON};q=0", None),
        (f"{JSON};q=0.0, {RESPONSE};q=0", None),
        (f"{JSON};q=x", None),
        ("nonsense", None),
        (",;,;q=1", None),
        ("multipart/mixed", None),
        # The unknown is passed over.
        (f"application/xml, {RESPONSE};q=0.1", Form.RESPONSE),
        (f"multipart/mixed, {EVENTS};q=0.5", Form.EVENTS),
    ],
)
def test_form_is_the_one_that_the_client_likes_best(accept: str | None, form: Form | None) -> None:
    assert form_for(accept, page=False) is form
    assert form_for(accept, page=True) is form


@pytest.mark.parametrize(
    ("accept", "reading", "posting"),
    [
        (PAGE, Form.PAGE, None),
        (BROWSER, Form.PAGE, Form.JSON),
        (f"{JSON}, {PAGE}", Form.JSON, Form.JSON),
        (f"{PAGE}, {JSON}", Form.PAGE, Form.JSON),
        (f"{PAGE};q=0.2, {RESPONSE};q=0.1", Form.PAGE, Form.RESPONSE),
        ("*/*", Form.JSON, Form.JSON),
    ],
)
def test_page_is_only_for_those_who_read_and_name_it(accept: str, reading: Form, posting: Form | None) -> None:
    assert form_for(accept, page=True) is reading
    assert form_for(accept, page=False) is posting


@pytest.mark.parametrize(
    "accept", [f"{JSON};q=0, */*", f"*/*, {JSON};q=0", f"{JSON};q=0, application/*;q=0.5", f"*/*;q=0.1, {JSON};q=0.0"]
)
def test_wildcard_does_not_mean_what_the_client_excludes_by_name(accept: str) -> None:
    assert form_for(accept, page=False) is Form.RESPONSE


@settings(max_examples=200, deadline=None)
@given(st.text(alphabet='aplictonjsq/*+;,= .0159-xen\xff\x00"', max_size=60), st.booleans())
def test_no_accept_header_is_too_odd(accept: str, page: bool) -> None:  # noqa: FBT001 - drawn
    form = form_for(accept, page=page)

    assert form is not Form.PAGE
    assert isinstance(takes_gzip(accept), bool)
    assert isinstance(is_json(accept), bool)


@pytest.mark.parametrize(
    "content_type",
    [
        "application/json",
        "APPLICATION/JSON",
        "application/json;charset=utf-8",
        "application/json; charset=UTF-8",
        'application/json; charset="utf-8"',
        "application/json ; charset = utf8",
        "application/json; boundary=x; charset=utf-8",
        "application/json;",
    ],
)
def test_json_in_utf_8_is_read(content_type: str) -> None:
    assert is_json(content_type)


@pytest.mark.parametrize(
    "content_type",
    [
        None,
        "",
        "json",
        "text/json",
        "text/plain",
        "application/graphql",
        "application/graphql+json",
        "application/json-patch+json",
        "application/jsonp",
        "application/json, text/plain",
        "text/plain; application/json",
        "text/plain;x=application/json",
        "application/json; charset=utf-16",
        "application/json; charset=latin-1",
        "application/json; charset",
        "application/json; charset=",
        "application/json; charset=utf-8; charset=utf-16",
        "application/x-www-form-urlencoded",
        "multipart/form-data; boundary=x",
    ],
)
def test_nothing_else_is_read(content_type: str | None) -> None:
    assert not is_json(content_type)


@pytest.mark.parametrize(
    "accept", ["gzip", "GZIP", "gzip, deflate, br", "br;q=1.0, gzip;q=0.1", "*", "deflate, *;q=0.5", "*;q=0, gzip"]
)
def test_client_that_takes_gzip_says_so(accept: str) -> None:
    assert takes_gzip(accept)


@pytest.mark.parametrize(
    "accept", [None, "", "identity", "br, deflate", "gzip;q=0", "gzip;q=0.0, br", "*;q=0", "*, gzip;q=0", "gzipped"]
)
def test_client_that_does_not_take_gzip_gets_none(accept: str | None) -> None:
    assert not takes_gzip(accept)
