"""When an event is read out: trigger gate and gated intervals, as basf2's PXDInjectionBGTiming."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pxdbkg.detector.readout import N_GATES
from pxdbkg.errors import ArrayTypeError, DigitError

TIMING = "PXDInjectionBGTiming"  # name in the data store, as in basf2: signal and background share it


@dataclass(frozen=True, eq=False, slots=True)
class InjectionTiming:
    """Trigger gate and gating of one event; signal and background of an event share it.

    Attributes
    ----------
    trigger_gate : 0..191, the gate that is read at the trigger
    gated : whether the injection veto is on
    gating_start_ns : float32 (k,), starts of the gated intervals relative to the trigger, ns; empty when not gated

    >>> InjectionTiming(17, False, np.zeros(0, np.float32)).trigger_gate
    17
    """

    trigger_gate: int
    gated: bool
    gating_start_ns: NDArray[np.float32]

    def __post_init__(self) -> None:
        if not 0 <= self.trigger_gate < N_GATES:
            raise DigitError(f"InjectionTiming: trigger_gate {self.trigger_gate} (0..{N_GATES - 1})")
        starts = self.gating_start_ns
        if not isinstance(starts, np.ndarray) or starts.dtype != np.float32 or starts.ndim != 1:
            raise ArrayTypeError("InjectionTiming: gating_start_ns is no float32 array of shape (k,)")
        if not np.all(np.isfinite(starts)):
            raise DigitError("InjectionTiming: gating_start_ns holds a value that is not finite")

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, InjectionTiming):
            return NotImplemented
        return (
            self.trigger_gate == other.trigger_gate
            and self.gated == other.gated
            and np.array_equal(self.gating_start_ns, other.gating_start_ns)
        )
