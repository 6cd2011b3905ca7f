import math

import pytest

from wav2lip.utils.fields import (
    AnyOf,
    Flag,
    Nothing,
    Number,
    Several,
    Text,
    check_fields,
    quote,
    to_plain,
)

WHOLE = Number(1, 10, whole=True)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        *[(WHOLE, v) for v in (0, 11, 1.5, math.nan, math.inf, True, "3", None, [3], 10**400)],
        *[(Number(0, 1), v) for v in (-1e-9, math.nan, -math.inf, "0.5", False, 1j)],
        *[(Flag(), v) for v in (0, 1, "true", None)],
        *[(Text(3), v) for v in ("four", "\x1b[", "a\n", 3, b"a")],
        *[(Several(WHOLE, 2), v) for v in ([], [1, 2, 3], [0], "12", 1, b"\1")],
        (AnyOf((WHOLE, Nothing())), 0),
    ],
)
def test_a_value_outside_its_bounds_is_refused_in_one_line(field, value):
    with pytest.raises(ValueError) as caught:  # noqa: PT011 (each field has a text of its own)
        field.check(value)
    assert str(caught.value).isprintable()
    assert len(str(caught.value)) < 300


def test_a_value_within_its_bounds_gets_its_type():
    assert [type(WHOLE.check(v)) for v in (3, 3.0)] == [int, int]
    assert Several(WHOLE, 2).check((1, 2)) == [1, 2]
    assert AnyOf((WHOLE, Nothing())).check(None) is None
    assert check_fields({"a": 1.0, "b": "x"}, {"a": WHOLE, "c": WHOLE}) == {"a": 1, "b": "x"}
    with pytest.raises(ValueError, match="a must be a whole number from 1 to 10, not 0"):
        check_fields({"a": 0}, {"a": WHOLE})


def test_a_quoted_value_is_short_and_printable():
    for value in ("x" * 10_000, "\x1b[31m\n", [[1] * 1000] * 1000, 10**5000, None, math.nan):
        assert len(quote(value)) < 100
        assert quote(value).isprintable()


def test_nested_data_with_a_billion_paths_are_refused():
    value: list[object] = []
    for _ in range(15):
        value = [value] * 100
    with pytest.raises(ValueError, match="more than 100000 values"):
        to_plain(value)
    deep: list[object] = []
    for _ in range(10_000):
        deep = [deep]
    with pytest.raises(ValueError, match="levels deep"):
        to_plain(deep)
    with pytest.raises(ValueError, match="not names"):
        to_plain({("a", "b"): 1})
