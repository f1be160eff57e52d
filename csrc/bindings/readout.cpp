#include "pxdbkg/readout.hpp"

#include "bindings/bindings.hpp"

namespace pxdbkg_bindings {

namespace {

// Digits, and the number of the pixel of each.
py::tuple read_out(const py::object& channel, const py::object& electrons, const py::object& constants,
                   const py::object& key, std::uint32_t class_byte) {
    const auto channels = input<std::uint32_t>(channel, 1, "channel");
    const auto charges = input<double>(electrons, 1, "electrons");
    const auto numbers = input<double>(constants, 1, "constants");
    const auto words = input<std::uint32_t>(key, 1, "key");
    if (charges.size != channels.size || numbers.size != 6 || words.size != 4 || class_byte > 255) {
        raise_value_error("read_out: expected as many electrons as channels, 6 constants and a key of 4 words");
    }
    for (std::size_t i = 0; i < channels.size; ++i) {
        if (channels[i] >= pxdbkg::kSensors * pxdbkg::kMapSize || !(charges[i] >= 0.0 && charges[i] <= 1e15)) {
            raise_value_error("read_out: pixel " + std::to_string(i) + " has channel " + std::to_string(channels[i]) +
                              " (0..7679999) and " + std::to_string(charges[i]) + " electrons (0 to 1e15)");
        }
    }
    const pxdbkg::Readout readout{numbers[0], numbers[1], numbers[2], numbers[3], numbers[4], numbers[5]};
    pxdbkg::DigitColumns digits;
    pxdbkg::Column<std::uint32_t> kept;
    bool complete = false;
    {
        const py::gil_scoped_release release;
        complete = pxdbkg::read_out(channels.data, charges.data, channels.size, readout,
                                    {words[0], words[1], words[2], words[3]}, class_byte, digits, kept);
    }
    if (!complete) raise_value_error("read_out: a pixel ran out of blocks (16777216 a row)");
    return py::make_tuple(to_tuple(std::move(digits)), to_array(kept));
}

}  // namespace

void register_readout(py::module_& m) {
    m.def("read_out", &read_out, py::arg("channel"), py::arg("electrons"), py::arg("constants"), py::arg("key"),
          py::arg("class_byte"));
}

}  // namespace pxdbkg_bindings
