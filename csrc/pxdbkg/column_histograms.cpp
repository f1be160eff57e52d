#include "pxdbkg/column_histograms.hpp"

#include <algorithm>
#include <string>
#include <vector>

#include "pxdbkg/fault.hpp"

namespace pxdbkg {

void column_histograms(const float* values, std::size_t rows, std::size_t columns, const EqualBins& axis,
                       std::int64_t* counts) {
    std::fill(counts, counts + columns * axis.bins, 0);
    const auto low = static_cast<float>(axis.low);
    const auto per_unit = static_cast<float>(static_cast<double>(axis.bins) / (axis.high - axis.low));
    const auto last = static_cast<float>(axis.bins - 1);
    std::vector<std::int32_t> bin(columns);
    for (std::size_t i = 0; i < rows; ++i) {
        const float* const row = values + i * columns;
        std::int32_t strange = 0;
        for (std::size_t c = 0; c < columns; ++c) {
            const float place = (row[c] - low) * per_unit;
            strange |= static_cast<std::int32_t>(place != place);
            const float from_zero = place > 0.0F ? place : 0.0F;  // a NaN becomes 0 and is reported below
            bin[c] = static_cast<std::int32_t>(from_zero < last ? from_zero : last);
        }
        if (strange != 0) {
            throw Fault("column_histograms: row " + std::to_string(i) + " holds NaN (allowed: numbers)");
        }
        std::int64_t* column = counts;
        for (std::size_t c = 0; c < columns; ++c, column += axis.bins) ++column[bin[c]];
    }
}

}  // namespace pxdbkg
