"""Names of branches: which of them are the columns of which collection.

Two layouts are known.

- Ours: member ``A/b`` of an npz digit file is the branch ``A_b``, with the counter ``nA`` where it is jagged:
  ``PXDDigits_sensor``, ``_u``, ``_v``, ``_charge`` with ``nPXDDigits``; ``events_experiment``, ``events_run``,
  ``events_event``; ``conditions_NAME``.
- basf2's (RootOutput, split branches): ``PXDDigits/PXDDigits.m_sensorID``, ``.m_uCellID``, ``.m_vCellID`` and
  ``.m_charge``, with a VxdID for the sensor; ``EventMetaData/m_experiment``, ``m_run`` and ``m_event``.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from pxdbkg.detector.clusters import CLUSTER_COLUMNS
from pxdbkg.detector.digits import COLUMNS
from pxdbkg.detector.truth import TRUTH_COLUMNS
from pxdbkg.io.npz import EVENT_COLUMNS, GATING

TREE = "tree"
BASF2_COLUMNS = {"sensor": "m_sensorID", "u": "m_uCellID", "v": "m_vCellID", "charge": "m_charge"}
EXTRA_FOLDERS = ("events", "conditions")


@dataclass(frozen=True)
class Collection:
    """Branches of one collection.

    Attributes
    ----------
    branches : full path of the branch of each column
    vxd_ids : whether the column ``sensor`` holds VxdIDs of basf2, and not indices 0..39
    """

    branches: dict[str, str]
    vxd_ids: bool


@dataclass(frozen=True)
class Layout:
    """What the branches of a tree stand for.

    Attributes
    ----------
    digits, clusters, truth : collections by name, in the order of the tree
    events : branch of ``experiment``, ``run`` and ``event``; empty when the tree does not number its events
    extras : branch of each further value of an event, by its name in an npz file
    gating : branch of the starts of gated intervals, or an empty string
    """

    digits: dict[str, Collection]
    clusters: dict[str, Collection]
    truth: dict[str, Collection]
    events: dict[str, str]
    extras: dict[str, str]
    gating: str


def branch_name(member: str) -> str:
    """Return the name of the branch for a member of an npz digit file.

    >>> branch_name("PXDDigits/charge")
    'PXDDigits_charge'
    """
    return member.replace("/", "_", 1)


def find(paths: Iterable[str]) -> Layout:
    """Return what branches stand for, from their full paths in the tree.

    >>> find(["D/D.m_sensorID", "D/D.m_uCellID", "D/D.m_vCellID", "D/D.m_charge", "EventMetaData/m_run"]).digits.keys()
    dict_keys(['D'])
    """
    paths = list(paths)
    by_name = {path.rsplit("/", 1)[-1]: path for path in paths}
    digits: dict[str, Collection] = {}
    clusters: dict[str, Collection] = {}
    truth: dict[str, Collection] = {}
    for name in by_name:
        if name.endswith("." + BASF2_COLUMNS["sensor"]):
            owner = name.removesuffix("." + BASF2_COLUMNS["sensor"])
            columns = {column: f"{owner}.{member}" for column, member in BASF2_COLUMNS.items()}
            if by_name.keys() >= set(columns.values()):
                digits[owner] = Collection({column: by_name[branch] for column, branch in columns.items()}, True)
            continue
        for kind, wanted in ((clusters, CLUSTER_COLUMNS), (digits, COLUMNS), (truth, TRUTH_COLUMNS)):
            first = f"_{next(iter(wanted))}"
            if name.endswith(first):
                owner = name.removesuffix(first)
                columns = {column: f"{owner}_{column}" for column in wanted}
                if by_name.keys() >= set(columns.values()):
                    kind[owner] = Collection({column: by_name[branch] for column, branch in columns.items()}, False)
    events = {column: f"events_{column}" for column in EVENT_COLUMNS if f"events_{column}" in by_name}
    if not events:
        metadata = {column: _metadata_branch(column, paths) for column in EVENT_COLUMNS}
        events = {column: path for column, path in metadata.items() if path}
    used = {
        branch
        for group in (*digits.values(), *clusters.values(), *truth.values())
        for branch in group.branches.values()
    }
    extras = {
        f"{folder}/{name.removeprefix(folder + '_')}": path
        for name, path in by_name.items()
        for folder in EXTRA_FOLDERS
        if name.startswith(folder + "_") and path not in used | set(events.values())
    }
    return Layout(digits, clusters, truth, events, extras, by_name.get(branch_name(f"{GATING}/start_ns"), ""))


def _metadata_branch(column: str, paths: list[str]) -> str:
    """Return the branch of a number of basf2's EventMetaData, or an empty string."""
    names = (f"EventMetaData/m_{column}", f"EventMetaData/EventMetaData.m_{column}", f"EventMetaData.m_{column}")
    return next((path for path in paths if path in names), "")
