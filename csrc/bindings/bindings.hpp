// What every binding file includes first: the pybind11 headers, the alias py, and checked access to numpy arrays.
//
// A binding checks its arguments, allocates its results, releases the GIL, calls a kernel of csrc/pxdbkg and returns.
#pragma once

// pybind11's own headers shadow names; our files must not.
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wshadow"
#include <pybind11/numpy.h>
#include <pybind11/pybind11.h>
#pragma GCC diagnostic pop

#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "pxdbkg/digits.hpp"

namespace py = pybind11;

namespace pxdbkg_bindings {

// Raised as pxdbkg.errors.ArrayTypeError (a TypeError) and pxdbkg.errors.DigitError (a ValueError).
[[noreturn]] void raise_type_error(const std::string& message);
[[noreturn]] void raise_value_error(const std::string& message);

template <class T>
struct Span {
    T* data;
    std::size_t size;
    T* begin() const { return data; }
    T* end() const { return data + size; }
    T& operator[](std::size_t i) const { return data[i]; }
};

void check_array(const py::handle& object, const py::dtype& dtype, int ndim, const char* name);

// A contiguous array of exactly this dtype and number of dimensions, or an error that names the argument. Nothing is
// converted: a silent copy would hide a mistake of the caller and cost time.
template <class T>
Span<const T> input(const py::handle& object, int ndim, const char* name) {
    check_array(object, py::dtype::of<T>(), ndim, name);
    const auto array = py::reinterpret_borrow<py::array>(object);
    return {static_cast<const T*>(array.data()), static_cast<std::size_t>(array.size())};
}

template <class T>
Span<T> output(py::array_t<T>& array) {
    return {array.mutable_data(), static_cast<std::size_t>(array.size())};
}

// A copy, for columns that a kernel has filled.
template <class T>
py::array_t<T> to_array(const pxdbkg::Column<T>& column) {
    return py::array_t<T>(static_cast<py::ssize_t>(column.size()), column.data());
}

// A function of one number, for an array of them.
template <double (*F)(double)>
py::array_t<double> apply(const py::object& x) {
    const auto values = input<double>(x, 1, "x");
    py::array_t<double> out(static_cast<py::ssize_t>(values.size));
    const auto results = output(out);
    for (std::size_t i = 0; i < values.size; ++i) results[i] = F(values[i]);
    return out;
}

// Digits come and go as tuples of the columns sensor, u, v and charge.
pxdbkg::DigitsView digits_view(const py::tuple& columns, const std::string& name);
py::tuple to_tuple(pxdbkg::DigitColumns&& digits);

// Packed bits (40, 768, 32) of a pixel mask, or None.
pxdbkg::MaskBits mask_bits(const py::handle& mask);

// A number that must lie in a range, or an error that names it.
std::int64_t checked_number(std::int64_t value, std::int64_t low, std::int64_t high, const char* name);

// Raise pxdbkg::Fault as pxdbkg.errors.DigitError; also the switch of the instruction set.
void register_common(py::module_& m);

// One function a concept, each in its own file.
void register_random(py::module_& m);
void register_zero_suppression(py::module_& m);
void register_overlay(py::module_& m);
void register_clustering(py::module_& m);
void register_rasterization(py::module_& m);
void register_deposition(py::module_& m);
void register_readout(py::module_& m);
void register_straggling(py::module_& m);
void register_transport(py::module_& m);
void register_cluster_shapes(py::module_& m);
void register_pairs(py::module_& m);
void register_digit_counts(py::module_& m);
void register_column_histograms(py::module_& m);

}  // namespace pxdbkg_bindings
