#include "pxdbkg/straggling.hpp"

#include <algorithm>
#include <string>

#include "bindings/bindings.hpp"

namespace pxdbkg_bindings {

namespace {

py::array_t<double> energy_loss(const py::object& path_um, const py::object& key, std::uint32_t class_byte,
                                const py::object& sensor, const py::object& ordinal) {
    const auto paths = input<double>(path_um, 1, "path_um");
    const auto words = input<std::uint32_t>(key, 1, "key");
    const auto sensors = input<std::uint8_t>(sensor, 1, "sensor");
    const auto ordinals = input<std::uint32_t>(ordinal, 1, "ordinal");
    if (words.size != 4 || class_byte > 255 || sensors.size != paths.size || ordinals.size != paths.size) {
        raise_value_error("energy_loss_kev: " + std::to_string(paths.size) + " paths, " + std::to_string(sensors.size) +
                          " sensors, " + std::to_string(ordinals.size) + " ordinals (one of each a loss)");
    }
    for (const std::uint32_t value : ordinals) {
        if (value > pxdbkg::kMaxOrdinal) {
            raise_value_error("energy_loss_kev: ordinal " + std::to_string(value) + " (0..16777215)");
        }
    }
    py::array_t<double> out(static_cast<py::ssize_t>(paths.size));
    double* data = out.mutable_data();
    const py::gil_scoped_release release;
    pxdbkg::fill_losses(
        {{words[0], words[1], words[2], words[3]}, class_byte, 0, sensors.data, 1, ordinals.data, 1, paths.size},
        paths.data, data);
    return out;
}

py::array_t<double> folded_landau() {
    py::array_t<double> out({pxdbkg::kFoldedRows, std::size_t{3}});
    std::copy_n(&pxdbkg::kFolded[0][0], out.size(), out.mutable_data());
    return out;
}

}  // namespace

void register_straggling(py::module_& m) {
    m.def("energy_loss", &energy_loss, py::arg("path_um"), py::arg("key"), py::arg("class_byte"), py::arg("sensor"),
          py::arg("ordinal"));
    m.def("most_probable_loss", &apply<pxdbkg::most_probable_loss>, py::arg("x"));
    m.def("loss_width", &apply<pxdbkg::loss_width>, py::arg("x"));
    m.def("folded_landau", &folded_landau);
}

}  // namespace pxdbkg_bindings
