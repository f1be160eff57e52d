"""When particles arrive in an event: injection, trigger gate, gated mode.

Numbers: revolution time and the emulation of the veto as in basf2's PXDInjectionVetoEmulator: the first passage of the
noisy bunch is uniform between -20 and -10 us, three more follow every 10 us.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from pxdbkg.detector.readout import FRAME_US, N_GATES
from pxdbkg.detector.timing import InjectionTiming
from pxdbkg.kernels import random
from pxdbkg.reference.conditions import Conditions
from pxdbkg.reference.draws import Floats
from pxdbkg.reference.preset import Preset

FRAME_NS = 1000.0 * FRAME_US
TURN_NS = 10_000.0  # between two passages of a bunch
BURST_NS = 100.0  # over which the particles of one passage arrive
VETO_LEAD_NS = 50.0  # by which the veto is ahead of the bunch
_ORDINAL = 1  # of the draws, at the level of the event


class Arrival(NamedTuple):
    """Times of one event.

    Attributes
    ----------
    ring : "injection_ler" or "injection_her", whichever was injected last
    since_injection_us : time since then; None when the preset has no injection and no time is given
    passages_ns : float64 (k,), passages of the freshly injected bunch, relative to the trigger
    timing : trigger gate and gating; None when the rolling shutter is off
    """

    ring: str
    since_injection_us: float | None
    passages_ns: Floats
    timing: InjectionTiming | None


def draw_arrival(key: bytes, preset: Preset, now: Conditions) -> Arrival:
    """Draw the times of an event, from counters at the level of the event.

    Parameters
    ----------
    key : 16 bytes of ``pxdbkg.seeding.event_key``
    preset : with or without rolling shutter and injection
    now : conditions; a given time since injection is taken instead of a random one
    """
    ring, since, gate, gated, phase = (float(u) for u in random.uniform(key, 0, _ORDINAL, 5)[0])
    rings = {name: getattr(preset.sources, name) for name in ("injection_ler", "injection_her")}
    often = {name: source.repetition_hz if source.rate else 0.0 for name, source in rings.items()}
    total = sum(often.values())
    last = "injection_ler" if ring * total < often["injection_ler"] else "injection_her"
    waited = now.time_since_injection_us
    if waited is None and total:
        waited = since * 1e6 / total
    n_passages = 4 if preset.rolling_shutter else 2
    passages = -FRAME_NS + TURN_NS * (phase + np.arange(n_passages, dtype=np.float64))
    if not preset.rolling_shutter:
        return Arrival(last, waited, passages, None)
    is_gated = gated < preset.gated_fraction
    starts = (passages - VETO_LEAD_NS).astype(np.float32) if is_gated else np.zeros(0, np.float32)
    return Arrival(last, waited, passages, InjectionTiming(int(gate * N_GATES), is_gated, starts))
