#include "pxdbkg/bit_fields.hpp"

#include <algorithm>

#include "pxdbkg/cpu_features.hpp"

#ifdef PXDBKG_HAS_AVX2_CODE
#include <immintrin.h>
#endif

namespace pxdbkg {

namespace {

constexpr std::uint64_t kGuard = std::uint64_t{1} << 63;  // keeps the bit scan of an empty word defined

// At 1 % occupancy most words hold none, one or two bits, and a branch on their number would be mispredicted too often:
// positions are written whatever a word holds, and only the rare further bits take a loop.
std::size_t positions_plain(const std::uint64_t* words, std::size_t n_words, std::uint32_t* positions) {
    std::size_t n = 0;
    for (std::size_t w = 0; w < n_words; ++w) {
        const auto first = static_cast<std::uint32_t>(w * 64);
        const std::uint64_t bits = words[w];
        const std::uint64_t second = bits & (bits - 1);
        positions[n] = first + static_cast<std::uint32_t>(__builtin_ctzll(bits | kGuard));
        n += static_cast<std::size_t>(bits != 0);
        positions[n] = first + static_cast<std::uint32_t>(__builtin_ctzll(second | kGuard));
        n += static_cast<std::size_t>(second != 0);
        for (std::uint64_t rest = second & (second - 1); rest != 0; rest &= rest - 1) {
            positions[n++] = first + static_cast<std::uint32_t>(__builtin_ctzll(rest));
        }
    }
    return n;
}

#ifdef PXDBKG_HAS_AVX2_CODE

// As positions_plain; the filled ones of 64 words are found first, which skips the many that are empty.
PXDBKG_AVX2 std::size_t positions_avx2(const std::uint64_t* words, std::size_t n_words, std::uint32_t* positions) {
    std::size_t n = 0;
    for (std::size_t start = 0; start < n_words; start += 64) {
        std::uint64_t filled = 0;
        const std::size_t length = std::min<std::size_t>(64, n_words - start);
        for (std::size_t w = 0; w < length; w += 4) {
            const __m256i four = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(words + start + w));
            const __m256i empty = _mm256_cmpeq_epi64(four, _mm256_setzero_si256());
            const auto mask = static_cast<unsigned>(_mm256_movemask_pd(_mm256_castsi256_pd(empty)));
            filled |= std::uint64_t{mask ^ 0xfU} << w;
        }
        for (; filled != 0; filled &= filled - 1) {
            const std::size_t w = start + static_cast<std::size_t>(__builtin_ctzll(filled));
            const auto first = static_cast<std::uint32_t>(w * 64);
            std::uint64_t bits = words[w];
            const auto count = static_cast<std::size_t>(__builtin_popcountll(bits));
            for (std::size_t k = 0; k < kPositionSlack; ++k) {
                positions[n + k] = first + static_cast<std::uint32_t>(__builtin_ctzll(bits | kGuard));
                bits &= bits - 1;
            }
            for (std::size_t k = n + kPositionSlack; __builtin_expect(bits != 0, 0); bits &= bits - 1) {
                positions[k++] = first + static_cast<std::uint32_t>(__builtin_ctzll(bits));
            }
            n += count;
        }
    }
    return n;
}

#endif

}  // namespace

std::size_t bit_positions(const std::uint64_t* words, std::size_t n_words, std::uint32_t* positions) {
#ifdef PXDBKG_HAS_AVX2_CODE
    if (use_avx2()) {
        return positions_avx2(words, n_words, positions);
    }
#endif
    return positions_plain(words, n_words, positions);
}

}  // namespace pxdbkg
