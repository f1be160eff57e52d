#include "pxdbkg/overlay.hpp"

#include "bindings/bindings.hpp"
#include "pxdbkg/sorting.hpp"

namespace pxdbkg_bindings {

namespace {

py::tuple overlay(const py::tuple& signal, const py::tuple& background, const py::object& mask,
                  const py::object& max_charge) {
    const auto own = digits_view(signal, "overlay: signal");
    const auto added = digits_view(background, "overlay: background");
    const auto masked = mask_bits(mask);
    std::optional<std::uint16_t> limit;
    if (!max_charge.is_none()) {
        limit = static_cast<std::uint16_t>(
            checked_number(max_charge.cast<std::int64_t>(), 1, 0xffff, "overlay: max_charge"));
    }
    pxdbkg::DigitColumns digits;
    pxdbkg::OverlayCounts counts;
    {
        const py::gil_scoped_release unlocked;
        counts = pxdbkg::overlay(own, added, masked, limit, digits);
    }
    return py::make_tuple(to_tuple(std::move(digits)), py::make_tuple(counts.signal, counts.background, counts.masked,
                                                                      counts.shared, counts.clipped, counts.total));
}

py::tuple sort_digits(const py::tuple& columns, const py::object& mask, bool merge, bool trim) {
    const auto given = digits_view(columns, "sort_digits: digits");
    const auto masked = mask_bits(mask);
    pxdbkg::DigitColumns digits;
    pxdbkg::SortCounts counts;
    {
        const py::gil_scoped_release unlocked;
        counts = pxdbkg::sort_digits(given, masked, merge, trim, digits);
    }
    return py::make_tuple(to_tuple(std::move(digits)),
                          py::make_tuple(counts.input, counts.outside, counts.masked, counts.merged, counts.total));
}

}  // namespace

void register_overlay(py::module_& m) {
    m.def("overlay", &overlay, py::arg("signal"), py::arg("background"), py::arg("mask"), py::arg("max_charge"));
    m.def("sort_digits", &sort_digits, py::arg("digits"), py::arg("mask"), py::arg("merge"), py::arg("trim"));
}

}  // namespace pxdbkg_bindings
