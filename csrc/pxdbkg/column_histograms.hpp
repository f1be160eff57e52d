// Histograms of the columns of a table, for sliced distances.
#pragma once

#include <cstddef>
#include <cstdint>

namespace pxdbkg {

// Bins of equal width; what lies outside falls into the outermost ones.
struct EqualBins {
    double low;
    double high;
    std::size_t bins;
};

// Count each column of a table (rows, columns): counts (columns, bins), set to zero first. Throws Fault for NaN.
void column_histograms(const float* values, std::size_t rows, std::size_t columns, const EqualBins& axis,
                       std::int64_t* counts);

}  // namespace pxdbkg
