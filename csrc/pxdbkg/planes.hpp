// The sensors as flat ladders, for tracks that look for their next crossing.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace pxdbkg {

struct Vec3 {
    double x, y, z;
};

// Columns over 40 sensors and constants of the geometry; mm, radian. Sensors 2 k and 2 k + 1 are the two of ladder k.
struct SensorGrid {
    const std::uint8_t* installed;
    std::size_t n_installed;
    const double *radius, *phi, *z_centre, *v_low, *v_high;
    double tangential, half_u, thickness;
};

struct SensorBox {
    std::uint8_t index;
    double z_low, z_high, z_centre;
};

// Middle plane of the silicon of a ladder: cos x + sin y = radius; u = cos y - sin x - offset, w = cos x + sin y -
// radius.
struct Ladder {
    double cos, sin, radius, offset;
    std::array<SensorBox, 2> sensors;
    int n_sensors;

    double w(double x, double y) const { return cos * x + sin * y - radius; }
    double u(double x, double y) const { return cos * y - sin * x - offset; }
    // The sensor at a global z, or null in the gap and beyond the ends.
    const SensorBox* at(double z) const {
        for (int i = 0; i < n_sensors; ++i) {
            if (z >= sensors[i].z_low && z <= sensors[i].z_high) return &sensors[i];
        }
        return nullptr;
    }
};

// Ladders first to last - 1 at one radius, and how near to the axis and how far from it their active areas are.
struct Ring {
    std::size_t first, last;
    double nearest, farthest;
};

struct Planes {
    explicit Planes(const SensorGrid& grid);

    std::vector<Ladder> ladders;
    std::vector<Ring> rings;
    double half_u, half_thickness;
    double nearest;                        // distance of the nearest silicon from the axis
    double z_low, z_high;                  // ends of the active areas
    std::vector<double> cos, sin, radius;  // of the ladders, as columns
};

}  // namespace pxdbkg
