"""The payload call: a file of a generator, and the digits that it makes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from operator import index
from pathlib import Path
from typing import Any

import numpy as np

from pxdbkg.detector.digits import Digits, DigitTable
from pxdbkg.detector.masks import PixelMask
from pxdbkg.errors import BadInput, ConfigError, PayloadError
from pxdbkg.generators.clusters import cluster_digits
from pxdbkg.generators.images import image_digits
from pxdbkg.generators.load import computing, load_network
from pxdbkg.generators.request import Request, make_request
from pxdbkg.generators.scratch import Scratch
from pxdbkg.io import payload as files
from pxdbkg.io.metadata import PayloadInfo
from pxdbkg.seeding import event_key

DEFAULT_STREAM = "PXDBackgroundGenerator"


class Payload:
    """A generator that was loaded from a file; ``load_payload`` makes it.

    Attributes
    ----------
    path : the file
    metadata : what it says about itself
    """

    def __init__(self, path: Path, metadata: PayloadInfo, network: Any) -> None:
        self.path = path
        self.metadata = metadata
        self._network = network
        self._scratch = Scratch()

    @property
    def digest(self) -> str:
        """The sha256 over all members of the file but its metadata, hex."""
        return self.metadata.digest

    @property
    def kind(self) -> str:
        """``image`` or ``clusters``."""
        return self.metadata.kind

    @property
    def family(self) -> str:
        """Name of the network family."""
        return self.metadata.family

    @property
    def threshold(self) -> int:
        """Lowest threshold that can be asked for, ADU."""
        return self.metadata.threshold_adu

    def __repr__(self) -> str:
        return f"Payload({str(self.path)!r}, family={self.family!r}, kind={self.kind!r})"

    def generate(
        self,
        *,
        seed: str | int,
        experiment: int = 0,
        run: int = 0,
        events: int | Iterable[int],
        threshold: int | None = None,
        sensors: Iterable[object] | None = None,
        masks: PixelMask | Mapping[str, Any] | None = None,
        rois: Iterable[Mapping[str, Any]] | None = None,
        conditions: Mapping[str, float] | None = None,
        threads: int = 1,
        stream: str = DEFAULT_STREAM,
    ) -> DigitTable:
        """Return the background digits of events, each sorted by (sensor, v, u).

        Parameters
        ----------
        seed : of the job; an integer means its decimal digits
        experiment, run : int32
        events : event numbers, in the order that is wanted; each event is the same alone and among others
        threshold : ADU, from the payload's own (the default) to 255
        sensors : names, indices or groups as ``parse_sensors`` takes them; None for all
        masks : pixels to drop, a PixelMask or what ``PixelMask.from_mapping`` takes
        rois : boxes ``{sensor, u_min, u_max, v_min, v_max}``, both ends included; digits inside are those that the
            whole event has there
        conditions : machine conditions by name; those not given have the payload's defaults
        threads : intra-op threads of torch while this runs
        stream : consumer of the random numbers; another one gives other, independent events

        Raises ConfigError or ConditionError for a wrong argument, PayloadError naming the event when the network
        fails. Torch's and numpy's random generators are not used, torch's thread counts are as before afterwards.
        """
        request = self.request(
            threshold=threshold, sensors=sensors, masks=masks, rois=rois, conditions=conditions, threads=threads
        )
        try:
            numbers = [index(number) for number in (events if isinstance(events, Iterable) else [events])]
        except TypeError:
            raise ConfigError(f"events: {events!r} is neither a whole number nor a list of them") from None
        try:
            keys = [event_key(seed, stream, experiment, run, number) for number in numbers]
        except ValueError as error:
            raise ConfigError(str(error)) from None
        parts = [
            self.digits(key, request, where=f"experiment {experiment}, run {run}, event {number}")
            for key, number in zip(keys, numbers, strict=True)
        ]
        lengths = np.array([len(part) for part in parts], np.int64)
        return DigitTable(Digits.concatenate(parts), np.concatenate([np.zeros(1, np.int64), np.cumsum(lengths)]))

    def request(self, **arguments: Any) -> Request:
        """Check ``threshold, sensors, masks, rois, conditions, threads`` of ``generate`` once for many events."""
        return make_request(self.metadata, **arguments)

    def digits(self, key: bytes, request: Request, where: str = "") -> Digits:
        """Return the digits of one event.

        Parameters
        ----------
        key : 16 bytes of ``pxdbkg.seeding.event_key``
        request : of ``self.request``
        where : names the event in error messages
        """
        place = where and f": {where}"
        try:
            with computing(request.threads):
                if self.kind == "image":
                    digits = image_digits(self._network, self.metadata, key, request)
                else:
                    digits = cluster_digits(self._network, self.metadata, key, request, self._scratch)
        except BadInput as error:
            raise PayloadError(f"{self.path}{place}: {error}") from None
        except (RuntimeError, IndexError) as error:
            text = next((line.strip() for line in reversed(str(error).splitlines()) if line.strip()), "")
            raise PayloadError(f"{self.path}{place}: the network failed ({text}). Export it again") from None
        return request.select(digits)


def load_payload(path: str | Path) -> Payload:
    """Return the generator of a payload file, ``NAME.pt`` or the ``NAME.npz`` beside it.

    Format, metadata, CRCs and digest are checked before torch sees the file, the operators of the network before it is
    called. The digest shows that the file is whole, not where it comes from.

    Raises PayloadError that says what is wrong with the file.
    """
    info = files.check(path)
    return Payload(Path(path), info, load_network(path, info))
