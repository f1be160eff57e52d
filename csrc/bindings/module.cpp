#include "bindings/bindings.hpp"

PYBIND11_MODULE(_core, m) {
    m.doc() = "Numerical kernels of pxdbkg; use them through pxdbkg.kernels";
    pxdbkg_bindings::register_random(m);
    pxdbkg_bindings::register_zero_suppression(m);
    pxdbkg_bindings::register_overlay(m);
    pxdbkg_bindings::register_clustering(m);
    pxdbkg_bindings::register_rasterization(m);
    pxdbkg_bindings::register_deposition(m);
}
