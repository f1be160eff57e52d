#include "pxdbkg/digit_counts.hpp"

#include "bindings/bindings.hpp"

namespace pxdbkg_bindings {

namespace {

constexpr auto kSensorAxis = static_cast<py::ssize_t>(pxdbkg::kSensors);

py::tuple digit_counts(const py::tuple& columns) {
    const auto digits = digits_view(columns, "digit_counts: digits");
    constexpr auto gates = static_cast<py::ssize_t>(pxdbkg::kGateRegions);
    py::array_t<std::int64_t> charge({kSensorAxis, static_cast<py::ssize_t>(pxdbkg::kCharges)});
    py::array_t<std::int64_t> u({kSensorAxis, static_cast<py::ssize_t>(pxdbkg::kColumns)});
    py::array_t<std::int64_t> v({kSensorAxis, static_cast<py::ssize_t>(pxdbkg::kRows)});
    py::array_t<std::int64_t> region({kSensorAxis, static_cast<py::ssize_t>(pxdbkg::kDrainRegions), gates});
    py::array_t<std::int64_t> tile({kSensorAxis, static_cast<py::ssize_t>(pxdbkg::kTileColumns), gates});
    const pxdbkg::DigitCounts out{charge.mutable_data(), u.mutable_data(), v.mutable_data(), region.mutable_data(),
                                  tile.mutable_data()};
    {
        const py::gil_scoped_release unlocked;
        pxdbkg::count_digits(digits, out);
    }
    return py::make_tuple(charge, u, v, region, tile);
}

py::array_t<std::int64_t> neighbour_charges(const py::tuple& columns, const py::object& class_of,
                                            std::int64_t classes) {
    const auto digits = digits_view(columns, "neighbour_charges: digits");
    const auto table = input<std::uint8_t>(class_of, 1, "neighbour_charges: class_of");
    if (table.size != pxdbkg::kCharges) {
        raise_value_error("neighbour_charges: class_of has " + std::to_string(table.size) +
                          " entries (one for each charge 0..255)");
    }
    checked_number(classes, 1, 255, "neighbour_charges: number of classes");
    const auto n = static_cast<py::ssize_t>(classes);
    py::array_t<std::int64_t> counts({static_cast<py::ssize_t>(pxdbkg::kNeighbourAxes), n, n});
    std::int64_t* const out = counts.mutable_data();
    {
        const py::gil_scoped_release unlocked;
        pxdbkg::count_neighbours(digits, table.data, static_cast<std::size_t>(classes), out);
    }
    return counts;
}

}  // namespace

void register_digit_counts(py::module_& m) {
    m.def("digit_counts", &digit_counts, py::arg("digits"));
    m.def("neighbour_charges", &neighbour_charges, py::arg("digits"), py::arg("class_of"), py::arg("classes"));
}

}  // namespace pxdbkg_bindings
