// Which pixels of a dense map pass a cut, as the bit field of a sensor in the order of digits.
#pragma once

#include <cstdint>

namespace pxdbkg {

// A map is (250, 768), indexed (u, v). Set bit v * 256 + u of `words` (kFieldWords) where a value is >= threshold,
// clear the others.
void mark_adu(const std::uint8_t* map, std::uint8_t threshold, std::uint64_t* words);

// The same where !(value < edge): NaN passes, so that it is found on the way and can be reported.
void mark_log(const float* map, float edge, std::uint64_t* words);

}  // namespace pxdbkg
