// Sets of pixels as long bit fields: which values of a map pass a cut, and where the set bits are.
#pragma once

#include <cstddef>
#include <cstdint>

namespace pxdbkg {

// Set bit i of `words` where values[i] >= threshold, clear the others.
void mark_adu(const std::uint8_t* values, std::size_t n_words, std::uint8_t threshold, std::uint64_t* words);

// The same where !(values[i] < edge): NaN passes, so that it is found on the way and can be reported.
void mark_log(const float* values, std::size_t n_words, float edge, std::uint64_t* words);

// bit_positions may write this many entries beyond those that it reports.
constexpr std::size_t kPositionSlack = 4;

// Write the numbers of the set bits in ascending order and return how many there are; `n_words` is a multiple of 4.
std::size_t bit_positions(const std::uint64_t* words, std::size_t n_words, std::uint32_t* positions);

}  // namespace pxdbkg
