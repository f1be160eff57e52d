// Philox4x32-10, the counter-based generator behind every draw.
//
// J. K. Salmon, M. A. Moraes, R. O. Dror, D. E. Shaw, "Parallel random numbers: as easy as 1, 2, 3", SC11 (2011).
// Counter and key fix the four output words, so a draw depends on nothing but what it is for.
#pragma once

#include <cstddef>
#include <cstdint>

namespace pxdbkg {

// What the sixteen bytes of an event key mean: the two key words and the two high counter words.
struct Key {
    std::uint32_t k0, k1, c2, c3;
};

struct Words {
    std::uint32_t w[4];
};

// One block, for laws that take an unknown number of blocks.
Words philox(const Key& key, std::uint32_t c0, std::uint32_t c1);

// words[4 * i .. 4 * i + 3] = block of the counter (c0[i], c1[i], key.c2, key.c3), the same bytes with and without
// AVX2.
void philox_blocks(const Key& key, const std::uint32_t* c0, const std::uint32_t* c1, std::size_t n,
                   std::uint32_t* words);

// Any counters (n, 4), each word its own: for the published test vectors.
void philox_counters(std::uint32_t k0, std::uint32_t k1, const std::uint32_t* counters, std::size_t n,
                     std::uint32_t* words);

}  // namespace pxdbkg
