// The pixels of a sensor as a long bit field in the order of digits, and where the set bits are.
#pragma once

#include <cstddef>
#include <cstdint>

#include "pxdbkg/digits.hpp"

namespace pxdbkg {

// Pixel (u, v) is bit v * 256 + u: a row of 250 pixels fills whole words.
constexpr std::uint32_t kBitStride = 256;
constexpr std::size_t kFieldWords = std::size_t{kRows} * kBitStride / 64;

// bit_positions may write this many entries beyond those that it reports.
constexpr std::size_t kPositionSlack = 4;

// Write the numbers of the set bits in ascending order and return how many there are; `n_words` is a multiple of 4.
std::size_t bit_positions(const std::uint64_t* words, std::size_t n_words, std::uint32_t* positions);

}  // namespace pxdbkg
