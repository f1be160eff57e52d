#include "pxdbkg/helix.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "pxdbkg/trigonometry.hpp"

namespace pxdbkg {

namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();
constexpr double kStraight = 1e-10;  // radian a mm below which a track is a straight line
constexpr double kOnSurface = 1e-6;  // mm: as far as a crossing of the pipe counts as the one just made

// Path to the border |z| = z_max, mm.
double path_to_end(const Track& track, double z_max) {
    if (track.to.z > 0.0) return (z_max - track.at.z) / track.to.z;
    if (track.to.z < 0.0) return (-z_max - track.at.z) / track.to.z;
    return kInfinity;
}

// Inside the pipe only the pipe can come next. On the pipe the direction decides.
bool inside_pipe(const Track& track, double radius) {
    const double x = track.at.x, y = track.at.y;
    if (track.last == kPipe) return x * track.to.x + y * track.to.y < 0.0;
    return x * x + y * y < radius * radius;
}

class Circle {
  public:
    explicit Circle(const Track& track)
        : track_(track),
          rx_(track.to.y / track.omega),
          ry_(-track.to.x / track.omega),
          cx_(track.at.x - rx_),
          cy_(track.at.y - ry_),
          rho_(std::sqrt(rx_ * rx_ + ry_ * ry_)),
          per_angle_(1.0 / std::fabs(track.omega)) {}

    // Path to where the circle meets a circle of the given radius around the axis, and the point relative to the
    // centre. Calls take(path, x, y) for each of the two points.
    template <class Take>
    void meet_cylinder(double radius, const Take& take) const {
        const double c = std::sqrt(cx_ * cx_ + cy_ * cy_);
        if (c + rho_ < radius || std::fabs(c - rho_) > radius || c < 1e-12) return;
        const double nx = cx_ / c, ny = cy_ / c;
        const double h = (radius * radius - c * c - rho_ * rho_) / (2.0 * c);
        const double root = std::sqrt(std::max((rho_ - h) * (rho_ + h), 0.0));
        const double hx = h * nx, hy = h * ny;
        take(hx - root * ny, hy + root * nx);
        take(hx + root * ny, hy - root * nx);
    }

    // Path along which the track turns from where it is to a point of the circle: 0 to a full turn.
    double path_to(double x, double y) const {
        const double angle = atan2(rx_ * y - ry_ * x, rx_ * x + ry_ * y);
        const double turned = track_.omega < 0.0 ? -angle : angle;
        return (turned < 0.0 ? turned + 2.0 * kPi : turned) * per_angle_;
    }

    double turn() const { return 2.0 * kPi * per_angle_; }

    void meet_pipe(double radius, Crossing& best) const {
        meet_cylinder(radius, [&](double x, double y) {
            double path = path_to(x, y);
            if (track_.last == kPipe && path < kOnSurface) path += turn();
            if (path < best.length) set(best, kPipe, nullptr, path, x, y);
        });
    }

    void meet_ladder(const Planes& planes, int number, Crossing& best) const {
        const Ladder& ladder = planes.ladders[static_cast<std::size_t>(number)];
        const double h = ladder.radius - (ladder.cos * cx_ + ladder.sin * cy_);
        if (std::fabs(h) > rho_) return;
        const double root = std::sqrt((rho_ - h) * (rho_ + h));
        const double u_centre = ladder.u(cx_, cy_);
        for (const double along : {-root, root}) {
            if (std::fabs(u_centre + along) > planes.half_u) continue;
            const double x = h * ladder.cos - along * ladder.sin, y = h * ladder.sin + along * ladder.cos;
            double path = path_to(x, y);
            if (number == track_.last && not_yet_left(path, planes.half_thickness)) path += turn();
            meet_sensors(ladder, number, path, x, y, best);
        }
    }

    // The circle does not reach as far as this from the axis, or encloses it.
    bool misses(double radius) const { return std::sqrt(cx_ * cx_ + cy_ * cy_) + rho_ < radius; }

  private:
    // A track that has just crossed a sensor goes on through its silicon; where it turns back before it has left it,
    // that is the same passage.
    bool not_yet_left(double path, double half_thickness) const {
        if (track_.blocked >= 0.0) return path <= track_.blocked;
        const double angle = path * std::fabs(track_.omega);
        return angle < kPi && 0.125 * rho_ * angle * angle < half_thickness;
    }

