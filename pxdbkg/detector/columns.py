"""Base of the collections that are kept as columns: digits, clusters, simulated hits."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar, Self

import numpy as np
from numpy.typing import NDArray

from pxdbkg.errors import ArrayTypeError, DigitError


@dataclass(frozen=True, eq=False, slots=True)
class Columns:
    """Arrays of one length and fixed dtypes, one a field; nothing is converted silently.

    A child is a frozen dataclass whose fields are the keys of ``dtypes``, in the same order. It then also unpacks as a
    mapping: ``dict(**digits)``.
    """

    dtypes: ClassVar[dict[str, np.dtype[Any]]] = {}

    def __post_init__(self) -> None:
        kind = type(self).__name__
        for name, dtype in self.dtypes.items():
            column = getattr(self, name)
            if not isinstance(column, np.ndarray) or column.dtype != dtype or column.ndim != 1:
                got = f"{column.dtype} {column.shape}" if isinstance(column, np.ndarray) else type(column).__name__
                raise ArrayTypeError(f"{kind}.{name}: expected a {dtype.name} array of shape (n,), got {got}")
        lengths = {name: len(getattr(self, name)) for name in self.dtypes}
        if len(set(lengths.values())) > 1:
            raise DigitError(f"{kind}: columns of different lengths {lengths}")

    @classmethod
    def empty(cls) -> Self:
        """Return columns without an entry."""
        return cls(*(np.zeros(0, dtype) for dtype in cls.dtypes.values()))

    @classmethod
    def concatenate(cls, parts: list[Self]) -> Self:
        """Return the entries of all parts, one part after the other, not sorted again; a single part is not copied."""
        if len(parts) < 2:
            return parts[0] if parts else cls.empty()
        return cls(*(np.concatenate([part[name] for part in parts]) for name in cls.dtypes))

    def keys(self) -> list[str]:
        """Return the names of the columns."""
        return list(self.dtypes)

    def __getitem__(self, name: str) -> NDArray[Any]:
        if name not in self.dtypes:
            raise KeyError(f"{type(self).__name__} have no column '{name}' (columns: {', '.join(self.dtypes)})")
        column: NDArray[Any] = getattr(self, name)
        return column

    def __len__(self) -> int:
        return len(self[next(iter(self.dtypes))])

    def __eq__(self, other: object) -> bool:
        if type(other) is not type(self):
            return NotImplemented
        # NaN equals NaN here: two collections are equal when they hold the same values.
        return all(
            np.array_equal(self[name], other[name], equal_nan=dtype.kind == "f") for name, dtype in self.dtypes.items()
        )

    def select(self, index: NDArray[Any] | slice) -> Self:
        """Return the entries of a boolean mask, an index array or a slice."""
        return type(self)(*(self[name][index] for name in self.dtypes))
