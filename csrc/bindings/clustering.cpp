#include "pxdbkg/clustering.hpp"

#include "bindings/bindings.hpp"

namespace pxdbkg_bindings {

namespace {

py::tuple label(const py::tuple& columns) {
    const auto digits = digits_view(columns, "label: digits");
    py::array_t<std::int32_t> labels(static_cast<py::ssize_t>(digits.size));
    std::int32_t* const out = labels.mutable_data();
    std::size_t clusters = 0;
    {
        const py::gil_scoped_release unlocked;
        clusters = pxdbkg::label_clusters(digits, out);
    }
    return py::make_tuple(labels, clusters);
}

py::tuple cluster_properties(const py::tuple& columns, const py::object& labels, std::int64_t count,
                             const py::object& u_mm, const py::object& v_mm) {
    const auto digits = digits_view(columns, "cluster_properties: digits");
    const auto label_of = input<std::int32_t>(labels, 1, "cluster_properties: labels");
    if (label_of.size != digits.size) {
        raise_value_error("cluster_properties: " + std::to_string(label_of.size) + " labels for " +
                          std::to_string(digits.size) + " digits (one label a digit)");
    }
    checked_number(count, 0, static_cast<std::int64_t>(digits.size), "cluster_properties: number of clusters");
    const auto u_centres = input<double>(u_mm, 1, "cluster_properties: u_mm");
    const auto v_centres = input<double>(v_mm, 2, "cluster_properties: v_mm");
    if (u_centres.size != pxdbkg::kColumns || py::reinterpret_borrow<py::array>(v_mm).shape(0) != pxdbkg::kSensors ||
        v_centres.size != pxdbkg::kSensors * pxdbkg::kRows) {
        raise_type_error("cluster_properties: u_mm has " + std::to_string(u_centres.size) + " entries and v_mm " +
                         std::to_string(v_centres.size) + " (allowed: shapes (250,) and (40, 768))");
    }
    const auto n = static_cast<py::ssize_t>(count);
    py::array_t<std::uint8_t> sensor(n);
    py::array_t<float> u(n);
    py::array_t<float> v(n);
    py::array_t<std::uint32_t> charge(n);
    py::array_t<std::uint16_t> seed_charge(n);
    py::array_t<std::uint32_t> size(n);
    py::array_t<std::uint16_t> u_size(n);
    py::array_t<std::uint16_t> v_size(n);
    py::array_t<std::uint16_t> u_start(n);
    py::array_t<std::uint16_t> v_start(n);
    const pxdbkg::ClusterColumns out{sensor.mutable_data(),
                                     u.mutable_data(),
                                     v.mutable_data(),
                                     charge.mutable_data(),
                                     seed_charge.mutable_data(),
                                     size.mutable_data(),
                                     u_size.mutable_data(),
                                     v_size.mutable_data(),
                                     u_start.mutable_data(),
                                     v_start.mutable_data(),
                                     static_cast<std::size_t>(count)};
    {
        const py::gil_scoped_release unlocked;
        pxdbkg::cluster_properties(digits, label_of.data, {u_centres.data, v_centres.data}, out);
    }
    return py::make_tuple(sensor, u, v, charge, seed_charge, size, u_size, v_size, u_start, v_start);
}

}  // namespace

void register_clustering(py::module_& m) {
    m.def("label", &label, py::arg("digits"));
    m.def("cluster_properties", &cluster_properties, py::arg("digits"), py::arg("labels"), py::arg("count"),
          py::arg("u_mm"), py::arg("v_mm"));
}

}  // namespace pxdbkg_bindings
