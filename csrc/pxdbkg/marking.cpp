#include "pxdbkg/marking.hpp"

#include <cstddef>
#include <cstring>

#include "pxdbkg/bit_fields.hpp"
#include "pxdbkg/cpu_features.hpp"

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

namespace pxdbkg {

namespace {

// Maps lie row by row in u, digits are sorted by v first. Instead of sorting the hits, the bits are turned: eight rows
// of u give one byte for every v, which the compiler does for many v at once, and a transposition of these bytes, an
// eighth of a map of 8-bit values, puts the 256 bits of each v side by side. No step depends on where the hits are.
constexpr std::size_t kOctets = kColumns / 8;        // of eight rows; two more rows are left
constexpr std::size_t kFieldBytes = kBitStride / 8;  // of one v
static_assert(kColumns == 8 * kOctets + 2);

struct Octets {
    alignas(32) std::uint8_t bytes[kFieldBytes][kRows];
};

template <class T, class Pass>
inline __attribute__((always_inline)) void fill_octets(const T* map, Pass pass, Octets& octets) {
    for (std::size_t octet = 0; octet < kOctets; ++octet) {
        const T* const row = map + octet * 8 * kRows;
        std::uint8_t* const out = octets.bytes[octet];
        for (std::size_t first = 0; first < kRows; first += 64) {
            // Eight rows are read side by side, which the processor does not foresee: fetch the next eight meanwhile.
            const char* const next = reinterpret_cast<const char*>(row + 8 * kRows + 8 * first);
            for (std::size_t line = 0; line < 8 * sizeof(T); ++line) {
                __builtin_prefetch(next + 64 * line);
            }
            for (std::size_t v = first; v < first + 64; ++v) {
                out[v] = static_cast<std::uint8_t>(
                    (pass(row[v]) ? 1 : 0) | (pass(row[v + kRows]) ? 2 : 0) | (pass(row[v + 2 * kRows]) ? 4 : 0) |
                    (pass(row[v + 3 * kRows]) ? 8 : 0) | (pass(row[v + 4 * kRows]) ? 16 : 0) |
                    (pass(row[v + 5 * kRows]) ? 32 : 0) | (pass(row[v + 6 * kRows]) ? 64 : 0) |
                    (pass(row[v + 7 * kRows]) ? 128 : 0));
            }
        }
    }
    const T* const row = map + kOctets * 8 * kRows;
    for (std::size_t v = 0; v < kRows; ++v) {
        octets.bytes[kOctets][v] = static_cast<std::uint8_t>((pass(row[v]) ? 1 : 0) | (pass(row[v + kRows]) ? 2 : 0));
    }
}

#if defined(__SSE2__)

// Transpose 16 x 16 bytes: interleaving row i with row i + 8 four times moves row and column into each other's place.
void transpose_square(const std::uint8_t* in, std::size_t in_stride, std::uint8_t* out, std::size_t out_stride) {
    __m128i a[16];
    __m128i b[16];
    for (std::size_t i = 0; i < 16; ++i) {
        a[i] = _mm_loadu_si128(reinterpret_cast<const __m128i*>(in + i * in_stride));
    }
    for (int twice = 0; twice < 2; ++twice) {
        for (std::size_t i = 0; i < 8; ++i) {
            b[2 * i] = _mm_unpacklo_epi8(a[i], a[i + 8]);
            b[2 * i + 1] = _mm_unpackhi_epi8(a[i], a[i + 8]);
        }
        for (std::size_t i = 0; i < 8; ++i) {
            a[2 * i] = _mm_unpacklo_epi8(b[i], b[i + 8]);
            a[2 * i + 1] = _mm_unpackhi_epi8(b[i], b[i + 8]);
        }
    }
    for (std::size_t i = 0; i < 16; ++i) {
        _mm_storeu_si128(reinterpret_cast<__m128i*>(out + i * out_stride), a[i]);
    }
}

#else

void transpose_square(const std::uint8_t* in, std::size_t in_stride, std::uint8_t* out, std::size_t out_stride) {
    for (std::size_t i = 0; i < 16; ++i) {
        for (std::size_t k = 0; k < 16; ++k) {
            out[k * out_stride + i] = in[i * in_stride + k];
        }
    }
}

#endif

// (32, 768) bytes to 768 fields of 32 bytes; bit i of byte k of a field is then bit 8 k + i of little-endian words.
void turn(const Octets& octets, std::uint64_t* words) {
    auto* const fields = reinterpret_cast<std::uint8_t*>(words);
    for (std::size_t v = 0; v < kRows; v += 16) {
        for (std::size_t k = 0; k < kFieldBytes; k += 16) {
            transpose_square(octets.bytes[k] + v, kRows, fields + v * kFieldBytes + k, kFieldBytes);
        }
    }
}

// The same code twice: for every x86-64 machine, and for those with AVX2.
void fill_adu(const std::uint8_t* map, std::uint8_t threshold, Octets& octets) {
    fill_octets(map, [=](std::uint8_t value) { return value >= threshold; }, octets);
}

void fill_log(const float* map, float edge, Octets& octets) {
    fill_octets(map, [=](float value) { return !(value < edge); }, octets);
}

#ifdef PXDBKG_HAS_AVX2_CODE

PXDBKG_AVX2 void fill_adu_avx2(const std::uint8_t* map, std::uint8_t threshold, Octets& octets) {
    fill_octets(map, [=](std::uint8_t value) { return value >= threshold; }, octets);
}

PXDBKG_AVX2 void fill_log_avx2(const float* map, float edge, Octets& octets) {
    fill_octets(map, [=](float value) { return !(value < edge); }, octets);
}

#else
constexpr auto fill_adu_avx2 = fill_adu;
constexpr auto fill_log_avx2 = fill_log;
#endif

}  // namespace

void mark_adu(const std::uint8_t* map, std::uint8_t threshold, std::uint64_t* words) {
    Octets octets;
    (use_avx2() ? fill_adu_avx2 : fill_adu)(map, threshold, octets);
    turn(octets, words);
}

void mark_log(const float* map, float edge, std::uint64_t* words) {
    Octets octets;
    (use_avx2() ? fill_log_avx2 : fill_log)(map, edge, octets);
    turn(octets, words);
}

}  // namespace pxdbkg
