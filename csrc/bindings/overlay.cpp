#include "bindings/bindings.hpp"

namespace pxdbkg_bindings {

void register_overlay(py::module_&) {}

}  // namespace pxdbkg_bindings
