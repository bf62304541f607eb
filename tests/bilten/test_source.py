"""Where ids and ticket codes come from: codes are random, and of letters that nobody mistakes."""

import re

from bilten.source import RandomSource
from domain.check_in import normal


def test_ticket_codes_are_ten_letters_in_two_groups_of_all_that_are_easily_read() -> None:
    source = RandomSource()

    codes = [source.new_ticket_code() for _ in range(2_000)]

    assert len(set(codes)) == 2_000
    assert all(re.fullmatch(r"[0-9A-HJKMNP-TV-Z]{5}-[0-9A-HJKMNP-TV-Z]{5}", code) for code in codes)
    for place in (*range(5), *range(6, 11)):
        assert len({code[place] for code in codes}) == 32
    assert all(normal(code) == code for code in codes)


def test_later_ids_sort_after_earlier_ones() -> None:
    source = RandomSource()

    ids = [source.new_id() for _ in range(1_000)]

    assert ids == sorted(ids)
