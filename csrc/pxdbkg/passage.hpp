// Where a charged particle leaves its energy on one passage through silicon.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "pxdbkg/philox.hpp"
#include "pxdbkg/straggling.hpp"

namespace pxdbkg {

struct Hit {
    std::uint8_t sensor;
    float u, v, du, dv, dw, path, energy_kev, time;
    std::int32_t particle;
    float w;
};

// A passage as a straight line in the frame of its sensor: middle, direction, length; mm.
struct Line {
    double u, v, w, du, dv, dw, length;
};

struct PassageSettings {
    double piece_mm;      // longer passages are several hits; 0: never
    double stopping_kev;  // an electron with less stops where it is
    double knock_on_kev;  // collisions above are hits of their own; 0: none
};

// Pieces of one passage at most, and the blocks of four words that the passages of a particle take for them: crossing k
// from k * kMostPieces * kLossBlocks on, in a class of their own. The first piece takes the words of its crossing.
constexpr std::uint32_t kMostPieces = 512;

// A particle before a passage.
struct Incoming {
    double kinetic_kev, per_beta2;
    const std::uint32_t* words;  // of the crossing, for the first piece
    std::uint32_t c0, c1;        // class of the pieces << 24, and second counter word
    std::uint32_t crossing;
};

// Kept between passages for its memory.
class Passage {
  public:
    Passage(const PassageSettings& settings, const Key& key) : settings_(settings), key_(key) {}

    // Lose energy along a path, mm, piece by piece, until there is none left.
    void lose(double path_mm, const Incoming& particle);
    double kev() const { return kev_; }    // lost
    double path() const { return path_; }  // mm, to where the particle left or ended

    // Write the hits, a line for each piece and a point for each of its knock-on electrons; `like` has the rest.
    void record(const Line& line, Hit like, std::vector<Hit>& hits) const;

  private:
    struct Piece {
        double kev, length;
        KnockOns knock_ons;

        void end_at(double left_kev);
        void stop_with(double rest_kev);
    };

    const std::uint32_t* draw(std::size_t n, const Incoming& particle);

    PassageSettings settings_;
    const Key& key_;
    std::vector<Piece> pieces_;
    std::size_t n_ = 0;
    double kev_ = 0.0, path_ = 0.0;
    std::vector<std::uint32_t> c0_, c1_, words_;
};

}  // namespace pxdbkg
