#include "pxdbkg/cluster_shapes.hpp"

#include "bindings/bindings.hpp"

namespace pxdbkg_bindings {

namespace {

py::tuple cluster_shapes(const py::tuple& columns, const py::object& labels, std::int64_t count) {
    const auto digits = digits_view(columns, "cluster_shapes: digits");
    const auto label_of = input<std::int32_t>(labels, 1, "cluster_shapes: labels");
    if (label_of.size != digits.size) {
        raise_value_error("cluster_shapes: " + std::to_string(label_of.size) + " labels for " +
                          std::to_string(digits.size) + " digits (one label a digit)");
    }
    checked_number(count, 0, static_cast<std::int64_t>(digits.size), "cluster_shapes: number of clusters");
    const auto n = static_cast<py::ssize_t>(count);
    py::array_t<std::uint8_t> shape_class(n);
    py::array_t<std::uint16_t> min_charge(n);
    py::array_t<std::uint16_t> second_charge(n);
    py::array_t<float> charge_rms(n);
    py::array_t<float> u_rms(n);
    py::array_t<float> v_rms(n);
    py::array_t<float> uv_correlation(n);
    py::array_t<float> end_charge_share(n);
    py::array_t<float> seed_offset(n);
    const pxdbkg::ShapeColumns out{shape_class.mutable_data(),    min_charge.mutable_data(),
                                   second_charge.mutable_data(),  charge_rms.mutable_data(),
                                   u_rms.mutable_data(),          v_rms.mutable_data(),
                                   uv_correlation.mutable_data(), end_charge_share.mutable_data(),
                                   seed_offset.mutable_data(),    static_cast<std::size_t>(count)};
    {
        const py::gil_scoped_release unlocked;
        pxdbkg::cluster_shapes(digits, label_of.data, out);
    }
    return py::make_tuple(shape_class, min_charge, second_charge, charge_rms, u_rms, v_rms, uv_correlation,
                          end_charge_share, seed_offset);
}

}  // namespace

void register_cluster_shapes(py::module_& m) {
    m.def("cluster_shapes", &cluster_shapes, py::arg("digits"), py::arg("labels"), py::arg("count"));
}

}  // namespace pxdbkg_bindings
