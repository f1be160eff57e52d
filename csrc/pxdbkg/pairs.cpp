#include "pxdbkg/pairs.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <string>
#include <vector>

#include "pxdbkg/fault.hpp"

namespace pxdbkg {

namespace {

// Of coordinates, and of a bin; differences, their squares and inverses stay far from the ends of a double.
constexpr double kLargest = 1e9;
constexpr double kNarrowest = 1e-9;

void check_borders(const Borders& borders, const std::string& what) {
    for (std::size_t i = 0; i <= borders.bins; ++i) {
        if (!(std::abs(borders.at[i]) <= kLargest) || (i > 0 && !(borders.at[i] - borders.at[i - 1] >= kNarrowest))) {
            throw Fault(what + ": border " + std::to_string(i) + " is " + std::to_string(borders.at[i]) +
                        " (allowed: -1e9..1e9, each larger than the one before by at least 1e-9)");
        }
    }
}

void check_finite(const double* values, std::size_t size, const std::string& what) {
    for (std::size_t i = 0; i < size; ++i) {
        if (!(std::abs(values[i]) <= kLargest)) {
            throw Fault(what + " of point " + std::to_string(i) + " is " + std::to_string(values[i]) +
                        " (allowed: -1e9..1e9)");
        }
    }
}

// The bin of a value from the first border to below the last one: that of the start of its cell, and on from there.
class BinTable {
  public:
    explicit BinTable(const Borders& borders)
        : borders_(borders.at, borders.at + borders.bins + 1),
          per_unit_(static_cast<double>(kCells) / (borders_.back() - borders_.front())) {
        std::size_t bin = 0;
        for (std::size_t cell = 0; cell <= kCells; ++cell) {
            // A little below the start, since the cell of a value is found with rounding.
            const double start = borders_.front() + (static_cast<double>(cell) - 1e-6) / per_unit_;
            while (bin + 2 < borders_.size() && borders_[bin + 1] <= start) ++bin;
            first_[cell] = static_cast<std::uint16_t>(bin);
        }
    }
    std::size_t bin(double value) const {
        std::size_t found = first_[static_cast<std::size_t>((value - borders_.front()) * per_unit_)];
        while (value >= borders_[found + 1]) ++found;
        return found;
    }

  private:
    static constexpr std::size_t kCells = 256;
    std::vector<double> borders_;
    double per_unit_;
    std::uint16_t first_[kCells + 1];
};

struct Point {
    double v;
    double u;
};

// Counts pairs by the square of their distance in fine cells, which belong to one bin each; only in the few cells with
// a border in them the bin is looked for. A search in every step would be guessed wrong by the processor half the time.
class PairCounter {
  public:
    explicit PairCounter(const Borders& distances)
        : bins_(distances.bins), cells_(kCells + 1), bin_of_(kCells + 1), row_(distances.bins + 2) {
        squares_.push_back(-1.0);  // one more bin below the first border, and one above the last
        for (std::size_t i = 0; i <= bins_; ++i) squares_.push_back(distances.at[i] * distances.at[i]);
        squares_.push_back(std::numeric_limits<double>::max());
        // The last border lies at the start of the last cell but one; all above share the last cell.
        per_unit_ = static_cast<double>(kCells - 1) / squares_[bins_ + 1];
        std::size_t bin = 0;
        for (std::size_t cell = 0; cell <= kCells; ++cell) {
            while (squares_[bin + 1] * per_unit_ <= static_cast<double>(cell) - kRounding) ++bin;
            const bool mixed =
                cell < kCells && squares_[bin + 1] * per_unit_ < static_cast<double>(cell + 1) + kRounding;
            bin_of_[cell] = mixed ? kMixed : static_cast<std::uint16_t>(bin);
        }
    }
    void add(const Point& p, const Point& q) {
        const double du = q.u - p.u;
        const double dv = q.v - p.v;
        const double square = du * du + dv * dv;
        const double place = std::min(square * per_unit_, static_cast<double>(kCells));
        const auto cell = static_cast<std::size_t>(static_cast<std::int64_t>(place));
        if (bin_of_[cell] != kMixed) {
            ++cells_[cell];
        } else {
            std::size_t bin = 0;
            while (square >= squares_[bin + 1]) ++bin;
            ++row_[bin];
        }
    }
    // Write the counts since the last time.
    void take(std::int64_t* counts) {
        for (std::size_t cell = 0; cell <= kCells; ++cell) {
            if (bin_of_[cell] != kMixed) row_[bin_of_[cell]] += cells_[cell];
        }
        std::copy_n(row_.begin() + 1, bins_, counts);
        std::fill(row_.begin(), row_.end(), 0);
        std::fill(cells_.begin(), cells_.end(), 0);
    }

