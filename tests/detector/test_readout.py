import numpy as np

from pxdbkg.detector import readout


def test_gates_have_four_rows():
    gates = readout.gate(np.arange(768))
    assert gates.dtype == np.uint8
    np.testing.assert_array_equal(np.bincount(gates), np.full(readout.N_GATES, 4))
    assert (readout.N_GATES, readout.N_DRAINS) == (192, 1000)


def test_each_drain_line_serves_every_gate_once():
    u, v = np.meshgrid(np.arange(250, dtype=np.uint16), np.arange(768, dtype=np.uint16), indexing="ij")
    drains = readout.drain(u, v)
    assert drains.dtype == np.uint16
    np.testing.assert_array_equal(np.bincount(drains.ravel()), np.full(1000, 192))
    assert drains[249, 767] == 999
    assert drains[1, 6] == 6
