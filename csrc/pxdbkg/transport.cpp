#include "pxdbkg/transport.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "pxdbkg/helix.hpp"
#include "pxdbkg/laws.hpp"
#include "pxdbkg/math.hpp"
#include "pxdbkg/passage.hpp"
#include "pxdbkg/photons.hpp"
#include "pxdbkg/trigonometry.hpp"

namespace pxdbkg {

namespace {

constexpr double kElectronMass = 0.51099895;  // MeV
constexpr double kLightSpeed = 299.792458;    // mm / ns
constexpr double kBending = 0.299792458;      // MeV / (T mm)
constexpr double kHighland = 13.6;            // MeV
constexpr double kMostOblique = 10.0;         // of the path through the beam pipe, in units of its thickness
constexpr double kShortest = 1e-4;            // mm: a shorter passage is no hit
constexpr double kLongestWay = 1e5;           // mm between surfaces: a track that hardly moves along z ends
constexpr double kOnPipe = 1e-6;              // mm: as far as a start counts as on the pipe
constexpr std::uint32_t kNormalBlock = kLossBlocks;

double to_uniform(std::uint32_t word) { return (static_cast<double>(word >> 8) + 0.5) * 0x1p-24; }
double to_normal(std::uint32_t word) { return normal_quantile(to_uniform(word)); }

double square(double x) { return x * x; }

// Width of the projected scattering angle: Highland's formula, Particle Data Group, Passage of particles through
// matter.
double highland(double x0, double beta, double momentum) {
    if (!(x0 > 0.0)) return 0.0;
    const double bracket = 1.0 + 0.038 * log_positive(x0 / (beta * beta));
    return kHighland / (beta * momentum) * std::sqrt(x0) * std::max(bracket, 0.1);
}

// Turn a direction by the small projected angles a and b; the axes are those of T. Duff et al., J. Comput. Graph. Tech.
// 6 (2017) 1, "Building an orthonormal basis, revisited".
Vec3 deflected(const Vec3& d, double a, double b) {
    const double angle = std::sqrt(a * a + b * b);
    if (!(angle > 0.0)) return d;
    const double sign = d.z >= 0.0 ? 1.0 : -1.0;
    const double f = -1.0 / (sign + d.z);
    const double g = d.x * d.y * f;
    // An angle above a few full turns only comes from electrons that lose every memory of their direction.
    const SinCos turn = sincos(std::min(angle, 1e3));
    const double p = turn.sin * a / angle, q = turn.sin * b / angle;
    const Vec3 out{turn.cos * d.x + p * (1.0 + sign * d.x * d.x * f) + q * g,
                   turn.cos * d.y + p * sign * g + q * (sign + d.y * d.y * f),
                   turn.cos * d.z - p * sign * d.x - q * d.y};
    const double norm = 1.0 / std::sqrt(out.x * out.x + out.y * out.y + out.z * out.z);
    return {out.x * norm, out.y * norm, out.z * norm};
}

// `path`, or what of it lies before value + rate * path leaves the range from low to high.
double until_edge(double path, double value, double rate, double low, double high) {
    const double end = value + rate * path;
    if (end > high) return std::max((high - value) / rate, 0.0);
    if (end < low) return std::max((low - value) / rate, 0.0);
    return path;
}

// Energy left at a point, global coordinates, by a particle in a direction.
void put_point(Hit& hit, const Ladder& ladder, const SensorBox& sensor, const Vec3& at, const Vec3& to, double kev) {
    const auto f = [](double value) { return static_cast<float>(value); };
    hit.u = f(ladder.u(at.x, at.y));
    hit.v = f(at.z - sensor.z_centre);
    hit.w = f(ladder.w(at.x, at.y));
    hit.du = f(ladder.cos * to.y - ladder.sin * to.x);
    hit.dv = f(to.z);
    hit.dw = f(ladder.cos * to.x + ladder.sin * to.y);
    hit.energy_kev = f(kev);
}

struct Tracker {
    const Planes& planes;
    const TransportSettings& settings;
    const Key& key;
    std::vector<Hit>& hits;
    Passage passage;

