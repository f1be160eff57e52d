#include "pxdbkg/deposition.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <memory>
#include <utility>

#include "pxdbkg/hit_pixels.hpp"

namespace pxdbkg {

namespace {

constexpr int kU = static_cast<int>(kColumns), kV = static_cast<int>(kRows);

struct Cut {
    std::size_t segments;
    double groups;  // of one segment
};

Cut cut(double electrons, double path_mm, const Drift& drift) {
    const double path = 1000.0 * path_mm;
    const std::size_t segments = path < drift.point_like ? 1 : static_cast<std::size_t>(path / drift.segment) + 1;
    return {segments, std::floor(electrons / static_cast<double>(segments) / drift.group) + 1.0};
}

// The words of one row of counters; kept between hits for its memory.
class RowWords {
  public:
    RowWords(const Key& key, std::uint32_t class_byte) : key_(key), high_(class_byte << 24) {}

    // At least `count` words, and seven more that may be read but mean nothing.
    const std::uint32_t* draw(std::uint32_t c1, std::size_t count) {
        const std::size_t blocks = ((count + 3) / 4 + 7) / 8 * 8;  // whole turns of the AVX2 code
        if (c0_.size() < blocks) {
            c1_.resize(blocks);
            words_.resize(4 * blocks + 7);
            std::fill_n(words_.end() - 7, 7, 0);
            for (std::size_t i = c0_.size(); i < blocks; ++i) c0_.push_back(high_ | static_cast<std::uint32_t>(i));
        }
        std::fill_n(c1_.begin(), blocks, c1);
        philox_blocks(key_, c0_.data(), c1_.data(), blocks, words_.data());
        return words_.data();
    }

  private:
    Key key_;
    std::uint32_t high_;
    Column<std::uint32_t> c0_, c1_, words_;
};

// Row of a point of the active area, without branches.
int row_at(const double* edges, double v) {
    int row = 0;
    for (int rows = kV; rows > 1; rows -= rows / 2) row += rows / 2 * static_cast<int>(v >= edges[row + rows / 2]);
    return row;
}

class Depositor {
  public:
    Depositor(const Passages& hits, const Drift& drift, const Borders& borders, const Exposure& exposure,
              const Key& key, std::uint32_t class_byte)
        : hits_(hits), drift_(drift), borders_(borders), exposure_(exposure), words_(key, class_byte) {
        std::fill_n(at_.table, Segments::kMost, borders.tables[0]);
    }

    // False when nothing of a hit can be collected, by its place or its time.
    bool reaches_pixels(std::size_t i) const {
        if (!(hits_.electrons[i] > 0.0)) return false;
        const double* edges = drift_.v_edges + std::size_t{hits_.sensor[i]} * (kV + 1);
        const double half = 0.5 * hits_.path[i], u = hits_.u[i], v = hits_.v[i];
        const double along_u = half * std::fabs(hits_.du[i]), along_v = half * std::fabs(hits_.dv[i]);
        constexpr double kSlack = 0.001;  // mm, more than any rounding
        if (std::fabs(u) - along_u > 0.5 * kU * drift_.u_pitch + kSlack) return false;
        if (v + along_v < edges[0] - kSlack || v - along_v > edges[kV] + kSlack) return false;
        if (exposure_.opens == nullptr) return true;
        const int first = std::max(row_at(edges, v - along_v - kSlack) - 1, 0) / 4 * 4;
        const int last = std::min(row_at(edges, v + along_v + kSlack) + 1, kV - 1);
        for (int row = first; row <= last; row += 4) {
            if (exposure_.takes(i, hits_.sensor[i], static_cast<std::uint32_t>(row))) return true;
        }
        return false;
    }

    // The hits of a sensor lie anywhere in the columns: ask for one some time before its turn.
    void prefetch(std::size_t i) const {
        for (const float* column : {hits_.u, hits_.v, hits_.w, hits_.du, hits_.dv, hits_.dw, hits_.path}) {
            __builtin_prefetch(column + i);
        }
        __builtin_prefetch(hits_.electrons + i);
    }

    // Find the pixels of a hit and their electrons.
    void collect(std::size_t i) {
        const Cut pieces = cut(hits_.electrons[i], hits_.path[i], drift_);
        const auto segments = static_cast<double>(pieces.segments);
        const double charge = hits_.electrons[i] / segments / pieces.groups;
        const auto groups = static_cast<std::size_t>(pieces.groups);
        const std::uint32_t c1 = std::uint32_t{hits_.sensor[i]} << 24 | static_cast<std::uint32_t>(i);
        const std::uint32_t* words = words_.draw(c1, pieces.segments * groups);
        const Path path{hits_.u[i],  hits_.v[i],  hits_.w[i],    hits_.du[i],
                        hits_.dv[i], hits_.dw[i], hits_.path[i], segments};
        pixels_.start();
        corner_u_ = corner_v_ = row_ = -1;
        low_ = high_ = 0.0;
        const auto total = static_cast<int>(pieces.segments);
        for (int start = 0; start < total; start += Segments::kMost) {
            const int n = std::min(Segments::kMost, total - start);
            place(path, drift_, start, n, at_);
            find_corners(hits_.sensor[i], n);
            find_limits(n, at_);
            count_groups(words + static_cast<std::size_t>(start) * groups, groups, n, at_);
            share(n, charge);
        }
    }

