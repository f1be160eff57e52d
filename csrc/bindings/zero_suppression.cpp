#include "pxdbkg/zero_suppression.hpp"

#include "bindings/bindings.hpp"

namespace pxdbkg_bindings {

namespace {

constexpr py::ssize_t kPaddedRows = 256;  // image rows of a network: 3 of padding before u = 0, 3 after u = 249

template <class T>
pxdbkg::Maps<T> checked_maps(const py::handle& maps, const py::handle& sensors, bool padding_allowed,
                             const std::string& where) {
    const auto values = input<T>(maps, 3, (where + ": maps").c_str());
    const auto array = py::reinterpret_borrow<py::array>(maps);
    const bool padded = padding_allowed && array.shape(1) == kPaddedRows;
    if ((array.shape(1) != pxdbkg::kColumns && !padded) || array.shape(2) != pxdbkg::kRows) {
        raise_type_error(where + ": maps have the shape (" + std::to_string(array.shape(0)) + ", " +
                         std::to_string(array.shape(1)) + ", " + std::to_string(array.shape(2)) +
                         ") (allowed: (sensors, 250, 768)" + (padding_allowed ? " or (sensors, 256, 768))" : ")"));
    }
    const auto ids = input<std::uint8_t>(sensors, 1, (where + ": sensors").c_str());
    if (ids.size != static_cast<std::size_t>(array.shape(0))) {
        raise_value_error(where + ": " + std::to_string(ids.size) + " sensors for " + std::to_string(array.shape(0)) +
                          " maps (one sensor a map)");
    }
    for (std::size_t i = 0; i < ids.size; ++i) {
        if (ids[i] >= pxdbkg::kSensors || (i > 0 && ids[i] <= ids[i - 1])) {
            raise_value_error(where + ": sensors[" + std::to_string(i) + "] is " + std::to_string(ids[i]) +
                              " (allowed: 0..39 in ascending order, each once)");
        }
    }
    return {values.data, ids.data, ids.size, static_cast<std::size_t>(array.shape(1)), padded ? 3U : 0U};
}

std::uint8_t checked_threshold(std::int64_t threshold, const char* name) {
    return static_cast<std::uint8_t>(checked_number(threshold, 1, 255, name));
}

py::tuple suppress_adu(const py::object& maps, std::int64_t threshold, const py::object& sensors) {
    const auto checked = checked_maps<std::uint8_t>(maps, sensors, false, "suppress_adu");
    const auto cut = checked_threshold(threshold, "suppress_adu: threshold");
    pxdbkg::DigitColumns digits;
    {
        const py::gil_scoped_release unlocked;
        digits = pxdbkg::suppress_adu(checked, cut);
    }
    return to_tuple(std::move(digits));
}

py::tuple suppress_log(const py::object& maps, std::int64_t threshold, const py::object& sensors,
                       const py::object& edges) {
    const auto checked = checked_maps<float>(maps, sensors, true, "suppress_log");
    const auto cut = checked_threshold(threshold, "suppress_log: threshold");
    const auto table = input<float>(edges, 1, "suppress_log: edges");
    if (table.size != pxdbkg::kCodes) {
        raise_value_error("suppress_log: " + std::to_string(table.size) + " edges (allowed: 256)");
    }
    pxdbkg::DigitColumns digits;
    {
        const py::gil_scoped_release unlocked;
        digits = pxdbkg::suppress_log(checked, cut, pxdbkg::LogDecoder(table.data));
    }
    return to_tuple(std::move(digits));
}

}  // namespace

void register_zero_suppression(py::module_& m) {
    m.def("suppress_adu", &suppress_adu, py::arg("maps"), py::arg("threshold"), py::arg("sensors"));
    m.def("suppress_log", &suppress_log, py::arg("maps"), py::arg("threshold"), py::arg("sensors"), py::arg("edges"));
}

}  // namespace pxdbkg_bindings
