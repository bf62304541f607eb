"""Checks of single values: every problem at once, each with its path, and nothing dangerous let through."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain import errors
from domain.validation import SLUG, Validation, slug_from


def problems(validation: Validation) -> list[tuple[str, tuple[str, ...]]]:
    return [(refusal.code, refusal.path) for refusal in validation.refusals]


def markdown_problems(text: str) -> list[str]:
    validation = Validation()
    validation.markdown(text, "description", limit=20_000)
    return [refusal.code for refusal in validation.refusals]


def test_all_problems_are_reported_at_once_each_with_its_path() -> None:
    validation = Validation()
    validation.text("", "title", limit=200)
    validation.text("x" * 61, "category", limit=60)
    validation.currency("EURO", "price", "currency")
    validation.tags(["fine", "bell\a"], "tags")

    with pytest.raises(errors.Refused) as refused:
        validation.finish()

    assert [(refusal.code, refusal.path) for refusal in refused.value.refusals] == [
        ("REQUIRED", ("title",)),
        ("TOO_LONG", ("category",)),
        ("INVALID", ("price", "currency")),
        ("INVALID_TEXT", ("tags", "1")),
    ]


def test_nothing_is_raised_when_nothing_was_refused() -> None:
    validation = Validation()

    assert validation.text("Title", "title", limit=200) == "Title"

    validation.finish()


# --- Text -------------------------------------------------------------------------------------------------------------


@given(value=st.text(max_size=300), limit=st.integers(1, 40), multiline=st.booleans())
def test_accepted_text_is_normalised_trimmed_showable_and_within_its_limit(
    value: str, limit: int, *, multiline: bool
) -> None:
    validation = Validation()

    text = validation.text(value, "title", limit=limit, multiline=multiline)

    if not validation.refusals:
        assert text == text.strip()
        assert unicodedata.is_normalized("NFC", text)
        assert 1 <= len(text) <= limit
        assert not any(unicodedata.category(char) in {"Cc", "Cs"} and char not in "\n\r\t" for char in text)
        assert multiline or not set("\n\r\t") & set(text)
        assert Validation().text(text, "title", limit=limit, multiline=multiline) == text
        text.encode()


@pytest.mark.parametrize("char", ["\x00", "\x07", "\x1b", "\x7f", "\x85", "\x9f", "\ud800"])
@pytest.mark.parametrize("multiline", [False, True])
def test_control_characters_and_lone_surrogates_are_refused(char: str, *, multiline: bool) -> None:
    validation = Validation()

    validation.text(f"a{char}b", "title", limit=200, multiline=multiline)

    assert problems(validation) == [("INVALID_TEXT", ("title",))]


@pytest.mark.parametrize("char", ["\n", "\r", "\t"])
def test_line_breaks_and_tabs_stand_only_where_text_has_lines(char: str) -> None:
    one_line, several = Validation(), Validation()

    one_line.text(f"a{char}b", "title", limit=200)
    several.text(f"a{char}b", "description", limit=200, multiline=True)

    assert problems(one_line) == [("INVALID_TEXT", ("title",))]
    assert several.refusals == []


@pytest.mark.parametrize(
    "text",
    ["مهرجان الموسيقى", "אירוע", "👩‍👩‍👧‍👦 piknik 🎉", "Žužemberk čšž", "日本語", "a\u200fb", "𝒳", "\u00a0x".strip()],  # noqa: RUF001 - letters of many scripts are the point
)
def test_every_script_and_emoji_are_welcome(text: str) -> None:
    validation = Validation()

    assert validation.text(text, "title", limit=200) == text
    assert validation.refusals == []


def test_text_is_counted_after_composing_and_trimming() -> None:
    validation = Validation()

    assert validation.text("  " + "e\u0301" * 10 + "  ", "title", limit=10) == "é" * 10
    assert validation.refusals == []


@pytest.mark.parametrize("blank", ["", " ", "\u00a0\u2003"])
def test_blank_text_is_nothing(blank: str) -> None:
    validation = Validation()

    assert validation.optional_text(blank, "summary", limit=10) is None
    assert validation.refusals == []
    validation.text(blank, "title", limit=10)
    assert problems(validation) == [("REQUIRED", ("title",))]


def test_a_text_one_too_long_says_its_limit_and_length() -> None:
    validation = Validation()

    validation.text("x" * 11, "title", limit=10)

    assert [refusal.message for refusal in validation.refusals] == ["At most 10 characters are allowed; this has 11."]


# --- Markdown ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text",
    [
        "Plain text, 1 < 2 and 3 > 2, a<b, x <3",
        "**Bold** and [a link](https://example.org/?a=1&b=2) and ![a picture](https://example.org/x.png)",
        "<https://example.org> and <somebody@example.org>",
        "Inline `<script>` and ``a ` <b>``",
        "```html\n<script>alert(1)</script>\n```\nafterwards",
        "````\n```\n<b>\n```\n````",
        "```\n<b> in a fence that nobody closes",
        "JavaScript: the good parts; data: the new oil",
        "`[x](javascript:alert(1))` is how not to do it",
        "[a]: https://example.org",
        "| a | b |\n|---|---|\n| 1 | `x` |",
    ],
)
def test_markdown_without_html_is_accepted(text: str) -> None:
    assert markdown_problems(text) == []


@pytest.mark.parametrize(
    "text",
    [
        "<script>alert(1)</script>",
        "<SCRIPT src=x>",
        "</div>",
        "<!-- comment -->",
        "<?php",
        "<img\nsrc=x onerror=alert(1)>",
        "<svg/onload=alert(1)>",
        "<my-element>",
        "after `code` <b>bold</b>",
    ],
)
def test_raw_html_is_refused(text: str) -> None:
    assert markdown_problems(text) == ["HTML_NOT_ALLOWED"]


@pytest.mark.parametrize(
    "text",
    [
        # A backslash takes a backtick's meaning away.
        "\\`<script>alert(1)</script>\\`",
        # A span closes only with as many backticks as it opened with.
        "`` ` `` <script>alert(1)</script> `` ` ``",
        "``` <script> `` </script>",
        # A backtick may pair with one in another line.
        "one ` line\nanother ` <script>alert(1)</script> ` line",
        # Fences that end elsewhere than they seem to.
        "text ```\n<script>alert(1)</script>\n```",
        "```\ncode\n```\n<script>alert(1)</script>\n```\ncode\n```",
        "- item\n  ```\n<script>alert(1)</script>",
        "~~~\n```\n~~~\n<script>alert(1)</script>\n```",
        "```\ncode\n````\n<script>alert(1)</script>",
        # A backtick in an autolink opens nothing; a cell of a table ends what it holds.
        "<https://example.org/`> <script>alert(1)</script> `",
        "a|b\n-|-\n`|<script>alert(1)</script>`",
    ],
)
def test_html_cannot_hide_behind_what_only_looks_like_code(text: str) -> None:
    assert markdown_problems(text) == ["HTML_NOT_ALLOWED"]


@pytest.mark.parametrize(
    "text",
    [
        "[x](javascript:alert(1))",
        "[x]( JavaScript:alert(1))",
        "[x](<javascript:alert(1)>)",
        "![x](data:text/html;base64,PHNjcmlwdD4=)",
        "[x](vbscript:x)",
        "<javascript:alert(1)>",
        "[x]: javascript:alert(1)",
        "[x]:\n  javascript:alert(1)",
        "[x](javascript&#58;alert(1))",
        "[x](&#x6A;avascript:alert(1))",
        "[x](java&Tab;script:alert(1))",
        "[x](javascript\\:alert(1))",
        "[x](\tjavascript:alert(1))",
    ],
)
def test_script_links_are_refused_however_they_are_written(text: str) -> None:
    assert markdown_problems(text) == ["HTML_NOT_ALLOWED"]


@given(st.text(alphabet="`~\\<>b/ \n|:[]()", max_size=60))
def test_no_text_without_backticks_hides_the_html_after_it(text: str) -> None:
    assert "HTML_NOT_ALLOWED" in markdown_problems(text.replace("`", "'") + "\n\n<b>")


def test_a_text_full_of_backticks_is_judged_quickly() -> None:
    assert markdown_problems("`|" * 10_000) == []
    assert markdown_problems(" ".join("`" * length for length in range(1, 190))) == []


# --- Values with a form -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("slug", ["a", "a-b", "0", "2026-autumn", "x" * 80])
def test_slugs_are_lower_case_words_joined_by_hyphens(slug: str) -> None:
    validation = Validation()

    assert validation.slug(slug, "slug") == slug
    assert validation.refusals == []


@pytest.mark.parametrize("slug", ["", "-a", "a-", "a--b", "A", "a b", "č", "a_b", "a\n", "a/b", "x" * 81, "٣"])
def test_everything_else_is_no_slug(slug: str) -> None:
    validation = Validation()

    validation.slug(slug, "slug")

    assert problems(validation) == [("INVALID", ("slug",))]


@given(st.text(max_size=200))
def test_every_text_makes_a_slug(text: str) -> None:
    assert SLUG.match(slug_from(text))
    assert len(slug_from(text)) <= 60


def test_a_slug_keeps_the_letters_below_their_accents() -> None:
    assert slug_from("Čarobni Večer: Žur 2026!") == "carobni-vecer-zur-2026"


@pytest.mark.parametrize(
    "url", ["https://example.org", "http://example.org:8080/a?b=c#d", "HTTPS://EXAMPLE.ORG", "https://[::1]/", None]
)
def test_web_addresses_are_accepted(url: str | None) -> None:
    validation = Validation()

    assert validation.url(url, "url") == url
    assert validation.refusals == []


@pytest.mark.parametrize(
    "url",
    [
        *["javascript:alert(1)", "data:text/html,x", "ftp://example.org", "//example.org", "/path", "example.org"],
        *["https://", "https:///path", "http:example.org", "https://user@example.org", "https://user:pw@example.org"],
        *["https://@example.org", "https://example.org:99999", "https://example.org:x", "https://[::1"],
        *["https://example.org/a b", "https://exam ple.org"],
    ],
)
def test_other_addresses_are_refused(url: str) -> None:
    validation = Validation()

    validation.url(url, "url")

    assert problems(validation) == [("INVALID", ("url",))]


def test_an_address_has_a_length() -> None:
    validation = Validation()

    validation.url("https://example.org/" + "x" * 2_000, "url")

    assert problems(validation) == [("TOO_LONG", ("url",))]


@given(st.text(max_size=60))
def test_no_text_breaks_the_check_of_an_address(text: str) -> None:
    Validation().url(text, "url")
    Validation().url("https://" + text, "url")


@pytest.mark.parametrize(("value", "accepted"), [(1, True), (10, True), (0, False), (11, False), (-(2**70), False)])
def test_numbers_lie_within_their_bounds_both_included(value: int, *, accepted: bool) -> None:
    validation = Validation()

    validation.number(value, "quantity", minimum=1, maximum=10)

    assert problems(validation) == ([] if accepted else [("OUT_OF_RANGE", ("quantity",))])


@pytest.mark.parametrize("code", ["EUR", "USD", "JPY"])
def test_currencies_of_iso_4217_are_accepted(code: str) -> None:
    validation = Validation()

    assert validation.currency(code, "currency") == code
    assert validation.refusals == []


@pytest.mark.parametrize("code", ["", "eur", "EURO", "XXX", "XAU", "DEM", "€"])
def test_other_currencies_are_refused(code: str) -> None:
    validation = Validation()

    validation.currency(code, "currency")

    assert problems(validation) == [("INVALID", ("currency",))]


@pytest.mark.parametrize(("code", "accepted"), [("SI", True), ("GB", True), ("UK", False), ("si", False), ("", False)])
def test_countries_are_those_of_iso_3166(code: str, *, accepted: bool) -> None:
    validation = Validation()

    validation.country(code, "country")

    assert problems(validation) == ([] if accepted else [("INVALID", ("country",))])


@pytest.mark.parametrize("locale", ["en", "sl", "de-AT", "sr-Latn", "sr-Latn-RS", "es-419", "fil"])
def test_locales_are_language_script_and_region(locale: str) -> None:
    validation = Validation()

    assert validation.locale(locale, "locale") == locale
    assert validation.refusals == []


@pytest.mark.parametrize("locale", ["", "e", "EN", "en_US", "en-us", "english", "en-US-x-twain", "en\n", "en-"])
def test_other_locales_are_refused(locale: str) -> None:
    validation = Validation()

    validation.locale(locale, "locale")

    assert problems(validation) == [("INVALID", ("locale",))]


def test_tags_are_lower_case_and_distinct_in_the_order_given() -> None:
    validation = Validation()

    assert validation.tags(["Rock", " jazz ", "ROCK", "čoln"], "tags") == ("rock", "jazz", "čoln")
    assert validation.refusals == []


def test_tags_are_counted_and_each_is_checked() -> None:
    validation = Validation()

    validation.tags(["ok", "", "x" * 41, *(f"t{number}" for number in range(20))], "tags")

    assert problems(validation) == [
        ("REQUIRED", ("tags", "1")),
        ("TOO_LONG", ("tags", "2")),
        ("TOO_MANY", ("tags",)),
    ]
