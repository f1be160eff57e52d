#include "bindings/bindings.hpp"

namespace pxdbkg_bindings {

void register_random(py::module_&) {}

}  // namespace pxdbkg_bindings
