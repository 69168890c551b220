"""The script that measures growth takes every entry point through every input."""

import pytest

from .growth import DOCUMENTS, ON_DOCUMENTS, ON_STREAMS, STREAMS, rows, slope


def test_every_entry_point_takes_every_hostile_input() -> None:
    found = {(row.use, row.input) for row in rows([100])}
    on_documents = {(use, given) for use in ON_DOCUMENTS for given in DOCUMENTS}
    on_streams = {(use, given) for use in ON_STREAMS for given in STREAMS}
    assert found == on_documents | on_streams


def test_the_exponent_of_growth_is_the_slope_on_logarithmic_axes() -> None:
    sizes = [1000, 2000, 4000, 8000]
    assert slope([(size, size * 1e-6) for size in sizes]) == pytest.approx(1)
    assert slope([(size, size**2 * 1e-9) for size in sizes]) == pytest.approx(2)
