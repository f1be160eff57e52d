#include "pxdbkg/planes.hpp"

#include <algorithm>
#include <limits>

#include "pxdbkg/trigonometry.hpp"

namespace pxdbkg {

Planes::Planes(const SensorGrid& grid)
    : half_u(grid.half_u), half_thickness(0.5 * grid.thickness), nearest(std::numeric_limits<double>::infinity()) {
    int last = -1;
    for (std::size_t i = 0; i < grid.n_installed; ++i) {
        const std::uint8_t sensor = grid.installed[i];
        if (sensor / 2 != last) {
            const SinCos angle = sincos(grid.phi[sensor]);
            ladders.push_back({angle.cos, angle.sin, grid.radius[sensor], grid.tangential, {}, 0});
            nearest = std::min(nearest, grid.radius[sensor] - half_thickness);
            last = sensor / 2;
        }
        Ladder& ladder = ladders.back();
        const double z = grid.z_centre[sensor];
        ladder.sensors[ladder.n_sensors++] = {sensor, z + grid.v_low[sensor], z + grid.v_high[sensor], z};
    }
}

}  // namespace pxdbkg
