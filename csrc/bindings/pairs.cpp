#include "pxdbkg/pairs.hpp"

#include "bindings/bindings.hpp"

namespace pxdbkg_bindings {

namespace {

pxdbkg::Borders borders(const py::object& edges, const char* name) {
    const auto values = input<double>(edges, 1, name);
    if (values.size < 2 || values.size > 1001) {
        raise_value_error(std::string(name) + " has " + std::to_string(values.size) + " entries (allowed: 2..1001)");
    }
    return {values.data, values.size - 1};
}

void check_length(std::size_t got, std::size_t wanted, const char* names) {
    if (got != wanted) {
        raise_value_error(std::string(names) + " have " + std::to_string(wanted) + " and " + std::to_string(got) +
                          " entries (one of each a point)");
    }
}

py::array_t<std::int64_t> pair_distances(const py::object& sensor, const py::object& u_mm, const py::object& v_mm,
                                         const py::object& edges_mm) {
    const auto sensors = input<std::uint8_t>(sensor, 1, "pair_distances: sensor");
    const auto u = input<float>(u_mm, 1, "pair_distances: u_mm");
    const auto v = input<float>(v_mm, 1, "pair_distances: v_mm");
    check_length(u.size, sensors.size, "pair_distances: sensor and u_mm");
    check_length(v.size, sensors.size, "pair_distances: sensor and v_mm");
    const auto edges = borders(edges_mm, "pair_distances: edges_mm");
    py::array_t<std::int64_t> counts(
        {static_cast<py::ssize_t>(pxdbkg::kSensors), static_cast<py::ssize_t>(edges.bins)});
    std::int64_t* const out = counts.mutable_data();
    {
        const py::gil_scoped_release unlocked;
        pxdbkg::pair_distances({sensors.data, u.data, v.data, sensors.size}, edges, out);
    }
    return counts;
}

py::array_t<std::int64_t> coincidences(const py::object& a1, const py::object& b1, const py::object& a2,
                                       const py::object& b2, const py::object& a_edges, const py::object& b_edges,
                                       double period) {
    const auto first_a = input<double>(a1, 1, "coincidences: a1");
    const auto first_b = input<double>(b1, 1, "coincidences: b1");
    const auto second_a = input<double>(a2, 1, "coincidences: a2");
    const auto second_b = input<double>(b2, 1, "coincidences: b2");
    check_length(first_b.size, first_a.size, "coincidences: a1 and b1");
    check_length(second_b.size, second_a.size, "coincidences: a2 and b2");
    const auto a = borders(a_edges, "coincidences: a_edges");
    const auto b = borders(b_edges, "coincidences: b_edges");
    py::array_t<std::int64_t> counts({static_cast<py::ssize_t>(a.bins), static_cast<py::ssize_t>(b.bins)});
    std::int64_t* const out = counts.mutable_data();
    {
        const py::gil_scoped_release unlocked;
        pxdbkg::coincidences({first_a.data, first_b.data, first_a.size}, {second_a.data, second_b.data, second_a.size},
                             a, b, period, out);
    }
    return counts;
}

}  // namespace

void register_pairs(py::module_& m) {
    m.def("pair_distances", &pair_distances, py::arg("sensor"), py::arg("u_mm"), py::arg("v_mm"), py::arg("edges_mm"));
    m.def("coincidences", &coincidences, py::arg("a1"), py::arg("b1"), py::arg("a2"), py::arg("b2"), py::arg("a_edges"),
          py::arg("b_edges"), py::arg("period"));
}

}  // namespace pxdbkg_bindings
