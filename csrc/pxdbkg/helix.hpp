// Where a charged track in a magnetic field along z meets a ladder or the beam pipe next.
//
// With the azimuth of the direction turning by omega a mm of path, the track turns around the centre c on a circle of
// radius rho = sin(theta) / |omega|. A surface cuts the circle in up to two points, that is at two angles of turning,
// and then again after each full turn, further along z.
#pragma once

#include "pxdbkg/planes.hpp"

namespace pxdbkg {

// What a track has crossed: the number of a ladder, or one of these.
constexpr int kNothing = -1;
constexpr int kPipe = -2;

struct Track {
    Vec3 at;         // mm
    Vec3 to;         // unit vector
    double omega;    // radian a mm of path; positive turns from x to y
    int last;        // surface on which the track is, which it does not meet again at once
    double blocked;  // path before it may meet `last` again, mm; negative: until it has left the silicon
};

// Limits of the volume and the beam pipe, mm; a pipe of radius 0 is none.
struct Volume {
    double pipe_radius, r_max, z_max;
};

struct Crossing {
    int surface;  // kNothing: the track leaves the volume
    const SensorBox* sensor;
    double length;  // of the path to it, mm
    Vec3 at, to;
};

Crossing next_crossing(const Track& track, const Planes& planes, const Volume& volume);

}  // namespace pxdbkg