    Volume volume() const { return {settings.pipe_radius, settings.r_max, settings.z_max}; }
};

class Electron {
  public:
    Electron(Tracker& tracker, const ParticleColumns& p, std::size_t i, double momentum)
        : t_(tracker),
          class_byte_(8u * p.source[i] + 5u),
          particle_(static_cast<std::int32_t>(i)),
          charge_(p.charge[i]),
          time_(p.time[i]),
          track_{{p.x[i], p.y[i], p.z[i]},
                 {p.px[i] / momentum, p.py[i] / momentum, p.pz[i] / momentum},
                 0.0,
                 kNothing,
                 -1.0} {
        std::fill_n(counter1_, kCrossingBlocks, p.number[i]);
        set_kinetic(momentum * momentum / (std::sqrt(square(momentum) + square(kElectronMass)) + kElectronMass));
    }

    void run() {
        const TransportSettings& s = t_.settings;
        const Volume volume = t_.volume();
        const double r2 = square(track_.at.x) + square(track_.at.y);
        if (r2 > square(s.r_max) || std::fabs(track_.at.z) > s.z_max) return;
        if (std::fabs(std::sqrt(r2) - s.pipe_radius) < kOnPipe) track_.last = kPipe;
        if (r2 >= square(t_.planes.nearest)) start_in_silicon();
        while (alive() && crossing_ < s.max_crossings) {
            const Crossing next = next_crossing(track_, t_.planes, volume);
            if (next.surface == kNothing || next.length > kLongestWay) return;
            time_ += next.length / (beta_ * kLightSpeed);
            track_.at = next.at;
            track_.to = next.to;
            track_.last = next.surface;
            track_.blocked = -1.0;
            if (next.surface == kPipe) {
                cross_pipe();
            } else {
                cross_sensor(t_.planes.ladders[static_cast<std::size_t>(next.surface)], *next.sensor, 0.0, true);
            }
            ++crossing_;
        }
    }

  private:
    bool alive() const { return kinetic_ >= t_.settings.min_kinetic_mev && kinetic_ > 0.0; }

    void set_kinetic(double kinetic) {
        kinetic_ = std::max(kinetic, 0.0);
        momentum_ = std::sqrt(kinetic_ * (kinetic_ + 2.0 * kElectronMass));
        beta_ = momentum_ / (kinetic_ + kElectronMass);
        track_.omega = momentum_ > 0.0 ? -charge_ * kBending * t_.settings.field_t / momentum_ : 0.0;
    }

    // A track that starts in the silicon of a sensor goes from there to the surface; one that is too slow to go
    // anywhere stays.
    void start_in_silicon() {
        for (std::size_t i = 0; i < t_.planes.ladders.size(); ++i) {
            const Ladder& ladder = t_.planes.ladders[i];
            const double w = ladder.w(track_.at.x, track_.at.y);
            if (std::fabs(w) > t_.planes.half_thickness) continue;
            if (std::fabs(ladder.u(track_.at.x, track_.at.y)) > t_.planes.half_u) continue;
            const SensorBox* sensor = ladder.at(track_.at.z);
            if (sensor == nullptr) continue;
            track_.last = static_cast<int>(i);
            if (!alive()) {
                record_stopped(ladder, *sensor);
                return;
            }
            cross_sensor(ladder, *sensor, w, false);
            const double slope = ladder.cos * track_.to.x + ladder.sin * track_.to.y;
            const double bend = -track_.omega * (ladder.cos * track_.to.y - ladder.sin * track_.to.x);
            track_.blocked = path_to_surface(w, slope, bend, t_.planes.half_thickness);
            ++crossing_;
            return;
        }
    }

    void record_stopped(const Ladder& ladder, const SensorBox& sensor) {
        Hit hit = blank_hit(sensor);
        put_point(hit, ladder, sensor, track_.at, track_.to, 1000.0 * kinetic_);
        t_.hits.push_back(hit);
    }

    Hit blank_hit(const SensorBox& sensor) const {
        Hit hit{};
        hit.sensor = sensor.index;
        hit.time = static_cast<float>(time_);
        hit.particle = particle_;
        return hit;
    }

    // The words of the present crossing, 4 * kCrossingBlocks.
    const std::uint32_t* draw() {
        for (std::uint32_t i = 0; i < kCrossingBlocks; ++i) {
            counter0_[i] = class_byte_ << 24 | (crossing_ * kCrossingBlocks + i);
        }
        philox_blocks(t_.key, counter0_, counter1_, kCrossingBlocks, words_);
        return words_;
    }