  private:
    static constexpr std::size_t kCells = 1024;
    static constexpr std::uint16_t kMixed = 0xffff;
    static constexpr double kRounding = 1e-6;
    std::size_t bins_;
    double per_unit_;
    std::vector<double> squares_;
    std::vector<std::int64_t> cells_;
    std::vector<std::uint16_t> bin_of_;
    std::vector<std::int64_t> row_;
};

struct Place {
    double a;
    double b;
};

}  // namespace

void pair_distances(const PointsView& points, const Borders& distance_mm, std::int64_t* counts) {
    check_borders(distance_mm, "pair_distances: edges_mm");
    if (distance_mm.at[0] < 0) {
        throw Fault("pair_distances: edges_mm starts at " + std::to_string(distance_mm.at[0]) +
                    " (allowed: from 0 on)");
    }
    float u_low = 0.0F;
    float u_high = 0.0F;
    for (std::size_t i = 0; i < points.size; ++i) {
        if (points.sensor[i] >= kSensors || !std::isfinite(points.u_mm[i]) || !std::isfinite(points.v_mm[i])) {
            throw Fault("pair_distances: point " + std::to_string(i) + " has sensor " +
                        std::to_string(points.sensor[i]) + ", u " + std::to_string(points.u_mm[i]) + ", v " +
                        std::to_string(points.v_mm[i]) + " (allowed: sensor 0..39, finite positions)");
        }
        u_low = std::min(u_low, points.u_mm[i]);
        u_high = std::max(u_high, points.u_mm[i]);
    }
    // Strips in u, wider than the largest distance: a pair lies in one strip or in two that touch.
    const double reach = distance_mm.at[distance_mm.bins];
    const double span = static_cast<double>(u_high) - u_low;
    const auto strips = static_cast<std::size_t>(std::min(std::max(span / reach, 1.0), 64.0));
    const double per_mm = span > 0 ? 0.999999 * static_cast<double>(strips) / span : 0.0;
    const auto strip_of = [&](std::size_t i) {
        const auto strip = static_cast<std::size_t>((static_cast<double>(points.u_mm[i]) - u_low) * per_mm);
        return points.sensor[i] * strips + std::min(strip, strips - 1);
    };
    std::vector<std::size_t> begin(kSensors * strips + 1, 0);
    for (std::size_t i = 0; i < points.size; ++i) ++begin[strip_of(i) + 1];
    std::partial_sum(begin.begin(), begin.end(), begin.begin());
    std::vector<Point> sorted(points.size);
    std::vector<std::size_t> next(begin);
    for (std::size_t i = 0; i < points.size; ++i) sorted[next[strip_of(i)]++] = {points.v_mm[i], points.u_mm[i]};
    for (std::size_t s = 0; s < kSensors * strips; ++s) {
        std::sort(sorted.data() + begin[s], sorted.data() + begin[s + 1],
                  [](const Point& x, const Point& y) { return x.v < y.v; });
    }
    PairCounter counter(distance_mm);
    for (std::size_t s = 0; s < kSensors * strips; ++s) {
        const Point* const last = sorted.data() + begin[s + 1];
        const Point* beside = last;  // the next strip of the same sensor begins where this one ends
        const Point* const beside_last = (s + 1) % strips == 0 ? last : sorted.data() + begin[s + 2];
        for (const Point* p = sorted.data() + begin[s]; p != last; ++p) {
            for (const Point* q = p + 1; q != last && q->v - p->v < reach; ++q) counter.add(*p, *q);
            while (beside != beside_last && beside->v - p->v <= -reach) ++beside;
            for (const Point* q = beside; q != beside_last && q->v - p->v < reach; ++q) counter.add(*p, *q);
        }
        if ((s + 1) % strips == 0) counter.take(counts + s / strips * distance_mm.bins);
    }
}

void coincidences(const PlaneView& first, const PlaneView& second, const Borders& a, const Borders& b, double period,
                  std::int64_t* counts) {
    check_borders(a, "coincidences: a_edges");
    check_borders(b, "coincidences: b_edges");
    check_finite(first.a, first.size, "coincidences: a1");
    check_finite(first.b, first.size, "coincidences: b1");
    check_finite(second.a, second.size, "coincidences: a2");
    check_finite(second.b, second.size, "coincidences: b2");
    const double a_low = a.at[0];
    const double a_high = a.at[a.bins];
    const double b_low = b.at[0];
    const double b_high = b.at[b.bins];
    if (!(period > 0) || a_high - a_low > period) {
        throw Fault("coincidences: the period is " + std::to_string(period) + ", the range of a_edges " +
                    std::to_string(a_high - a_low) + " (allowed: a period above 0, a range within it)");
    }
    std::fill(counts, counts + a.bins * b.bins, 0);
    if (first.size == 0 || second.size == 0) return;
    const bool periodic = std::isfinite(period);
    const auto reduced = [&](double value) { return periodic ? value - std::floor(value / period) * period : value; };
    // The second list in slices of b about as wide as the range of differences, each sorted by a.
    const auto ends = std::minmax_element(second.b, second.b + second.size);
    const double origin = *ends.first;
    const double span = *ends.second - origin;
    const auto n_slices = static_cast<std::size_t>(std::min(std::max(span / (b_high - b_low), 1.0), 256.0));
    const double per_unit = span > 0 ? static_cast<double>(n_slices) / span : 0.0;
    const auto slice_of = [&](double value) {
        const double at = (value - origin) * per_unit;
        return static_cast<std::size_t>(std::min(std::max(at, 0.0), static_cast<double>(n_slices - 1)));
    };
    std::vector<std::vector<Place>> slices(n_slices);
    for (std::size_t i = 0; i < second.size; ++i) {
        slices[slice_of(second.b[i])].push_back({reduced(second.a[i]), second.b[i]});
    }
    for (auto& slice : slices) {
        std::sort(slice.begin(), slice.end(), [](const Place& x, const Place& y) { return x.a < y.a; });
    }
    const BinTable a_table(a);
    const BinTable b_table(b);
    const auto below = [](const Place& place, double value) { return place.a < value; };
    for (std::size_t i = 0; i < first.size; ++i) {
        const double b_first = first.b[i];
        const double a_reduced = reduced(first.a[i]);
        const int first_turn = periodic && a_reduced + a_high >= period ? -1 : 0;
        const int last_turn = periodic && a_reduced + a_low <= 0 ? 1 : 0;
        for (int turn = first_turn; turn <= last_turn; ++turn) {
            const double a_first = a_reduced + (turn == 0 ? 0.0 : turn * period);
            // Rounding may put a difference on the other side of a border; the exact test is below.
            const double from = a_first + a_low - 1e-9 * std::abs(a_first);
            for (std::size_t s = slice_of(b_first + b_low); s <= slice_of(b_first + b_high); ++s) {
                auto place = std::lower_bound(slices[s].begin(), slices[s].end(), from, below);
                for (; place != slices[s].end(); ++place) {
                    const double da = place->a - a_first;
                    if (da >= a_high) break;
                    const double db = place->b - b_first;
                    if (da >= a_low && db >= b_low && db < b_high) {
                        ++counts[a_table.bin(da) * b.bins + b_table.bin(db)];
                    }
                }
            }
        }
    }
}

}  // namespace pxdbkg
