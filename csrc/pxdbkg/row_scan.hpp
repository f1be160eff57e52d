// Find the pixels of one map row (768 values, all of one u) that pass a cut.
#pragma once

#include <cstddef>
#include <cstdint>

namespace pxdbkg {

// A scanner may write this many entries beyond the hits that it reports.
constexpr std::size_t kScanSlack = 2;

// Write the positions of the values that pass to `hits`, in ascending order, each plus `base`; return how many.
using ScanAdu = std::size_t (*)(const std::uint8_t* row, std::uint8_t threshold, std::uint32_t base,
                                std::uint32_t* hits);
using ScanLog = std::size_t (*)(const float* row, float edge, std::uint32_t base, std::uint32_t* hits);

// The fastest version for this machine. ScanAdu keeps value >= threshold, ScanLog keeps !(value < edge), so that NaN
// is found on the way and can be reported.
ScanAdu scan_adu();
ScanLog scan_log();

}  // namespace pxdbkg
