#include "bindings/bindings.hpp"

namespace pxdbkg_bindings {

void register_clustering(py::module_&) {}

}  // namespace pxdbkg_bindings
