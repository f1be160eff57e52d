#include "bindings/bindings.hpp"

#include <memory>

#include "pxdbkg/cpu_features.hpp"
#include "pxdbkg/fault.hpp"

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
    // Texts are made for errors only: naming a dtype takes microseconds.
    const auto wanted = [&] {
        return std::string(name) + ": expected a " + std::string(py::str(dtype)) + " array of " + std::to_string(ndim) +
               " dimension(s), got ";
    };
    if (!py::isinstance<py::array>(object)) {
        raise_type_error(wanted() + std::string(py::str(py::type::of(object).attr("__name__"))));
    }
    const auto array = py::reinterpret_borrow<py::array>(object);
    if (!array.dtype().equal(dtype) || array.ndim() != ndim) {
        raise_type_error(wanted() + std::string(py::str(array.dtype())) + " of " + std::to_string(array.ndim()) +
                         " dimension(s). Give one of that type and shape");
    }
    if ((array.flags() & py::array::c_style) == 0) {
        raise_type_error(std::string(name) + ": the array is not contiguous. Convert it with numpy.ascontiguousarray");
    }
}

pxdbkg::DigitsView digits_view(const py::tuple& columns, const std::string& name) {
    if (columns.size() != 4) {
        raise_type_error(name + ": expected the columns sensor, u, v, charge, got " + std::to_string(columns.size()));
    }
    const auto sensors = input<std::uint8_t>(columns[0], 1, (name + ".sensor").c_str());
    const auto us = input<std::uint16_t>(columns[1], 1, (name + ".u").c_str());
    const auto vs = input<std::uint16_t>(columns[2], 1, (name + ".v").c_str());
    const auto charges = input<std::uint16_t>(columns[3], 1, (name + ".charge").c_str());
    if (us.size != sensors.size || vs.size != sensors.size || charges.size != sensors.size) {
        raise_value_error(name + ": columns of different lengths, sensor " + std::to_string(sensors.size) + ", u " +
                          std::to_string(us.size) + ", v " + std::to_string(vs.size) + ", charge " +
                          std::to_string(charges.size) + " (one entry of each a digit)");
    }
    return {sensors.data, us.data, vs.data, charges.data, sensors.size};
}

py::tuple to_tuple(pxdbkg::DigitColumns&& digits) {
    auto owned = std::make_unique<pxdbkg::DigitColumns>(std::move(digits));
    const py::capsule owner(owned.get(), [](void* p) { delete static_cast<pxdbkg::DigitColumns*>(p); });
    pxdbkg::DigitColumns* const kept = owned.release();
    const auto n = static_cast<py::ssize_t>(kept->size());
    return py::make_tuple(
        py::array_t<std::uint8_t>(n, kept->sensor(), owner), py::array_t<std::uint16_t>(n, kept->u(), owner),
        py::array_t<std::uint16_t>(n, kept->v(), owner), py::array_t<std::uint16_t>(n, kept->charge(), owner));
}

pxdbkg::MaskBits mask_bits(const py::handle& mask) {
    if (mask.is_none()) {
        return pxdbkg::MaskBits(nullptr);
    }
    const auto bits = input<std::uint8_t>(mask, 3, "mask");
    const auto shape = py::reinterpret_borrow<py::array>(mask);
    if (shape.shape(0) != 40 || shape.shape(1) != 768 || shape.shape(2) != 32) {
        raise_type_error("mask: expected packed bits of shape (40, 768, 32), got (" + std::to_string(shape.shape(0)) +
                         ", " + std::to_string(shape.shape(1)) + ", " + std::to_string(shape.shape(2)) + ")");
    }
    return pxdbkg::MaskBits(bits.data);
}

std::int64_t checked_number(std::int64_t value, std::int64_t low, std::int64_t high, const char* name) {
    if (value < low || value > high) {
        raise_value_error(std::string(name) + " is " + std::to_string(value) + " (allowed: " + std::to_string(low) +
                          ".." + std::to_string(high) + ")");
    }
    return value;
}

void register_common(py::module_& m) {
    py::register_local_exception_translator([](std::exception_ptr thrown) {
        try {
            if (thrown) {
                std::rethrow_exception(thrown);
            }
        } catch (const pxdbkg::Fault& fault) {
            const py::object error = py::module_::import("pxdbkg.errors").attr("DigitError");
            PyErr_SetString(error.ptr(), fault.what());
        }
    });
    m.def("allow_avx2", &pxdbkg::allow_avx2, py::arg("allowed"));
    m.def("use_avx2", &pxdbkg::use_avx2);
}

}  // namespace pxdbkg_bindings
