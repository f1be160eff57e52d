#include "pxdbkg/transport.hpp"

#include <string>

#include "bindings/bindings.hpp"
#include "pxdbkg/photons.hpp"

namespace pxdbkg_bindings {

namespace {

template <class T>
Span<const T> column(const py::tuple& columns, std::size_t i, const char* name, std::size_t n) {
    const auto values = input<T>(columns[i], 1, name);
    if (values.size != n) {
        raise_value_error(std::string("transport: ") + name + " has " + std::to_string(values.size) + " entries, not " +
                          std::to_string(n));
    }
    return values;
}

template <class T, class F>
py::array_t<T> gather(const std::vector<pxdbkg::Hit>& hits, const F& field) {
    py::array_t<T> out(static_cast<py::ssize_t>(hits.size()));
    const auto values = output(out);
    for (std::size_t i = 0; i < hits.size(); ++i) values[i] = field(hits[i]);
    return out;
}

py::tuple transport(const py::tuple& particles, const py::tuple& grid, double tangential, double half_u,
                    double thickness, const py::object& numbers, std::uint32_t max_crossings, bool scattering,
                    bool energy_loss, const py::object& key) {
    using pxdbkg::Hit;
    if (particles.size() != 10 || grid.size() != 6) {
        raise_value_error("transport: expected 10 columns of particles and 6 of sensors");
    }
    const std::size_t n = input<double>(particles[0], 1, "x_mm").size;
    const char* names[] = {"x_mm", "y_mm", "z_mm", "px_MeV", "py_MeV", "pz_MeV"};
    const double* starts[6];
    for (std::size_t i = 0; i < 6; ++i) starts[i] = column<double>(particles, i, names[i], n).data;
    const pxdbkg::ParticleColumns columns{n,
                                          starts[0],
                                          starts[1],
                                          starts[2],
                                          starts[3],
                                          starts[4],
                                          starts[5],
                                          column<std::int8_t>(particles, 6, "charge", n).data,
                                          column<double>(particles, 7, "time_ns", n).data,
                                          column<std::uint8_t>(particles, 8, "source", n).data,
                                          column<std::uint32_t>(particles, 9, "number", n).data};
    const auto installed = input<std::uint8_t>(grid[0], 1, "sensors");
    for (std::size_t i = 0; i < installed.size; ++i) {
        if (installed[i] >= 40 || (i > 0 && installed[i] <= installed[i - 1])) {
            raise_value_error("transport: sensors are not ascending numbers 0..39");
        }
    }
    const char* tables[] = {"radius_mm", "phi_rad", "z_centre_mm", "v_low", "v_high"};
    const double* places[5];
    for (std::size_t i = 0; i < 5; ++i) places[i] = column<double>(grid, i + 1, tables[i], 40).data;
    const auto s = input<double>(numbers, 1, "settings");
    const auto words = input<std::uint32_t>(key, 1, "key");
    if (s.size != 14 || words.size != 4) raise_value_error("transport: expected 14 settings and a key of 4 words");
    const pxdbkg::TransportSettings settings{s[0],  s[1],  s[2],          s[3],       s[4],       s[5],
                                             s[6],  s[7],  s[8],          s[9],       s[10],      s[11],
                                             s[12], s[13], max_crossings, scattering, energy_loss};
    std::vector<Hit> hits;
    {
        const py::gil_scoped_release release;
        const pxdbkg::Planes planes({installed.data, installed.size, places[0], places[1], places[2], places[3],
                                     places[4], tangential, half_u, thickness});
        hits = pxdbkg::transport(columns, planes, settings, {words[0], words[1], words[2], words[3]});
    }
    return py::make_tuple(gather<std::uint8_t>(hits, [](const Hit& hit) { return hit.sensor; }),
                          gather<float>(hits, [](const Hit& hit) { return hit.u; }),
                          gather<float>(hits, [](const Hit& hit) { return hit.v; }),
                          gather<float>(hits, [](const Hit& hit) { return hit.du; }),
                          gather<float>(hits, [](const Hit& hit) { return hit.dv; }),
                          gather<float>(hits, [](const Hit& hit) { return hit.dw; }),
                          gather<float>(hits, [](const Hit& hit) { return hit.path; }),
                          gather<float>(hits, [](const Hit& hit) { return hit.energy_kev; }),
                          gather<float>(hits, [](const Hit& hit) { return hit.time; }),
                          gather<std::int32_t>(hits, [](const Hit& hit) { return hit.particle; }),
                          gather<float>(hits, [](const Hit& hit) { return hit.w; }));
}

}  // namespace

void register_transport(py::module_& m) {
    m.def("transport", &transport, py::arg("particles"), py::arg("grid"), py::arg("tangential"), py::arg("half_u"),
          py::arg("thickness"), py::arg("settings"), py::arg("max_crossings"), py::arg("scattering"),
          py::arg("energy_loss"), py::arg("key"));
    m.def("photoelectric_length", &apply<pxdbkg::photoelectric_length>, py::arg("x"));
}

}  // namespace pxdbkg_bindings