    void lose_and_scatter(double loss_mev, double x0, const std::uint32_t* normals) {
        const double width = t_.settings.scattering ? highland(x0, beta_, momentum_) : 0.0;
        if (t_.settings.energy_loss && loss_mev > 0.0) set_kinetic(kinetic_ - loss_mev);
        if (width > 0.0) track_.to = deflected(track_.to, width * to_normal(normals[0]), width * to_normal(normals[1]));
    }

    void cross_pipe() {
        const double radial = (track_.at.x * track_.to.x + track_.at.y * track_.to.y) / t_.settings.pipe_radius;
        const double oblique = 1.0 / std::max(std::fabs(radial), 1.0 / kMostOblique);
        const std::uint32_t block = crossing_ * kCrossingBlocks + kNormalBlock;
        const Words words = philox(t_.key, class_byte_ << 24 | block, counter1_[0]);
        lose_and_scatter(t_.settings.pipe_loss_mev * oblique / square(beta_), t_.settings.pipe_x0 * oblique, words.w);
    }

    // Length of a passage up to a surface at a distance, across the plane, of a track that is scattered on its way;
    // `path` without. The chord to where it leaves is inclined by g width(s) / sqrt(3) more than the track, with g
    // normal and s the length itself, found by repetition; and it cannot be much longer than where that inclination
    // alone would lead.
    double with_scattering(double path, double dw, double distance, double g) const {
        const double per_length = t_.settings.silicon_x0 / (2.0 * t_.planes.half_thickness);
        const double across2 = std::max(1.0 - square(dw), 0.0);
        const double per_root =
            kHighland / (beta_ * momentum_ * std::max(distance, kShortest)) * std::sqrt(per_length / 3.0 * across2);
        const double cube = square(per_root);  // 1 / limit^3
        if (!(cube * path * path * path > 1e-6)) return path;
        const double straight = 1.0 / path;
        const double per_limit2 = exp_any(log_positive(cube) * (2.0 / 3.0));
        double length = 1.0 / std::sqrt(square(straight) + per_limit2);
        for (int i = 0; i < 3; ++i) {
            length = 1.0 / std::sqrt(square(straight + g * per_root * std::sqrt(length)) + per_limit2 / 9.0);
        }
        return length;
    }

    // w: depth of the point; both_ways: the track comes through the silicon before it and does not start here.
    void cross_sensor(const Ladder& ladder, const SensorBox& sensor, double w, bool both_ways) {
        const TransportSettings& s = t_.settings;
        const double half = t_.planes.half_thickness;
        const double u = ladder.u(track_.at.x, track_.at.y), v = track_.at.z - sensor.z_centre;
        const double dw = ladder.cos * track_.to.x + ladder.sin * track_.to.y;
        const double du = ladder.cos * track_.to.y - ladder.sin * track_.to.x;
        const double dv = track_.to.z;
        const double bend_w = -track_.omega * du, bend_u = track_.omega * dw;
        const std::uint32_t* words = draw();
        const std::uint32_t* normals = words + 4 * kNormalBlock;

        // Length in the silicon after and before the point: surfaces, scattering, one turn, the edges of the active
        // area.
        const double longest =
            std::min(0.5 * s.max_path, track_.omega != 0.0 ? kPi / std::fabs(track_.omega) : s.max_path);
        double after = std::min(path_to_surface(w, dw, bend_w, half), longest);
        double before = both_ways ? std::min(path_to_surface(-w, dw, -bend_w, half), longest) : 0.0;
        if (s.scattering) {
            after =
                std::min(with_scattering(after, dw, dw < 0.0 ? half + w : half - w, to_normal(normals[2])), longest);
            if (both_ways) before = std::min(with_scattering(before, dw, half, to_normal(normals[3])), longest);
        }
        const double oblique = both_ways ? (after + before) / (2.0 * half) : 1.0 / std::max(std::fabs(dw), 0.05);
        const double v_low = sensor.z_low - sensor.z_centre, v_high = sensor.z_high - sensor.z_centre;
        const double half_u = t_.planes.half_u;
        after = until_edge(until_edge(after, u, du, -half_u, half_u), v, dv, v_low, v_high);
        before = until_edge(until_edge(before, u, -du, -half_u, half_u), v, -dv, v_low, v_high);

        const double path = after + before;
        const double per_beta2 = 1.0 / square(beta_);
        double loss_kev = 0.0;
        if (path >= kShortest) {
            t_.passage.lose(path,
                            {1000.0 * kinetic_, per_beta2, words, (class_byte_ + 1u) << 24, counter1_[0], crossing_});
            loss_kev = t_.passage.kev();
            after = t_.passage.path() - before;
            // The hits lie on the straight line from where the track enters to where it leaves. One that scattering
            // keeps longer in the silicon does not leave it.
            const double all = after + before, middle = 0.5 * (after - before);
            const double enter_w = std::clamp(w - before * (dw - 0.5 * bend_w * before), -half, half);
            const double leave_w = std::clamp(w + after * (dw + 0.5 * bend_w * after), -half, half);
            const double end_u = all * (du + bend_u * middle), end_v = all * dv, end_w = leave_w - enter_w;
            const double line = std::sqrt(end_u * end_u + end_v * end_v + end_w * end_w);
            if (line > 0.0) {
                const double middle_u = u + middle * (du + 0.5 * bend_u * middle);
                const double middle_w = 0.5 * (enter_w + leave_w);
                t_.passage.record({middle_u, v + middle * dv, middle_w, end_u / line, end_v / line, end_w / line, line},
                                  blank_hit(sensor), t_.hits);
            }
        }
        lose_and_scatter(0.001 * loss_kev + s.support_loss_mev * oblique * per_beta2,
                         s.silicon_x0 * path / (2.0 * half) + s.support_x0 * oblique, normals);
    }

