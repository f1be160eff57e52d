#include "pxdbkg/digits.hpp"

#include <algorithm>

#include "pxdbkg/fault.hpp"

namespace pxdbkg {

namespace {

[[noreturn]] void report_first_fault(const DigitsView& digits, const char* where) {
    const auto outside = [&](std::size_t i, const char* name, std::uint32_t value, std::uint32_t size) {
        if (value >= size) {
            throw Fault(std::string(where) + ": digit " + std::to_string(i) + " has " + name + " " +
                        std::to_string(value) + ", outside the detector (0.." + std::to_string(size - 1) + ")");
        }
    };
    Channel previous = 0;
    for (std::size_t i = 0; i < digits.size; ++i) {
        outside(i, "sensor", digits.sensor[i], kSensors);
        outside(i, "u", digits.u[i], kColumns);
        outside(i, "v", digits.v[i], kRows);
        const Channel channel = make_channel(digits.sensor[i], digits.u[i], digits.v[i]);
        if (i > 0 && channel <= previous) {
            throw Fault(std::string(where) + ": digit " + std::to_string(i) + " (" + pixel_name(channel) +
                        ") is out of order after " + pixel_name(previous) +
                        " (sorted by sensor, v, u, one entry a pixel). Sort first: PXDDigitSorter, or "
                        "pxdbkg.kernels.sort_digits");
        }
        previous = channel;
    }
    throw Fault(std::string(where) + ": the arrays changed while they were read");
}

}  // namespace

void DigitColumns::reserve(std::size_t capacity) {
    if (capacity <= capacity_) {
        return;
    }
    DigitColumns larger;
    larger.capacity_ = capacity + capacity % 2;
    larger.block_.resize(3 * larger.capacity_ + larger.capacity_ / 2);
    larger.size_ = size_;
    std::copy_n(u(), size_, larger.u());
    std::copy_n(v(), size_, larger.v());
    std::copy_n(charge(), size_, larger.charge());
    std::copy_n(sensor(), size_, larger.sensor());
    *this = std::move(larger);
}

void DigitColumns::resize(std::size_t size) {
    if (size > capacity_) {
        reserve(std::max(size, 2 * capacity_));
    }
    size_ = size;
}

std::string pixel_name(Channel channel) {
    return "sensor " + std::to_string(sensor_of(channel)) + ", u " + std::to_string(u_of(channel)) + ", v " +
           std::to_string(v_of(channel));
}

Column<Channel> sorted_channels(const DigitsView& digits, const char* where) {
    // Two plain loops that vectorise; only when one of them saw a fault is the place looked for.
    Column<Channel> result(digits.size);
    Channel* const channels = result.data();
    std::uint32_t fault = 0;
    for (std::size_t i = 0; i < digits.size; ++i) {
        const std::uint32_t sensor = digits.sensor[i];
        const std::uint32_t u = digits.u[i];
        const std::uint32_t v = digits.v[i];
        fault |= static_cast<std::uint32_t>(sensor >= kSensors) | static_cast<std::uint32_t>(u >= kColumns) |
                 static_cast<std::uint32_t>(v >= kRows);
        channels[i] = make_channel(sensor, u, v);
    }
    for (std::size_t i = 1; i < digits.size; ++i) {
        fault |= static_cast<std::uint32_t>(channels[i] <= channels[i - 1]);
    }
    if (fault != 0) {
        report_first_fault(digits, where);
    }
    return result;
}

void unpack_channels(const Channel* channels, std::size_t n, DigitColumns& digits) {
    // Restricted pointers: bytes may alias anything, and the compiler would not vectorise.
    std::uint8_t* const __restrict sensor = digits.sensor();
    std::uint16_t* const __restrict u = digits.u();
    std::uint16_t* const __restrict v = digits.v();
    for (std::size_t i = 0; i < n; ++i) {
        sensor[i] = static_cast<std::uint8_t>(sensor_of(channels[i]));
        u[i] = static_cast<std::uint16_t>(u_of(channels[i]));
        v[i] = static_cast<std::uint16_t>(v_of(channels[i]));
    }
}

}  // namespace pxdbkg
