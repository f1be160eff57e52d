// Charge of ionising particles: from straight passages through silicon to electrons in pixels.
#pragma once

#include <cstddef>
#include <cstdint>

#include "pxdbkg/collection_table.hpp"
#include "pxdbkg/philox.hpp"
#include "pxdbkg/pixel_plane.hpp"
#include "pxdbkg/segments.hpp"

namespace pxdbkg {

// One array a column of the hits; lengths in mm.
struct Passages {
    std::size_t n;
    const std::uint8_t* sensor;
    const float *u, *v, *w, *du, *dv, *dw, *path;
    const double* electrons;
    const std::int32_t* particle;  // null: particles are not followed
};

// Which CollectionTable's values serve the border between rows v - 1 and v: tables[which[sensor * 769 + v]].
struct Borders {
    const double* const* tables;
    const std::uint8_t* which;
};

// When the gates of four rows take charge: from opens[sensor * 192 + gate] on, for `duration`; in ns. Null: always.
struct Exposure {
    const double* opens;
    double duration;
    const float* time;  // of the hits

    bool takes(std::size_t hit, std::uint32_t sensor, std::uint32_t row) const {
        const double since = static_cast<double>(time[hit]) - opens[sensor * (kRows / 4) + row / 4];
        return since >= 0.0 && since < duration;
    }
};

// Draws: counters of class_byte, the sensor, and ordinal = index of the hit; one word a group.
PixelCharges deposit(const Passages& hits, const Drift& drift, const Borders& borders, const Exposure& exposure,
                     const Key& key, std::uint32_t class_byte);

// Whether a row of counters has enough words for all groups of a hit.
bool groups_fit(double electrons, double path_mm, const Drift& drift);

}  // namespace pxdbkg