    // The first turn at which the track, which meets the plane after this path and each turn later, is within a sensor.
    void meet_sensors(const Ladder& ladder, int number, double path, double x, double y, Crossing& best) const {
        const double z = track_.at.z + track_.to.z * path, pitch = track_.to.z * turn();
        for (int i = 0; i < ladder.n_sensors; ++i) {
            const SensorBox& sensor = ladder.sensors[i];
            double turns = 0.0;
            if (pitch > 0.0 && z < sensor.z_low) turns = std::ceil((sensor.z_low - z) / pitch);
            if (pitch < 0.0 && z > sensor.z_high) turns = std::ceil((sensor.z_high - z) / pitch);
            const double there = z + turns * pitch;
            const double length = path + turns * turn();
            if (there < sensor.z_low || there > sensor.z_high || length >= best.length) continue;
            set(best, number, &sensor, length, x, y);
        }
    }

    void set(Crossing& best, int surface, const SensorBox* sensor, double length, double x, double y) const {
        best = {surface,
                sensor,
                length,
                {cx_ + x, cy_ + y, track_.at.z + track_.to.z * length},
                {-y * track_.omega, x * track_.omega, track_.to.z}};
    }

    const Track& track_;
    double rx_, ry_, cx_, cy_, rho_, per_angle_;
};

Crossing next_on_line(const Track& track, const Planes& planes, const Volume& volume) {
    Crossing best{kNothing, nullptr, path_to_end(track, volume.z_max), track.at, track.to};
    const double across2 = track.to.x * track.to.x + track.to.y * track.to.y;
    const double along = track.at.x * track.to.x + track.at.y * track.to.y;
    const double r2 = track.at.x * track.at.x + track.at.y * track.at.y;
    // Path to the outer or inner crossing of a cylinder; infinite when there is none.
    const auto cylinder = [&](double radius, bool outer) {
        const double disc = along * along - across2 * (r2 - radius * radius);
        if (!(disc > 0.0) || !(across2 > 0.0)) return kInfinity;
        return (outer ? -along + std::sqrt(disc) : -along - std::sqrt(disc)) / across2;
    };
    const auto set = [&](int surface, const SensorBox* sensor, double length) {
        best = {surface,
                sensor,
                length,
                {track.at.x + length * track.to.x, track.at.y + length * track.to.y, track.at.z + length * track.to.z},
                track.to};
    };
    best.length = std::min(best.length, cylinder(volume.r_max, true));
    if (volume.pipe_radius > 0.0) {
        const bool inside = inside_pipe(track, volume.pipe_radius);
        const double path = cylinder(volume.pipe_radius, inside);
        if (path > (track.last == kPipe ? kOnSurface : 0.0) && path < best.length) set(kPipe, nullptr, path);
        if (inside) return best;
    }
    for (std::size_t i = 0; i < planes.ladders.size(); ++i) {
        const Ladder& ladder = planes.ladders[i];
        const int number = static_cast<int>(i);
        const double across = ladder.cos * track.to.x + ladder.sin * track.to.y;
        if (across == 0.0 || number == track.last) continue;
        const double path = -ladder.w(track.at.x, track.at.y) / across;
        if (!(path >= 0.0) || path >= best.length) continue;
        if (std::fabs(ladder.u(track.at.x + path * track.to.x, track.at.y + path * track.to.y)) > planes.half_u)
            continue;
        const SensorBox* sensor = ladder.at(track.at.z + path * track.to.z);
        if (sensor != nullptr) set(number, sensor, path);
    }
    return best;
}

}  // namespace

Crossing next_crossing(const Track& track, const Planes& planes, const Volume& volume) {
    if (std::fabs(track.omega) < kStraight) return next_on_line(track, planes, volume);
    const Circle circle(track);
    Crossing best{kNothing, nullptr, path_to_end(track, volume.z_max), track.at, track.to};
    bool enclosed = false;
    if (volume.pipe_radius > 0.0) {
        circle.meet_pipe(volume.pipe_radius, best);
        enclosed = inside_pipe(track, volume.pipe_radius);
    }
    if (!enclosed && !circle.misses(planes.nearest)) {
        for (std::size_t i = 0; i < planes.ladders.size(); ++i) circle.meet_ladder(planes, static_cast<int>(i), best);
    }
    if (best.surface != kNothing) {
        circle.meet_cylinder(volume.r_max, [&](double x, double y) {
            if (circle.path_to(x, y) < best.length) best.surface = kNothing;
        });
    }
    return best;
}

}  // namespace pxdbkg
