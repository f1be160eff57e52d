#include "pxdbkg/rasterization.hpp"

#include <algorithm>
#include <array>
#include <limits>
#include <memory>
#include <string>
#include <utility>

#include "pxdbkg/bit_fields.hpp"
#include "pxdbkg/fault.hpp"

namespace pxdbkg {

namespace {

[[noreturn]] void report(std::size_t row, const std::string& what) {
    throw Fault("rasterize: row " + std::to_string(row) + " " + what);
}

// Where the pixels of each row start, after a check of the counts and the sensors.
void find_first_pixels(const ClusterPixels& clusters, Column<std::size_t>& first) {
    first.resize(clusters.rows);
    std::size_t next = 0;
    for (std::size_t row = 0; row < clusters.rows; ++row) {
        const std::int64_t count = clusters.n_pixels[row];
        if (clusters.sensor[row] >= kSensors) {
            report(row, "is on sensor " + std::to_string(clusters.sensor[row]) + " (allowed: 0..39)");
        }
        if (count < 0) {
            report(row, "has n_pixels " + std::to_string(count) + " (allowed: 0 or more)");
        }
        if (static_cast<std::uint64_t>(count) > clusters.pixels - next) {
            report(row, "has n_pixels " + std::to_string(count) + ", but only " +
                            std::to_string(clusters.pixels - next) + " of the " + std::to_string(clusters.pixels) +
                            " pixels are left (the sum of n_pixels is the length of du, dv and adu)");
        }
        first[row] = next;
        next += static_cast<std::size_t>(count);
    }
    if (next != clusters.pixels) {
        throw Fault("rasterize: n_pixels of " + std::to_string(clusters.rows) + " rows add up to " +
                    std::to_string(next) + ", but du, dv and adu have " + std::to_string(clusters.pixels) +
                    " entries (the sum of n_pixels is their length)");
    }
}

void check_charges(const ClusterPixels& clusters, const Column<std::size_t>& first) {
    constexpr float kLowest = std::numeric_limits<float>::lowest();
    std::uint32_t fault = 0;
    for (std::size_t p = 0; p < clusters.pixels; ++p) {
        fault |= static_cast<std::uint32_t>(!(clusters.adu[p] >= kLowest));
    }
    if (fault == 0) {
        return;
    }
    std::size_t p = 0;
    while (clusters.adu[p] >= kLowest) {
        ++p;
    }
    // The last row that starts at or before the pixel; rows without pixels start where the next one does.
    const auto after = std::upper_bound(first.begin(), first.end(), p);
    report(static_cast<std::size_t>(after - first.begin()) - 1,
           "has a pixel of " + std::to_string(clusters.adu[p]) +
               " ADU (allowed: any number). The network or its input is damaged");
}

// The rows by sensor, in the order given within a sensor.
void order_by_sensor(const ClusterPixels& clusters, std::array<std::size_t, kSensors + 1>& starts,
                     Column<std::size_t>& order) {
    starts.fill(0);
    for (std::size_t row = 0; row < clusters.rows; ++row) {
        ++starts[clusters.sensor[row] + 1U];
    }
    for (std::size_t s = 0; s < kSensors; ++s) {
        starts[s + 1] += starts[s];
    }
    std::array<std::size_t, kSensors + 1> place = starts;
    order.resize(clusters.rows);
    for (std::size_t row = 0; row < clusters.rows; ++row) {
        order[place[clusters.sensor[row]]++] = row;
    }
}

// The charges of one sensor. The plane is never cleared: a bit says whether a pixel holds a charge of this sensor, and
// reading the digits clears the bits.
class Canvas {
  public:
    Canvas() : charge_(std::size_t{kRows} * kBitStride), filled_(kFieldWords, 0) {}

