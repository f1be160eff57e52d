// Pixel digits as columns: the size of the detector, views of a caller's arrays, and columns that a kernel fills.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace pxdbkg {

constexpr std::uint32_t kSensors = 40;
constexpr std::uint32_t kColumns = 250;  // u
constexpr std::uint32_t kRows = 768;     // v
constexpr std::uint32_t kMapSize = kColumns * kRows;

// A pixel as one number of 24 bits that sorts as digits do: sensor, then v, then u. No pixel has u 250..255 or
// v 768..1023, so adding or subtracting 1 (a step in u) or 256 (a step in v) never lands on a pixel elsewhere.
using Channel = std::uint32_t;
constexpr Channel make_channel(std::uint32_t sensor, std::uint32_t u, std::uint32_t v) {
    return sensor << 18 | v << 8 | u;
}
constexpr std::uint32_t sensor_of(Channel channel) { return channel >> 18; }
constexpr std::uint32_t v_of(Channel channel) { return channel >> 8 & 0x3ff; }
constexpr std::uint32_t u_of(Channel channel) { return channel & 0xff; }

// Vectors that grow without writing zeros first: every entry is written once, by the kernel.
template <class T>
struct NoInitAllocator : std::allocator<T> {
    template <class U>
    struct rebind {
        using other = NoInitAllocator<U>;
    };
    NoInitAllocator() = default;
    template <class U>
    NoInitAllocator(const NoInitAllocator<U>&) noexcept {}
    template <class U>
    void construct(U* place) noexcept {
        ::new (static_cast<void*>(place)) U;
    }
    template <class U, class... Args>
    void construct(U* place, Args&&... args) {
        ::new (static_cast<void*>(place)) U(std::forward<Args>(args)...);
    }
};
template <class T>
using Column = std::vector<T, NoInitAllocator<T>>;

struct DigitsView {
    const std::uint8_t* sensor;
    const std::uint16_t* u;
    const std::uint16_t* v;
    const std::uint16_t* charge;
    std::size_t size;
};

struct DigitColumns {
    Column<std::uint8_t> sensor;
    Column<std::uint16_t> u;
    Column<std::uint16_t> v;
    Column<std::uint16_t> charge;

    std::size_t size() const { return sensor.size(); }
    void reserve(std::size_t n);
    void resize(std::size_t n);
};

// "sensor 3, u 17, v 200", for messages.
std::string pixel_name(Channel channel);

// The channels of sorted digits. Throws Fault, naming the digit, when one lies outside the detector or the order
// (strictly ascending: one entry a pixel) is broken. `where` begins the message.
Column<Channel> sorted_channels(const DigitsView& digits, const char* where);

// Fill sensor, u and v from channels; the charges stay as they are.
void unpack_channels(const Column<Channel>& channels, DigitColumns& digits);

// Packed bits (40, 768, 32) of masked pixels, bit u & 7 of byte u >> 3; a null pointer masks nothing.
class MaskBits {
  public:
    explicit MaskBits(const std::uint8_t* bits) : bits_(bits) {}
    bool any() const { return bits_ != nullptr; }
    bool masked(Channel channel) const {
        const std::size_t row = sensor_of(channel) * kRows + v_of(channel);
        return (bits_[row * 32 + (u_of(channel) >> 3)] >> (channel & 7) & 1) != 0;
    }

  private:
    const std::uint8_t* bits_;
};

}  // namespace pxdbkg
