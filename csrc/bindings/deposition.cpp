#include "bindings/bindings.hpp"

namespace pxdbkg_bindings {

void register_deposition(py::module_&) {}

}  // namespace pxdbkg_bindings
