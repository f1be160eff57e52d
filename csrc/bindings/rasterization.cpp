#include "bindings/bindings.hpp"

namespace pxdbkg_bindings {

void register_rasterization(py::module_&) {}

}  // namespace pxdbkg_bindings
