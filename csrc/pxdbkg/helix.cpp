#include "pxdbkg/helix.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "pxdbkg/trigonometry.hpp"

namespace pxdbkg {

namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();
constexpr double kStraight = 1e-10;  // radian a mm below which a track is a straight line
constexpr std::size_t kMostLadders = 20;
constexpr double kMargin = 1e-9;     // mm: a first look at ladders takes in more than their width by this
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

// A point where the circle of a track meets a surface, relative to the centre. `order` rises with the path to it: the
// square of the chord on the first half turn, mirrored on the second. The crossing just made only counts a turn later.
struct Point {
    double order, x, y;
    int surface;
    bool just_made;
};

class Circle {
  public:
    Circle(const Track& track, const Planes& planes, const Volume& volume)
        : track_(track),
          planes_(planes),
          volume_(volume),
          per_omega_(1.0 / track.omega),
          rx_(track.to.y * per_omega_),
          ry_(-track.to.x * per_omega_),
          cx_(track.at.x - rx_),
          cy_(track.at.y - ry_),
          rho2_(rx_ * rx_ + ry_ * ry_),
          rho_(std::sqrt(rho2_)),
          c_(std::sqrt(cx_ * cx_ + cy_ * cy_)) {}

    Crossing next() {
        bool enclosed = false;
        if (volume_.pipe_radius > 0.0) {
            meet_cylinder(volume_.pipe_radius, [&](double x, double y) { add(x, y, kPipe); });
            enclosed = inside_pipe(track_, volume_.pipe_radius);
        }
        const bool beyond = track_.to.z >= 0.0 ? track_.at.z > planes_.z_high : track_.at.z < planes_.z_low;
        if (!enclosed && !beyond) {
            for (const Ring& ring : planes_.rings) meet_ring(ring);
        }
        Crossing best{kNothing, nullptr, path_to_end(track_, volume_.z_max), track_.at, track_.to};
        if (n_ == 0 || first_turn(best) || leaves_) return best;
        for (std::size_t i = 0; i < n_; ++i) {
            const Point& point = points_[i];
            const double path = path_to(point) + (point.just_made ? turn() : 0.0);
            if (point.surface != kPipe) {
                later_turn(point, path, best);
            } else if (path < best.length) {
                set(best, point, nullptr, path);
            }
        }
        return best;
    }

  private:
    double turn() const { return 2.0 * kPi * std::fabs(per_omega_); }
    double full() const { return 8.0 * rho2_; }

    double order(double x, double y) const {
        const double cross = rx_ * y - ry_ * x;
        const double chord2 = (x - rx_) * (x - rx_) + (y - ry_) * (y - ry_);
        return (track_.omega < 0.0 ? -cross : cross) >= 0.0 ? chord2 : full() - chord2;
    }

    void add(double x, double y, int surface) {
        Point point{order(x, y), x, y, surface, false};
        point.just_made = surface == track_.last && just_made(point);
        points_[n_++] = point;
    }

    // A track that has just crossed a sensor goes on through its silicon; where it turns back before it has left it,
    // that is the same passage.
    bool just_made(const Point& point) const {
        if (point.order >= 0.5 * full()) return false;
        if (point.surface == kPipe) return point.order < kOnSurface * kOnSurface;
        if (track_.blocked >= 0.0) return path_to(point) <= track_.blocked;
        const double half2 = 0.25 * point.order;                                                   // of the chord
        return half2 < planes_.half_thickness * (rho_ + std::sqrt(std::max(rho2_ - half2, 0.0)));  // sagitta
    }

    // Calls take(x, y) for each of the two points where the circle meets that of a radius around the axis.
    template <class Take>
    void meet_cylinder(double radius, const Take& take) const {
        if (c_ + rho_ < radius || std::fabs(c_ - rho_) > radius || c_ < 1e-12) return;
        const double nx = cx_ / c_, ny = cy_ / c_;
        const double h = 0.5 * (radius * radius - c_ * c_ - rho2_) / c_;
        const double root = std::sqrt(std::max((rho_ - h) * (rho_ + h), 0.0));
        const double hx = h * nx, hy = h * ny;
        take(hx - root * ny, hy + root * nx);
        take(hx + root * ny, hy - root * nx);
    }

