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

// Columns that a kernel fills, in one block of memory: malloc then gives the block of the last event to the next one,
// where four smaller ones would go back to the system and cost page faults in every event.
class DigitColumns {
  public:
    std::size_t size() const { return size_; }
    // Make room; what is there stays.
    void reserve(std::size_t capacity);
    // Change the size; new entries hold anything.
    void resize(std::size_t size);

    std::uint16_t* u() { return block_.data(); }
    std::uint16_t* v() { return block_.data() + capacity_; }
    std::uint16_t* charge() { return block_.data() + 2 * capacity_; }
    std::uint8_t* sensor() { return reinterpret_cast<std::uint8_t*>(block_.data() + 3 * capacity_); }

  private:
    Column<std::uint16_t> block_;  // three columns of 16 bits, then the sensors
    std::size_t capacity_ = 0;     // even
    std::size_t size_ = 0;
};

// "sensor 3, u 17, v 200", for messages.
std::string pixel_name(Channel channel);

// The channels of sorted digits. Throws Fault, naming the digit, when one lies outside the detector or the order
// (strictly ascending: one entry a pixel) is broken. `where` begins the message.
Column<Channel> sorted_channels(const DigitsView& digits, const char* where);

// Fill sensor, u and v of the first n digits from channels.
void unpack_channels(const Channel* channels, std::size_t n, DigitColumns& digits);

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
