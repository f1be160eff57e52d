"""When the rows of a sensor take charge: rolling shutter, trigger gate, gated mode.

Model and constants: basf2 PXD digitizer. The 192 gates of four rows are read one after the other, over and over, in
20 us; each takes charge from one read-out to the next. The gate at distance d from the trigger gate, counted in the
direction of the shutter and around its end, is read d + 1 gate times after the trigger (t = 0), so it has taken charge
since 20 us before that. In gated mode the sensors are blind for some time after each start of a gated interval, and
the gates that would be read in it give nothing.

Which way the rows are read is not certain from public sources: the digitizer counts the rows of layer 1 from the other
end, the class of gating information those of layer 2. They agree that the layers are read in opposite directions. The
default is that of the digitizer.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pxdbkg.detector.ids import layer_of_sensor
from pxdbkg.detector.readout import FRAME_US, N_GATES
from pxdbkg.detector.timing import InjectionTiming
from pxdbkg.errors import DigitError

__all__ = ["IntegrationWindow"]


@dataclass(frozen=True)
class IntegrationWindow:
    """Rolling shutter and gating; the defaults are those of basf2.

    Attributes
    ----------
    frame_ns : time to read all gates once, and length of the window of a gate, above 0
    delay_ns : added to both ends of all windows
    blind_ns : hits in this time after the start of a gated interval are lost, on all rows
    skip_ns : gates that are read in this time after the start of a gated interval give no digit; 0 for none
    reversed_layers : layers (of 1, 2) whose rows are read from 767 down to 0
    """

    frame_ns: float = FRAME_US * 1000.0
    delay_ns: float = 0.0
    blind_ns: float = 400.0
    skip_ns: float = 1400.0
    reversed_layers: tuple[int, ...] = (1,)

    def __post_init__(self) -> None:
        for name, low in (("frame_ns", 1.0), ("delay_ns", -1e6), ("blind_ns", 0.0), ("skip_ns", 0.0)):
            if not low <= getattr(self, name) <= 1e6:
                raise DigitError(f"IntegrationWindow: {name} {getattr(self, name)} ({low:g} to 1e+06)")
        if not set(self.reversed_layers) <= {1, 2}:
            raise DigitError(f"IntegrationWindow: reversed_layers {list(self.reversed_layers)} (of 1 and 2)")

    @property
    def gate_ns(self) -> float:
        """Return the time to read one gate."""
        return self.frame_ns / N_GATES

    def distance(self, timing: InjectionTiming) -> NDArray[np.int64]:
        """Return how many gates after the trigger gate each gate v // 4 is read, int64 (40, 192), 0..191.

        >>> from pxdbkg.detector.timing import InjectionTiming
        >>> timing = InjectionTiming(3, False, np.zeros(0, np.float32))
        >>> IntegrationWindow().distance(timing)[[0, 39], :5].tolist()  # layer 1, layer 2
        [[188, 187, 186, 185, 184], [189, 190, 191, 0, 1]]
        """
        number = np.arange(N_GATES)
        backwards = np.isin(layer_of_sensor, self.reversed_layers)[:, None]
        return (np.where(backwards, N_GATES - 1 - number, number) - timing.trigger_gate) % N_GATES

    def opens_ns(self, timing: InjectionTiming) -> NDArray[np.float64]:
        """Return when the windows of the gates open, float64 (40, 192), ns; they close ``frame_ns`` later."""
        gates: NDArray[np.float64] = self.distance(timing).astype(np.float64) + 1.0
        return gates * self.gate_ns + (self.delay_ns - self.frame_ns)

    def blind(self, timing: InjectionTiming, time_ns: NDArray[np.float32]) -> NDArray[np.bool_]:
        """Return which hits at times (n,), ns, are lost on all rows because the sensors are gated, bool (n,)."""
        lost = np.zeros(len(time_ns), bool)
        if timing.gated:
            for start in timing.gating_start_ns.astype(np.float64):
                lost |= (time_ns >= start) & (time_ns < start + self.blind_ns)
        return lost

    def skipped(self, timing: InjectionTiming) -> NDArray[np.bool_]:
        """Return which gates give no digit because their read-out is gated, bool (40, 192).

        From the gate that is read at the start of a gated interval up to the one that is read at its end, not included.
        Only intervals that start in the frame after the trigger count: before it nothing of the event is read.
        """
        distance = self.distance(timing)
        found = np.zeros(distance.shape, bool)
        if timing.gated:
            for start in timing.gating_start_ns.astype(np.float64):
                if start >= 0:
                    first, last = int(start / self.gate_ns), int((start + self.skip_ns) / self.gate_ns)
                    found |= (distance >= first) & (distance < last)
        return found