    void meet_ring(const Ring& ring) {
        if (c_ + rho_ < ring.nearest || std::fabs(c_ - rho_) > ring.farthest) return;
        const double *cos = planes_.cos.data(), *sin = planes_.sin.data(), *radius = planes_.radius.data();
        double distance[kMostLadders], square[kMostLadders], sure[kMostLadders];
        const double half_u = planes_.half_u, offset = planes_.ladders[ring.first].offset;
        // The plane cuts the circle at u = centre +- root. Whether that can be on the ladder shows in the square of
        // root.
        for (std::size_t i = ring.first; i < ring.last; ++i) {
            const double h = radius[i] - (cos[i] * cx_ + sin[i] * cy_);
            const double centre = std::fabs(cos[i] * cy_ - sin[i] * cx_ - offset);
            const double low = std::max(centre - half_u, 0.0), high = centre + half_u;
            distance[i] = h;
            square[i] = (rho_ - h) * (rho_ + h);
            sure[i] = std::min(square[i] - low * low, high * high - square[i]);
        }
        for (std::size_t i = ring.first; i < ring.last; ++i) {
            if (!(sure[i] >= -kMargin * rho_ && square[i] >= 0.0)) continue;
            const double root = std::sqrt(square[i]);
            const double centre = cos[i] * cy_ - sin[i] * cx_ - offset;
            for (const double along : {-root, root}) {
                if (std::fabs(centre + along) > half_u) continue;
                add(distance[i] * cos[i] - along * sin[i], distance[i] * sin[i] + along * cos[i], static_cast<int>(i));
            }
        }
    }

    // Path along which the track turns from where it is to a point of the circle: 0 to a full turn.
    double path_to(const Point& point) const {
        const double angle = atan2(rx_ * point.y - ry_ * point.x, rx_ * point.x + ry_ * point.y);
        const double path = angle * per_omega_;
        return path < 0.0 ? path + turn() : path;
    }

    // Look at the points of the first turn in their order, until one is on a sensor or on the pipe, or the track has
    // left the volume. True when that settles it.
    bool first_turn(Crossing& best) {
        double exit = kInfinity;
        leaves_ = false;
        meet_cylinder(volume_.r_max, [&](double x, double y) {
            exit = std::min(exit, order(x, y));
            leaves_ = true;
        });
        double done = -1.0;  // order of the last point that was looked at
        for (std::size_t tried = 0; tried < n_; ++tried) {
            const Point* nearest = nullptr;
            for (std::size_t i = 0; i < n_; ++i) {
                const Point& point = points_[i];
                if (point.just_made || !(point.order > done) || point.order > exit) continue;
                if (nearest == nullptr || point.order < nearest->order) nearest = &point;
            }
            if (nearest == nullptr) return false;
            const double path = path_to(*nearest);
            if (path >= best.length) return true;
            if (nearest->surface == kPipe) {
                set(best, *nearest, nullptr, path);
                return true;
            }
            const Ladder& ladder = planes_.ladders[static_cast<std::size_t>(nearest->surface)];
            const SensorBox* sensor = ladder.at(track_.at.z + track_.to.z * path);
            if (sensor != nullptr) {
                set(best, *nearest, sensor, path);
                return true;
            }
            done = nearest->order;
        }
        return false;
    }

    // The first turn at which the track, which meets a plane after this path and each turn later, is within a sensor.
    void later_turn(const Point& point, double path, Crossing& best) const {
        const Ladder& ladder = planes_.ladders[static_cast<std::size_t>(point.surface)];
        const double z = track_.at.z + track_.to.z * path, pitch = track_.to.z * turn();
        for (int i = 0; i < ladder.n_sensors; ++i) {
            const SensorBox& sensor = ladder.sensors[i];
            double turns = 0.0;
            if (pitch > 0.0 && z < sensor.z_low) turns = std::ceil((sensor.z_low - z) / pitch);
            if (pitch < 0.0 && z > sensor.z_high) turns = std::ceil((sensor.z_high - z) / pitch);
            const double there = z + turns * pitch;
            const double length = path + turns * turn();
            if (there < sensor.z_low || there > sensor.z_high || length >= best.length) continue;
            set(best, point, &sensor, length);
        }
    }

    void set(Crossing& best, const Point& point, const SensorBox* sensor, double length) const {
        best = {point.surface,
                sensor,
                length,
                {cx_ + point.x, cy_ + point.y, track_.at.z + track_.to.z * length},
                {-point.y * track_.omega, point.x * track_.omega, track_.to.z}};
    }

    const Track& track_;
    const Planes& planes_;
    const Volume& volume_;
    double per_omega_, rx_, ry_, cx_, cy_, rho2_, rho_, c_;
    Point points_[2 * kMostLadders + 2];
    std::size_t n_ = 0;
    bool leaves_ = false;
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
    return Circle(track, planes, volume).next();
}

}  // namespace pxdbkg
