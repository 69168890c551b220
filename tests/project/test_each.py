"""A test of many cells names those that failed."""

import inspect

import pytest

from ..support.each import each


def test_a_test_runs_with_every_cell_of_both_tables() -> None:
    met = []

    @each("letter", "ab")
    @each(("cls", "number"), [(int, 1), (str, 2)])
    def check(letter: str, cls: type, number: int) -> None:
        met.append((letter, cls, number))

    check()
    assert met == [("a", int, 1), ("a", str, 2), ("b", int, 1), ("b", str, 2)]


def test_a_failure_names_every_cell_that_failed_and_leads_to_the_first() -> None:
    @each("number", range(5))
    def check(number: int) -> None:
        if number == 3:
            pytest.fail("three")
        assert number < 2, f"it is {number}"

    with pytest.raises(AssertionError, match=r"^3 of 5 failed:\n2\n3\n4$") as caught:
        check()
    assert "it is 2" in str(caught.value.__cause__)


def test_pytest_gives_the_other_arguments_and_sees_the_marks() -> None:
    @each("cell", "ab")
    @pytest.mark.long
    def check(cell: str, other: str) -> None:
        assert cell != other

    check(other="c")
    with pytest.raises(AssertionError, match=r"^1 of 2 failed"):
        check(other="b")
    assert list(inspect.signature(check).parameters) == ["other"]
    assert [mark.name for mark in vars(check)["pytestmark"]] == ["long"]


def test_a_table_without_cells_is_skipped_and_says_so() -> None:
    @each("path", [])
    def check(path: str) -> None:
        assert path

    assert [mark.kwargs for mark in vars(check)["pytestmark"]] == [{"reason": "there is nothing to test: no path"}]


def test_an_argument_that_a_test_does_not_have_is_an_error() -> None:
    with pytest.raises(AssertionError):
        each("cell", "a")(lambda other: other)
