#include <string>

#include "bindings/bindings.hpp"
#include "pxdbkg/laws.hpp"
#include "pxdbkg/math.hpp"
#include "pxdbkg/trigonometry.hpp"

namespace pxdbkg_bindings {

namespace {

using pxdbkg::Rows;

// Arrays (n,) or (1,), the latter repeated, become the counters of n rows.
Rows make_rows(const py::object& key, std::uint32_t class_byte, const py::object& sensor, const py::object& ordinal,
               std::uint32_t first_block, std::size_t n, const char* where) {
    const auto words = input<std::uint32_t>(key, 1, "key");
    const auto sensors = input<std::uint8_t>(sensor, 1, "sensor");
    const auto ordinals = input<std::uint32_t>(ordinal, 1, "ordinal");
    const std::string at(where);
    if (words.size != 4) raise_value_error(at + ": the key has " + std::to_string(words.size) + " words (4)");
    if ((sensors.size != n && sensors.size != 1) || (ordinals.size != n && ordinals.size != 1)) {
        raise_value_error(at + ": sensor has " + std::to_string(sensors.size) + " and ordinal " +
                          std::to_string(ordinals.size) + " entries for " + std::to_string(n) + " rows");
    }
    if (class_byte > 255) raise_value_error(at + ": class byte " + std::to_string(class_byte) + " (0..255)");
    std::uint32_t all = 0;
    for (const std::uint32_t value : ordinals) all |= value;
    if (all > pxdbkg::kMaxOrdinal) {
        for (const std::uint32_t value : ordinals) {
            if (value > pxdbkg::kMaxOrdinal) {
                raise_value_error(at + ": ordinal " + std::to_string(value) +
                                  " (0..16777215: a counter has 24 bits for it). Use fewer rows a sensor");
            }
        }
    }
    return {{words[0], words[1], words[2], words[3]},
            class_byte,
            first_block,
            sensors.data,
            sensors.size == 1 ? std::size_t{0} : std::size_t{1},
            ordinals.data,
            ordinals.size == 1 ? std::size_t{0} : std::size_t{1},
            n};
}

void check_blocks(std::uint64_t first_block, std::uint64_t blocks, const char* where) {
    if (first_block + blocks > pxdbkg::kBlocks) {
        raise_value_error(std::string(where) + ": blocks " + std::to_string(first_block) + " to " +
                          std::to_string(first_block + blocks) +
                          " (a row has 16777216 blocks of 4 words). Draw less a row, or use further ordinals");
    }
}

[[noreturn]] void raise_exhausted(const char* where) {
    raise_value_error(std::string(where) + ": a row ran out of blocks (16777216 a row). Start at a lower first_block");
}

template <void (*F64)(const Rows&, std::size_t, double*), void (*F32)(const Rows&, std::size_t, float*)>
void fill(const py::object& key, std::uint32_t class_byte, const py::object& sensor, const py::object& ordinal,
          std::uint32_t first_block, const py::object& out, const char* where) {
    const bool single =
        py::isinstance<py::array>(out) && py::reinterpret_borrow<py::array>(out).dtype().equal(py::dtype::of<float>());
    if (single) {
        check_array(out, py::dtype::of<float>(), 2, "out");
    } else {
        check_array(out, py::dtype::of<double>(), 2, "out");
    }
    auto array = py::reinterpret_borrow<py::array>(out);
    if (!array.writeable()) raise_type_error("out: the array is read-only");
    const auto n = static_cast<std::size_t>(array.shape(0)), count = static_cast<std::size_t>(array.shape(1));
    const Rows rows = make_rows(key, class_byte, sensor, ordinal, first_block, n, where);
    check_blocks(first_block, (count + 3) / 4, where);
    void* data = array.mutable_data();
    const py::gil_scoped_release release;
    if (single) {
        F32(rows, count, static_cast<float*>(data));
    } else {
        F64(rows, count, static_cast<double*>(data));
    }
}

py::array_t<std::uint32_t> philox4x32(const py::object& counter, const py::object& key) {
    const auto counters = input<std::uint32_t>(counter, 2, "counter");
    const auto words = input<std::uint32_t>(key, 1, "key");
    const auto shape = py::reinterpret_borrow<py::array>(counter);
    if (shape.shape(1) != 4 || words.size != 2) {
        raise_value_error("philox4x32: expected counter (n, 4) and key (2,), got (" + std::to_string(shape.shape(0)) +
                          ", " + std::to_string(shape.shape(1)) + ") and (" + std::to_string(words.size) + ",)");
    }
    py::array_t<std::uint32_t> out({shape.shape(0), py::ssize_t{4}});
    std::uint32_t* data = out.mutable_data();
    const py::gil_scoped_release release;
    pxdbkg::philox_counters(words[0], words[1], counters.data, counters.size / 4, data);
    return out;
}

py::array_t<std::int64_t> poisson(const py::object& key, std::uint32_t class_byte, const py::object& sensor,
                                  const py::object& ordinal, std::uint32_t first_block, const py::object& mean) {
    const auto means = input<double>(mean, 1, "mean");
    for (const double value : means) {
        if (!(value >= 0.0 && value <= 1e9)) {
            raise_value_error("poisson: mean " + std::to_string(value) + " (0 to 1e9)");
        }
    }
    const Rows rows = make_rows(key, class_byte, sensor, ordinal, first_block, means.size, "poisson");
    py::array_t<std::int64_t> out(static_cast<py::ssize_t>(means.size));
    std::int64_t* data = out.mutable_data();
    bool complete = false;
    {
        const py::gil_scoped_release release;
        complete = pxdbkg::fill_poisson(rows, means.data, data);
    }
    if (!complete) raise_exhausted("poisson");
    return out;
}

py::array_t<double> gamma(const py::object& key, std::uint32_t class_byte, const py::object& sensor,
                          const py::object& ordinal, std::uint32_t first_block, const py::object& shape) {
    const auto shapes = input<double>(shape, 1, "shape");
    for (const double value : shapes) {
        if (!(value > 0.0 && value <= 1e9)) {
            raise_value_error("gamma: shape " + std::to_string(value) + " (above 0, up to 1e9)");
        }
    }
    const Rows rows = make_rows(key, class_byte, sensor, ordinal, first_block, shapes.size, "gamma");
    py::array_t<double> out(static_cast<py::ssize_t>(shapes.size));
    double* data = out.mutable_data();
    bool complete = false;
    {
        const py::gil_scoped_release release;
        complete = pxdbkg::fill_gamma(rows, shapes.data, data);
    }
    if (!complete) raise_exhausted("gamma");
    return out;
}

py::tuple sincos(const py::object& x) {
    const auto angles = input<double>(x, 1, "x");
    py::array_t<double> sine(static_cast<py::ssize_t>(angles.size)), cosine(static_cast<py::ssize_t>(angles.size));
    const auto sines = output(sine), cosines = output(cosine);
    for (std::size_t i = 0; i < angles.size; ++i) {
        const pxdbkg::SinCos both = pxdbkg::sincos(angles[i]);
        sines[i] = both.sin;
        cosines[i] = both.cos;
    }
    return py::make_tuple(sine, cosine);
}

py::array_t<double> atan2(const py::object& y, const py::object& x) {
    const auto ys = input<double>(y, 1, "y"), xs = input<double>(x, 1, "x");
    if (xs.size != ys.size) {
        raise_value_error("atan2: y has " + std::to_string(ys.size) + " and x " + std::to_string(xs.size) + " entries");
    }
    py::array_t<double> out(static_cast<py::ssize_t>(xs.size));
    const auto results = output(out);
    for (std::size_t i = 0; i < xs.size; ++i) results[i] = pxdbkg::atan2(ys[i], xs[i]);
    return out;
}

}  // namespace

void register_random(py::module_& m) {
    m.def("philox4x32", &philox4x32, py::arg("counter"), py::arg("key"));
    const auto uniform = [](const py::object& key, std::uint32_t class_byte, const py::object& sensor,
                            const py::object& ordinal, std::uint32_t first_block, const py::object& out) {
        fill<pxdbkg::fill_uniform, pxdbkg::fill_uniform>(key, class_byte, sensor, ordinal, first_block, out, "uniform");
    };
    const auto normal = [](const py::object& key, std::uint32_t class_byte, const py::object& sensor,
                           const py::object& ordinal, std::uint32_t first_block, const py::object& out) {
        fill<pxdbkg::fill_normal, pxdbkg::fill_normal>(key, class_byte, sensor, ordinal, first_block, out, "normal");
    };
    m.def("uniform", uniform, py::arg("key"), py::arg("class_byte"), py::arg("sensor"), py::arg("ordinal"),
          py::arg("first_block"), py::arg("out"));
    m.def("normal", normal, py::arg("key"), py::arg("class_byte"), py::arg("sensor"), py::arg("ordinal"),
          py::arg("first_block"), py::arg("out"));
    m.def("poisson", &poisson, py::arg("key"), py::arg("class_byte"), py::arg("sensor"), py::arg("ordinal"),
          py::arg("first_block"), py::arg("mean"));
    m.def("gamma", &gamma, py::arg("key"), py::arg("class_byte"), py::arg("sensor"), py::arg("ordinal"),
          py::arg("first_block"), py::arg("shape"));
    m.def("log", &apply<pxdbkg::log_positive>, py::arg("x"));
    m.def("exp", &apply<pxdbkg::exp_any>, py::arg("x"));
    m.def("sincos", &sincos, py::arg("x"));
    m.def("atan2", &atan2, py::arg("y"), py::arg("x"));
    m.def("normal_quantile", &apply<pxdbkg::normal_quantile>, py::arg("p"));
}

}  // namespace pxdbkg_bindings
