// The pieces that a path through silicon is cut into: their drift, and how their electrons fall to four pixels.
#pragma once

#include <cstddef>
#include <cstdint>

namespace pxdbkg {

// Constants of drift and sensor; lengths in um.
struct Drift {
    double segment;         // length of the pieces that a path is cut into
    double group;           // electrons that travel together
    double thickness;       // of the silicon
    double gate_depth;      // of the internal gates below the upper surface
    double point_like;      // paths shorter than this are points
    double lorentz[3];      // shift along u over drift length z: c0 z + c1 z^2 + c2 z^3, in cm
    double u_pitch;         // mm
    const double* v_edges;  // (40, 769), mm
};

// A straight path, in the local frame of its sensor, mm.
struct Path {
    double u, v, w, du, dv, dw, length;
    double segments;  // number of them
};

// A turn's worth of segments, one array a quantity, so that the loops over them vectorise.
struct Segments {
    static constexpr int kMost = 64;  // a multiple of 4
    double u[kMost], v[kMost];        // where they start to drift, mm
    double dx[kMost], dy[kMost];      // from the nearest corner of four pixels after the drift, um
    std::int32_t corner_u[kMost];     // columns corner_u - 1 and corner_u meet there
    std::int32_t corner_v[kMost];     // and rows; -1 outside the active area
    const double* table[kMost];       // values of the CollectionTable of that corner; always set
    // A 24-bit number below the first falls to the upper right pixel, below the second to the lower right, below the
    // third to the upper left one, else to the lower left.
    std::int32_t first[kMost], second[kMost], third[kMost];
    std::int32_t groups[4 * kMost];  // that fell to each of the four, in this order
    std::uint32_t touched[kMost];    // bit j: groups[4 k + j] is not 0
};

// Fill u, v, dx and corner_u of n segments, the number `start` of the path being the first.
void place(const Path& path, const Drift& drift, int start, int n, Segments& segments);

// Turn dx, dy and table into first, second and third.
void find_limits(int n, Segments& segments);

// Count where the groups of each segment fall, with one word a group; seven words beyond are read but do not count.
void count_groups(const std::uint32_t* words, std::size_t groups, int n, Segments& segments);

}  // namespace pxdbkg
