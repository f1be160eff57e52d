#include "pxdbkg/rasterization.hpp"

#include "bindings/bindings.hpp"

namespace pxdbkg_bindings {

namespace {

// A column with as many entries as another one, which the message names.
template <class T>
const T* column(const py::handle& object, const char* name, std::size_t size, const char* like) {
    const auto values = input<T>(object, 1, name);
    if (values.size != size) {
        raise_value_error(std::string(name) + " has " + std::to_string(values.size) + " entries, but " + like +
                          " has " + std::to_string(size) + " (they must be equal)");
    }
    return values.data;
}

py::tuple rasterize(const py::object& sensor, const py::object& u, const py::object& v, const py::object& n_pixels,
                    const py::object& du, const py::object& dv, const py::object& adu, std::int64_t threshold) {
    const auto sensors = input<std::uint8_t>(sensor, 1, "rasterize: sensor");
    const auto charges = input<float>(adu, 1, "rasterize: adu");
    const pxdbkg::ClusterPixels clusters{
        sensors.data,
        column<std::int64_t>(u, "rasterize: u", sensors.size, "sensor"),
        column<std::int64_t>(v, "rasterize: v", sensors.size, "sensor"),
        column<std::int64_t>(n_pixels, "rasterize: n_pixels", sensors.size, "sensor"),
        sensors.size,
        column<std::int16_t>(du, "rasterize: du", charges.size, "adu"),
        column<std::int16_t>(dv, "rasterize: dv", charges.size, "adu"),
        charges.data,
        charges.size,
    };
    const auto cut = static_cast<std::uint8_t>(checked_number(threshold, 1, 255, "rasterize: threshold"));
    pxdbkg::DigitColumns digits;
    pxdbkg::RasterCounts counts;
    {
        const py::gil_scoped_release unlocked;
        counts = pxdbkg::rasterize(clusters, cut, digits);
    }
    return py::make_tuple(to_tuple(std::move(digits)), py::make_tuple(counts.pixels, counts.outside, counts.clipped));
}

}  // namespace

void register_rasterization(py::module_& m) {
    m.def("rasterize", &rasterize, py::arg("sensor"), py::arg("u"), py::arg("v"), py::arg("n_pixels"), py::arg("du"),
          py::arg("dv"), py::arg("adu"), py::arg("threshold"));
}

}  // namespace pxdbkg_bindings