    // Add `count` pixels from index `first` on, as steps from (u0, v0); returns how many lie outside the sensor.
    std::size_t draw(const ClusterPixels& clusters, std::int64_t u0, std::int64_t v0, std::size_t first,
                     std::size_t count) {
        std::size_t outside = 0;
        for (std::size_t p = first; p < first + count; ++p) {
            // Unsigned arithmetic wraps by definition; a step is below 2^15, so no wrapped sum falls into the sensor.
            const std::uint64_t u = static_cast<std::uint64_t>(u0) + static_cast<std::uint64_t>(clusters.du[p]);
            const std::uint64_t v = static_cast<std::uint64_t>(v0) + static_cast<std::uint64_t>(clusters.dv[p]);
            if (u >= kColumns || v >= kRows) {
                ++outside;
                continue;
            }
            const std::size_t pixel = v * kBitStride + u;
            const std::uint64_t bit = std::uint64_t{1} << (u % 64);
            std::uint64_t& word = filled_[pixel / 64];
            const float before = (word & bit) != 0 ? charge_[pixel] : 0.0F;
            charge_[pixel] = before + clusters.adu[p];
            word |= bit;
        }
        drawn_ += count;
        return outside;
    }

    // Append the pixels at or above the threshold to `out`, by v and u, and forget all; returns the number clipped.
    std::size_t read(std::uint8_t sensor, std::uint8_t threshold, DigitColumns& out) {
        pixels_.resize(std::min<std::size_t>(drawn_, kMapSize) + kPositionSlack);
        const std::size_t size = bit_positions(filled_.data(), kFieldWords, pixels_.data());
        std::fill(filled_.begin(), filled_.end(), 0);
        drawn_ = 0;
        const std::size_t start = out.size();
        out.resize(start + size);
        std::uint16_t* const u_out = out.u() + start;
        std::uint16_t* const v_out = out.v() + start;
        std::uint16_t* const charge_out = out.charge() + start;
        const float cut = threshold;
        std::size_t n = 0;
        std::size_t clipped = 0;
        for (std::size_t i = 0; i < size; ++i) {
            const std::uint32_t pixel = pixels_[i];
            const float charge = charge_[pixel];
            const float below = charge < 255.0F ? charge : 255.0F;
            const float stored = below > 0.0F ? below : 0.0F;
            u_out[n] = static_cast<std::uint16_t>(pixel % kBitStride);
            v_out[n] = static_cast<std::uint16_t>(pixel / kBitStride);
            charge_out[n] = static_cast<std::uint16_t>(stored);
            clipped += static_cast<std::size_t>(charge >= 256.0F);
            n += static_cast<std::size_t>(charge >= cut);
        }
        out.resize(start + n);
        std::fill_n(out.sensor() + start, n, sensor);
        return clipped;
    }

  private:
    Column<float> charge_;
    Column<std::uint64_t> filled_;
    Column<std::uint32_t> pixels_;
    std::size_t drawn_ = 0;
};

// Memory of a call, kept by the thread for its next one: fresh memory costs a page fault every 4 kB, which in the event
// loop took longer than the work itself.
struct Workspace {
    Column<std::size_t> first;
    Column<std::size_t> order;
    Canvas canvas;
};
thread_local std::unique_ptr<Workspace> spare;

}  // namespace

RasterCounts rasterize(const ClusterPixels& clusters, std::uint8_t threshold, DigitColumns& out) {
    // Handed back at the end only, so that after a fault nobody sees a canvas with something on it.
    std::unique_ptr<Workspace> work = spare ? std::move(spare) : std::make_unique<Workspace>();
    find_first_pixels(clusters, work->first);
    check_charges(clusters, work->first);
    std::array<std::size_t, kSensors + 1> starts{};
    order_by_sensor(clusters, starts, work->order);

    RasterCounts counts;
    counts.pixels = clusters.pixels;
    out.reserve(clusters.pixels);
    Canvas& canvas = work->canvas;
    for (std::uint32_t sensor = 0; sensor < kSensors; ++sensor) {
        if (starts[sensor] == starts[sensor + 1]) {
            continue;
        }
        for (std::size_t k = starts[sensor]; k < starts[sensor + 1]; ++k) {
            const std::size_t row = work->order[k];
            counts.outside += canvas.draw(clusters, clusters.u[row], clusters.v[row], work->first[row],
                                          static_cast<std::size_t>(clusters.n_pixels[row]));
        }
        counts.clipped += canvas.read(static_cast<std::uint8_t>(sensor), threshold, out);
    }
    spare = std::move(work);
    return counts;
}

}  // namespace pxdbkg
