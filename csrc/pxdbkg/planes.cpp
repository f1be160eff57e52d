#include "pxdbkg/planes.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "pxdbkg/trigonometry.hpp"

namespace pxdbkg {

Planes::Planes(const SensorGrid& grid)
    : half_u(grid.half_u),
      half_thickness(0.5 * grid.thickness),
      nearest(std::numeric_limits<double>::infinity()),
      z_low(std::numeric_limits<double>::infinity()),
      z_high(-z_low) {
    int last = -1;
    for (std::size_t i = 0; i < grid.n_installed; ++i) {
        const std::uint8_t sensor = grid.installed[i];
        const double r = grid.radius[sensor];
        if (sensor / 2 != last) {
            const SinCos angle = sincos(grid.phi[sensor]);
            if (ladders.empty() || r != ladders.back().radius) {
                const double edge = std::fabs(grid.tangential) + half_u;
                rings.push_back({ladders.size(), ladders.size(), r, std::sqrt(r * r + edge * edge)});
            }
            ladders.push_back({angle.cos, angle.sin, r, grid.tangential, {}, 0});
            cos.push_back(angle.cos);
            sin.push_back(angle.sin);
            radius.push_back(r);
            ++rings.back().last;
            nearest = std::min(nearest, r - half_thickness);
            last = sensor / 2;
        }
        Ladder& ladder = ladders.back();
        const double z = grid.z_centre[sensor];
        const SensorBox box{sensor, z + grid.v_low[sensor], z + grid.v_high[sensor], z};
        ladder.sensors[ladder.n_sensors++] = box;
        z_low = std::min(z_low, box.z_low);
        z_high = std::max(z_high, box.z_high);
    }
}

}  // namespace pxdbkg
