"""Go through the events of digit files, and add them up."""

from __future__ import annotations

from collections.abc import Callable

from pxdbkg.io.chain import DigitChain
from pxdbkg.kernels.overlay import sort_digits
from pxdbkg.validation.sample import Sample


def read_sample(chain: DigitChain, collection: str, progress: Callable[[int], None] = lambda _: None) -> Sample:
    """Return the sum of all events of some files.

    Parameters
    ----------
    chain : the files
    collection : of digits, which the chain was asked for
    progress : told how many events are done, after each

    Files are read event by event, so that memory does not grow with them; digits that are not sorted are sorted.
    """
    sample = Sample()
    for entry in range(chain.n_events):
        digits = chain.read(collection, entry)
        sample.add(digits if digits.is_sorted() else sort_digits(digits)[0])
        progress(entry + 1)
    return sample
