// Charge of ionising particles: from straight passages through silicon to electrons in pixels.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "pxdbkg/philox.hpp"

namespace pxdbkg {

// Where a group of electrons ends up that reaches the gate plane near a corner of four pixels.
//
// value(dx, dy) is the probability that the pixel at the upper right of the corner collects a group whose drift ends,
// on average, at (dx, dy) um from the corner. The other three pixels follow by reflection.
class CollectionTable {
  public:
    static constexpr int kHalf = 28;  // um on either side; beyond, nothing changes any more
    static constexpr int kSize = 2 * kHalf;

    // border_u, border_v: width of the rim of a pixel without internal gate, um (whole numbers)
    // step: width of one step of the random walk in that rim, um; sigma_u, sigma_v: widths of the drift, um
    CollectionTable(int border_u, int border_v, double step, double sigma_u, double sigma_v, int max_steps);

    double operator()(double dx, double dy) const;
    const std::vector<double>& values() const { return values_; }

  private:
    std::vector<double> values_;  // (kSize, kSize), nodes at half-integer distances
};

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

// One array a column of the hits; lengths in mm.
struct Passages {
    std::size_t n;
    const std::uint8_t* sensor;
    const float *u, *v, *du, *dv, *dw, *path;
    const double* electrons;
};

struct PixelCharge {
    std::uint32_t channel;  // (sensor * 768 + v) * 250 + u
    double electrons;
};

// Which table serves the border between rows v - 1 and v: tables[which[sensor * 769 + v]].
struct Borders {
    const CollectionTable* const* tables;
    const std::uint8_t* which;
};

// Pixels in ascending order, one entry each. Draws: counters of class_byte, the sensor, and ordinal = index of the hit;
// one word a group.
std::vector<PixelCharge> deposit(const Passages& hits, const Drift& drift, const Borders& borders, const Key& key,
                                 std::uint32_t class_byte);

// Whether a row of counters has enough words for all groups of a hit.
bool groups_fit(double electrons, double path_mm, const Drift& drift);

}  // namespace pxdbkg
