// Which of four pixels collects electrons that arrive near their common corner: a table made once.
#pragma once

#include <vector>

namespace pxdbkg {

// Where a group of electrons ends up that reaches the gate plane near a corner of four pixels.
//
// Node (i, j) is the probability that the pixel at the upper right of the corner collects a group whose drift ends, on
// average, at (i - 27.5, j - 27.5) um from the corner. The other three pixels follow by reflection.
class CollectionTable {
  public:
    static constexpr int kHalf = 28;  // um on either side; beyond, nothing changes any more
    static constexpr int kSize = 2 * kHalf;

    // border_u, border_v: width of the rim of a pixel without internal gate, um (whole numbers)
    // step: width of one step of the random walk in that rim, um; sigma_u, sigma_v: widths of the drift, um
    CollectionTable(int border_u, int border_v, double step, double sigma_u, double sigma_v, int max_steps);

    const std::vector<double>& values() const { return values_; }

  private:
    std::vector<double> values_;  // (kSize, kSize), nodes at half-integer distances
};

// A place between the nodes along one axis, for the linear interpolation; beyond the table its edge goes on.
struct BetweenNodes {
    int node;
    double rest;  // 0 at the node, 1 at the next
};

inline BetweenNodes between_nodes(double distance) {
    const double from_first = distance + (CollectionTable::kHalf - 0.5);
    const double above = from_first > 0.0 ? from_first : 0.0;
    const double x = above < CollectionTable::kSize - 1.001 ? above : CollectionTable::kSize - 1.001;
    const int node = static_cast<int>(x);
    return {node, x - node};
}

inline double interpolate(const double* values, const BetweenNodes& x, const BetweenNodes& y) {
    const double* low = values + x.node * CollectionTable::kSize + y.node;
    const double* high = low + CollectionTable::kSize;
    return (1.0 - x.rest) * ((1.0 - y.rest) * low[0] + y.rest * low[1]) +
           x.rest * ((1.0 - y.rest) * high[0] + y.rest * high[1]);
}

}  // namespace pxdbkg