    Tracker& t_;
    std::uint32_t class_byte_;
    std::int32_t particle_;
    double charge_, time_;
    double kinetic_ = 0.0, momentum_ = 0.0, beta_ = 0.0;
    Track track_;
    std::uint32_t crossing_ = 0;
    std::uint32_t counter0_[kCrossingBlocks], counter1_[kCrossingBlocks], words_[4 * kCrossingBlocks];
};

void trace_photon(Tracker& tracker, const ParticleColumns& p, std::size_t i, double energy_mev) {
    const Vec3 at{p.x[i], p.y[i], p.z[i]};
    const Vec3 to{p.px[i] / energy_mev, p.py[i] / energy_mev, p.pz[i] / energy_mev};
    const Words words = philox(tracker.key, (8u * p.source[i] + 5u) << 24 | kNormalBlock, p.number[i]);
    const double depth = -photoelectric_length(1000.0 * energy_mev) * log_positive(1.0 - to_uniform(words.w[0]));
    const Absorption end = absorb(at, to, depth, tracker.planes, tracker.settings.z_max);
    if (end.sensor == nullptr) return;
    const Vec3 point{at.x + end.length * to.x, at.y + end.length * to.y, at.z + end.length * to.z};
    Hit hit{};
    hit.sensor = end.sensor->index;
    hit.time = static_cast<float>(p.time[i] + end.length / kLightSpeed);
    hit.particle = static_cast<std::int32_t>(i);
    put_point(hit, *end.ladder, *end.sensor, point, to, 1000.0 * energy_mev);
    tracker.hits.push_back(hit);
}

}  // namespace

double path_to_surface(double w, double slope, double bend, double half_thickness) {
    if (slope < 0.0) {
        w = -w;
        slope = -slope;
        bend = -bend;
    }
    const double ahead = std::max(half_thickness - w, 0.0);
    const double disc = slope * slope + 2.0 * bend * ahead;
    if (disc >= 0.0) {
        const double sum = slope + std::sqrt(disc);
        return sum > 0.0 ? 2.0 * ahead / sum : std::numeric_limits<double>::infinity();
    }
    // It turns back before that surface and leaves through the other one.
    const double behind = std::max(half_thickness + w, 0.0);
    return (slope + std::sqrt(slope * slope - 2.0 * bend * behind)) / -bend;
}

std::vector<Hit> transport(const ParticleColumns& particles, const Planes& planes, const TransportSettings& settings,
                           const Key& key) {
    std::vector<Hit> hits;
    hits.reserve(particles.n);
    const PassageSettings passage{settings.piece, 1000.0 * settings.stopping, settings.knock_on};
    Tracker tracker{planes, settings, key, hits, Passage(passage, key)};
    for (std::size_t i = 0; i < particles.n; ++i) {
        const double momentum = std::sqrt(square(particles.px[i]) + square(particles.py[i]) + square(particles.pz[i]));
        if (particles.charge[i] == 0) {
            trace_photon(tracker, particles, i, momentum);
        } else {
            Electron(tracker, particles, i, momentum).run();
        }
    }
    return hits;
}

}  // namespace pxdbkg
