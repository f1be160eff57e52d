#include "bindings/bindings.hpp"

// Kernels share no state but the atomic switch of the instruction set, so they need no interpreter lock.
PYBIND11_MODULE(_core, m, py::mod_gil_not_used()) {
    m.doc() = "Numerical kernels of pxdbkg; use them through pxdbkg.kernels";
    pxdbkg_bindings::register_common(m);
    pxdbkg_bindings::register_random(m);
    pxdbkg_bindings::register_zero_suppression(m);
    pxdbkg_bindings::register_overlay(m);
    pxdbkg_bindings::register_clustering(m);
    pxdbkg_bindings::register_rasterization(m);
    pxdbkg_bindings::register_deposition(m);
    pxdbkg_bindings::register_readout(m);
    pxdbkg_bindings::register_straggling(m);
    pxdbkg_bindings::register_transport(m);
    pxdbkg_bindings::register_cluster_shapes(m);
    pxdbkg_bindings::register_pairs(m);
    pxdbkg_bindings::register_digit_counts(m);
    pxdbkg_bindings::register_column_histograms(m);
}
