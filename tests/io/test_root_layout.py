from pxdbkg.io.root_layout import branch_name, find


def digit_branches(name):
    members = ("m_sensorID", "m_uCellID", "m_vCellID", "m_charge")
    return [name, *(f"{name}/{name}.{member}" for member in ("fUniqueID", "fBits", *members))]


def own_branches(name, columns):
    return [f"n{name}", *(f"{name}_{column}" for column in columns)]


def test_collections_of_basf2():
    paths = digit_branches("PXDDigits") + digit_branches("PXDDigits_beamBG")
    layout = find([*paths, "EventMetaData", *(f"EventMetaData/m_{name}" for name in ("event", "run", "experiment"))])
    assert list(layout.digits) == ["PXDDigits", "PXDDigits_beamBG"]
    assert layout.digits["PXDDigits_beamBG"].branches["v"] == "PXDDigits_beamBG/PXDDigits_beamBG.m_vCellID"
    assert layout.digits["PXDDigits"].vxd_ids
    assert layout.events == {name: f"EventMetaData/m_{name}" for name in ("experiment", "run", "event")}
    assert (layout.clusters, layout.extras, layout.gating) == ({}, {}, "")


def test_other_classes_with_a_sensor_are_no_digits():
    assert not find(["PXDTrueHits/PXDTrueHits.m_sensorID", "SVDShaperDigits/SVDShaperDigits.m_sensorID"]).digits


def test_our_own_collections():
    clusters = ["sensor", "u_mm", "v_mm", "charge", "seed_charge", "size", "u_size", "v_size", "u_start", "v_start"]
    layout = find(
        [
            *(f"events_{name}" for name in ("experiment", "run", "event", "trigger_gate")),
            "conditions_current_her_mA",
            *own_branches("Gating", ["start_ns"]),
            *own_branches("PXDDigits_beamBG", ["sensor", "u", "v", "charge"]),
            *own_branches("events_all", ["sensor", "u", "v", "charge"]),
            *own_branches("PXDClusters", clusters),
        ]
    )
    assert list(layout.digits) == ["PXDDigits_beamBG", "events_all"]
    assert not layout.digits["PXDDigits_beamBG"].vxd_ids
    assert list(layout.clusters) == ["PXDClusters"]
    assert layout.clusters["PXDClusters"].branches["u_mm"] == "PXDClusters_u_mm"
    assert layout.events == {name: f"events_{name}" for name in ("experiment", "run", "event")}
    assert layout.extras == {
        "events/trigger_gate": "events_trigger_gate",
        "conditions/current_her_mA": "conditions_current_her_mA",
    }
    assert layout.gating == "Gating_start_ns"


def test_names_of_members():
    assert branch_name("PXDDigits_beamBG/charge") == "PXDDigits_beamBG_charge"
    assert branch_name("conditions/occupancy_scale") == "conditions_occupancy_scale"