    // Hand the charges of the hit over to the plane of its sensor.
    void store(std::size_t i, PixelPlane& plane) {
        const std::uint32_t sensor = hits_.sensor[i];
        const Column<HitPixels::Entry>& entries = pixels_.finish();
        for (std::size_t k = 1; k < entries.size(); ++k) {
            const HitPixels::Entry& entry = entries[k];
            if (exposure_.opens != nullptr && !exposure_.takes(i, sensor, entry.pixel / kBitStride)) continue;
            if (hits_.particle == nullptr) {
                plane.add(entry.pixel, entry.electrons);
            } else {
                plane.add(entry.pixel, entry.electrons, hits_.particle[i]);
            }
        }
    }

  private:
    void find_corners(std::size_t sensor, int n) {
        const double* edges = drift_.v_edges + sensor * (kV + 1);
        const std::uint8_t* which = borders_.which + sensor * (kV + 1);
        const double half_u = 0.5 * kU * drift_.u_pitch;
        for (int k = 0; k < n; ++k) {
            const double v = at_.v[k];
            at_.corner_v[k] = -1;
            if (std::fabs(at_.u[k]) >= half_u) continue;
            if (!(v >= low_ && v < high_)) {
                if (v < edges[0] || v >= edges[kV]) continue;
                if (row_ < 0) row_ = row_at(edges, v);
                while (v < edges[row_]) --row_;
                while (v >= edges[row_ + 1]) ++row_;
                low_ = edges[row_];
                high_ = edges[row_ + 1];
            }
            const bool lower = v - low_ < high_ - v;
            const int corner = lower ? row_ : row_ + 1;
            at_.corner_v[k] = corner;
            at_.dy[k] = (v - (lower ? low_ : high_)) * 1000.0;
            at_.table[k] = borders_.tables[which[corner]];
        }
    }

    void share(int n, double charge) {
        for (int k = 0; k < n; ++k) {
            const int corner_u = at_.corner_u[k], corner_v = at_.corner_v[k];
            if (corner_v < 0) continue;
            if (corner_u != corner_u_ || corner_v != corner_v_) {
                corner_u_ = corner_u;
                corner_v_ = corner_v;
                // Outside the matrix there is no gate to compete: the pixels at the edge collect everything.
                const std::uint32_t left = std::max(corner_u - 1, 0), right = std::min(corner_u, kU - 1);
                const std::uint32_t lower = std::max(corner_v - 1, 0) * kBitStride;
                const std::uint32_t upper = std::min(corner_v, kV - 1) * kBitStride;
                pixels_.turn_to_corner(upper + right, lower + right, upper + left, lower + left);
            }
            pixels_.add(charge, at_.groups + 4 * k, at_.touched[k]);
        }
    }

    const Passages& hits_;
    const Drift& drift_;
    const Borders& borders_;
    const Exposure& exposure_;
    RowWords words_;
    HitPixels pixels_;
    Segments at_{};
    int corner_u_ = -1, corner_v_ = -1;
    int row_ = -1;
    double low_ = 0.0, high_ = 0.0;  // edges of that row
};

// Memory of a call, kept by the thread for its next one: fresh memory costs a page fault every 4 kB.
thread_local std::unique_ptr<PixelPlane> spare;

}  // namespace

bool groups_fit(double electrons, double path_mm, const Drift& drift) {
    const Cut pieces = cut(electrons, path_mm, drift);
    return static_cast<double>(pieces.segments) * pieces.groups <= 4.0 * (1u << 24);
}

PixelCharges deposit(const Passages& hits, const Drift& drift, const Borders& borders, const Exposure& exposure,
                     const Key& key, std::uint32_t class_byte) {
    Depositor depositor(hits, drift, borders, exposure, key, class_byte);
    // The hits by sensor, in the order given within a sensor: charges of one pixel are added in that order.
    std::array<Column<std::uint32_t>, kSensors> of_sensor;
    for (std::size_t i = 0; i < hits.n; ++i) {
        if (depositor.reaches_pixels(i)) of_sensor[hits.sensor[i]].push_back(static_cast<std::uint32_t>(i));
    }
    std::unique_ptr<PixelPlane> plane = spare ? std::move(spare) : std::make_unique<PixelPlane>();
    PixelCharges out;
    out.channel.reserve(4 * hits.n);
    out.electrons.reserve(4 * hits.n);
    for (std::uint32_t sensor = 0; sensor < kSensors; ++sensor) {
        if (of_sensor[sensor].empty()) continue;
        const Column<std::uint32_t>& chosen = of_sensor[sensor];
        for (std::size_t k = 0; k < chosen.size(); ++k) {
            if (k + 4 < chosen.size()) depositor.prefetch(chosen[k + 4]);
            depositor.collect(chosen[k]);
            depositor.store(chosen[k], *plane);
        }
        plane->read(sensor, hits.particle != nullptr, out);
    }
    spare = std::move(plane);
    return out;
}

}  // namespace pxdbkg
