import doctest
from fractions import Fraction

import numpy as np
import pytest

from wav2lip.errors import InputError
from wav2lip.utils import values
from wav2lip.utils.devices import torch_device
from wav2lip.utils.values import Device, Number, OneOf, Rule, Sides, Text, Whole, check, optional


@pytest.mark.parametrize(
    ("rule", "good", "wrong"),
    [
        (Number(0, 1), [0, 1, 0.5, np.float32(0.5), Fraction(1, 2)], [-0.1, 1.1, "1", True, None]),
        (Number(0, 1, above=True, below=True), [0.5], [0, 1, float("nan"), float("inf")]),
        (Whole(1), [1, np.int64(3)], [0, 1.0, 1.5, True, "1"]),
        (OneOf(("a", "b")), ["a"], ["c", "", None, ["a"]]),
        (Text(), ["a", 3], ["", " ", None, [], True]),
        (
            Sides(Whole(-1)),
            [(0, -1, 0, -1), [1, 2, 3, 4]],
            [(0, 1), (0, 1, 2, -2), "abcd", None, 3],
        ),
        (Device(), ["auto", "cpu", "cuda", "cuda:1"], ["gpu", "cuda:x", "cuda:", "", None, "CPU"]),
        (optional(Whole(1)), [None, 2], [0, "null"]),
    ],
)
def test_what_a_rule_accepts(rule: Rule, good: list[object], wrong: list[object]) -> None:
    assert [value for value in good if not rule.accepts(value)] == []
    assert [value for value in wrong if rule.accepts(value)] == []


def test_a_long_value_is_shortened() -> None:
    with pytest.raises(InputError, match=r"^name must be one of a, not x{60}…$"):
        check("name", "x" * 100_000, OneOf(("a",)))


def test_a_device_that_this_machine_lacks() -> None:
    assert str(torch_device("cpu")) == "cpu"
    assert torch_device(None) == torch_device("auto")
    with pytest.raises(InputError, match=r"^device cuda:99: this machine .* use cpu or auto$"):
        torch_device("cuda:99")
    with pytest.raises(InputError, match="did you mean cpu"):
        torch_device("cpuu")


def test_the_examples_run() -> None:
    failed, tried = doctest.testmod(values)
    assert (failed, tried > 2) == (0, True)
