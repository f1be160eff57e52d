#include "bindings/bindings.hpp"

namespace pxdbkg_bindings {

namespace {
[[noreturn]] void raise_as(const char* type, const std::string& message) {
    const py::object error = py::module_::import("pxdbkg.errors").attr(type);
    PyErr_SetString(error.ptr(), message.c_str());
    throw py::error_already_set();
}
}  // namespace

void raise_type_error(const std::string& message) { raise_as("ArrayTypeError", message); }
void raise_value_error(const std::string& message) { raise_as("DigitError", message); }

void check_array(const py::handle& object, const py::dtype& dtype, int ndim, const char* name) {
    const std::string wanted = std::string(py::str(dtype)) + " array of " + std::to_string(ndim) + " dimension(s)";
    if (!py::isinstance<py::array>(object)) {
        raise_type_error(std::string(name) + ": expected a " + wanted + ", got " +
                         std::string(py::str(py::type::of(object).attr("__name__"))));
    }
    const auto array = py::reinterpret_borrow<py::array>(object);
    if (!array.dtype().equal(dtype) || array.ndim() != ndim) {
        raise_type_error(std::string(name) + ": expected a " + wanted + ", got " + std::string(py::str(array.dtype())) +
                         " of " + std::to_string(array.ndim()) +
                         " dimension(s). Convert it with numpy.ascontiguousarray");
    }
    if ((array.flags() & py::array::c_style) == 0) {
        raise_type_error(std::string(name) + ": the array is not contiguous. Convert it with numpy.ascontiguousarray");
    }
}

}  // namespace pxdbkg_bindings
