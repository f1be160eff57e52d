#include "bindings/bindings.hpp"

namespace pxdbkg_bindings {

void register_zero_suppression(py::module_&) {}

}  // namespace pxdbkg_bindings
