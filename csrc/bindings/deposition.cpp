#include "pxdbkg/deposition.hpp"

#include <memory>

#include "bindings/bindings.hpp"
#include "pxdbkg/laws.hpp"

namespace pxdbkg_bindings {

namespace {

using pxdbkg::CollectionTable;

py::array_t<double> table_values(const CollectionTable& table) {
    py::array_t<double> out({CollectionTable::kSize, CollectionTable::kSize});
    std::copy(table.values().begin(), table.values().end(), out.mutable_data());
    return out;
}

template <class T>
void same_length(const Span<T>& column, std::size_t n, const char* name) {
    if (column.size != n) {
        raise_value_error(std::string("deposit: ") + name + " has " + std::to_string(column.size) +
                          " entries, sensor " + std::to_string(n));
    }
}

// A column that may be left out.
template <class T>
const T* optional_column(const py::object& object, std::size_t n, const char* name) {
    if (object.is_none()) return nullptr;
    const auto column = input<T>(object, 1, name);
    same_length(column, n, name);
    return column.data;
}

py::tuple deposit(const py::object& sensor, const py::object& u, const py::object& v, const py::object& w,
                  const py::object& du, const py::object& dv, const py::object& dw, const py::object& path,
                  const py::object& electrons, const py::object& particle, const py::object& time,
                  const py::object& v_edges, double u_pitch, const py::object& constants, const py::list& tables,
                  const py::object& which, const py::object& opens, double open_for, const py::object& key,
                  std::uint32_t class_byte) {
    const auto sensors = input<std::uint8_t>(sensor, 1, "sensor");
    const std::size_t n = sensors.size;
    const char* names[] = {"u_mm", "v_mm", "w_mm", "du", "dv", "dw", "path_mm"};
    const py::object* given[] = {&u, &v, &w, &du, &dv, &dw, &path};
    const float* columns[7];
    for (int i = 0; i < 7; ++i) {
        const auto column = input<float>(*given[i], 1, names[i]);
        same_length(column, n, names[i]);
        columns[i] = column.data;
    }
    const auto charges = input<double>(electrons, 1, "electrons");
    same_length(charges, n, "electrons");
    const auto edges = input<double>(v_edges, 2, "v_edges");
    const auto tables_of = input<std::uint8_t>(which, 2, "which");
    const auto numbers = input<double>(constants, 1, "constants");
    const auto words = input<std::uint32_t>(key, 1, "key");
    if (edges.size != 40 * 769 || numbers.size != 8 || words.size != 4 || tables_of.size != 40 * 769 ||
        class_byte > 255) {
        raise_value_error("deposit: expected v_edges (40, 769), which (40, 769), 8 constants and a key of 4 words");
    }
    if (n > std::size_t{pxdbkg::kMaxOrdinal} + 1) {
        raise_value_error("deposit: " + std::to_string(n) + " hits (up to 16777216 an event)");
    }
    pxdbkg::Exposure exposure{nullptr, open_for, optional_column<float>(time, n, "time_ns")};
    if (!opens.is_none()) {
        const auto gates = input<double>(opens, 2, "opens_ns");
        if (gates.size != 40 * 192 || exposure.time == nullptr) {
            raise_value_error("deposit: expected opens_ns (40, 192) and times of the hits");
        }
        exposure.opens = gates.data;
    }
    const pxdbkg::Drift drift{numbers[0], numbers[1], numbers[2],
                              numbers[3], numbers[4], {numbers[5], numbers[6], numbers[7]},
                              u_pitch,    edges.data};
    const pxdbkg::Passages hits{n,
                                sensors.data,
                                columns[0],
                                columns[1],
                                columns[2],
                                columns[3],
                                columns[4],
                                columns[5],
                                columns[6],
                                charges.data,
                                optional_column<std::int32_t>(particle, n, "particle")};
    for (std::size_t i = 0; i < n; ++i) {
        if (sensors[i] >= 40) raise_value_error("deposit: sensor " + std::to_string(sensors[i]) + " (0..39)");
        if (!pxdbkg::groups_fit(charges[i], columns[6][i], drift)) {
            raise_value_error("deposit: hit " + std::to_string(i) + " has " + std::to_string(charges[i]) +
                              " electrons over " + std::to_string(columns[6][i]) + " mm, more groups than words");
        }
    }
    std::vector<const double*> lookup;
    for (const py::handle table : tables) lookup.push_back(py::cast<const CollectionTable&>(table).values().data());
    for (const std::uint8_t index : tables_of) {
        if (index >= lookup.size()) raise_value_error("deposit: table " + std::to_string(index) + " is missing");
    }
    pxdbkg::PixelCharges pixels;
    {
        const py::gil_scoped_release release;
        pixels = pxdbkg::deposit(hits, drift, {lookup.data(), tables_of.data}, exposure,
                                 {words[0], words[1], words[2], words[3]}, class_byte);
    }
    return py::make_tuple(to_array(pixels.channel), to_array(pixels.electrons),
                          particle.is_none() ? py::object(py::none()) : py::object(to_array(pixels.particle)));
}

}  // namespace

void register_deposition(py::module_& m) {
    py::class_<CollectionTable>(m, "CollectionTable")
        .def(py::init([](int border_u, int border_v, double step, double sigma_u, double sigma_v, int max_steps) {
                 constexpr int most = CollectionTable::kHalf / 2;
                 const auto narrow = [](double width) { return width > 0.0 && width <= 4.8; };
                 if (border_u < 0 || border_u > most || border_v < 0 || border_v > most || max_steps < 0 ||
                     !narrow(step) || !narrow(sigma_u) || !narrow(sigma_v)) {
                     raise_value_error(
                         "CollectionTable: borders (0..14 um), widths (above 0, up to 4.8 um) or steps "
                         "(0 or more) out of range");
                 }
                 const py::gil_scoped_release release;
                 return std::make_unique<CollectionTable>(border_u, border_v, step, sigma_u, sigma_v, max_steps);
             }),
             py::arg("border_u"), py::arg("border_v"), py::arg("step"), py::arg("sigma_u"), py::arg("sigma_v"),
             py::arg("max_steps"))
        .def_property_readonly("values", &table_values);
    m.def("deposit", &deposit, py::arg("sensor"), py::arg("u_mm"), py::arg("v_mm"), py::arg("w_mm"), py::arg("du"),
          py::arg("dv"), py::arg("dw"), py::arg("path_mm"), py::arg("electrons"), py::arg("particle"),
          py::arg("time_ns"), py::arg("v_edges"), py::arg("u_pitch"), py::arg("constants"), py::arg("tables"),
          py::arg("which"), py::arg("opens_ns"), py::arg("open_for_ns"), py::arg("key"), py::arg("class_byte"));
}

}  // namespace pxdbkg_bindings
