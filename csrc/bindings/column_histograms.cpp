#include "pxdbkg/column_histograms.hpp"

#include <cmath>

#include "bindings/bindings.hpp"

namespace pxdbkg_bindings {

namespace {

py::array_t<std::int64_t> column_histograms(const py::object& values, double low, double high, std::int64_t bins) {
    const auto table = input<float>(values, 2, "column_histograms: values");
    checked_number(bins, 1, 4096, "column_histograms: number of bins");
    if (!(std::abs(low) <= 1e9) || !(std::abs(high) <= 1e9) || !(high - low >= 1e-9)) {
        raise_value_error("column_histograms: the range is " + std::to_string(low) + " to " + std::to_string(high) +
                          " (allowed: -1e9..1e9, rising by at least 1e-9)");
    }
    const auto shape = py::reinterpret_borrow<py::array>(values);
    const auto rows = static_cast<std::size_t>(shape.shape(0));
    const auto columns = static_cast<std::size_t>(shape.shape(1));
    py::array_t<std::int64_t> counts({shape.shape(1), static_cast<py::ssize_t>(bins)});
    std::int64_t* const out = counts.mutable_data();
    {
        const py::gil_scoped_release unlocked;
        pxdbkg::column_histograms(table.data, rows, columns, {low, high, static_cast<std::size_t>(bins)}, out);
    }
    return counts;
}

}  // namespace

void register_column_histograms(py::module_& m) {
    m.def("column_histograms", &column_histograms, py::arg("values"), py::arg("low"), py::arg("high"), py::arg("bins"));
}

}  // namespace pxdbkg_bindings
