#include "pxdbkg/passage.hpp"

#include <algorithm>

namespace pxdbkg {

namespace {

constexpr double kLongest = 0.5;  // mm

}  // namespace

// The piece ends where the energy is used up.
void Passage::Piece::end_at(double left_kev) {
    const double share = left_kev / kev;
    for (int i = 0; i < knock_ons.n; ++i) knock_ons.kev[i] *= share;
    length *= share;
    kev = left_kev;
}

// Leave the rest of the energy at the end.
void Passage::Piece::stop_with(double rest_kev) {
    knock_ons.kev[knock_ons.n] = rest_kev;
    knock_ons.at[knock_ons.n++] = 1.0;
    kev += rest_kev;
}

// The words of the second and later pieces, 4 * kLossBlocks each.
const std::uint32_t* Passage::draw(std::size_t n, const Incoming& particle) {
    const std::size_t blocks = ((n - 1) * kLossBlocks + 7) / 8 * 8;  // a few more, since eight are as fast as one
    if (c0_.size() < blocks) {
        c0_.resize(blocks);
        c1_.resize(blocks);
        words_.resize(4 * blocks);
    }
    const std::uint32_t first = (particle.crossing * kMostPieces + 1) * kLossBlocks;
    for (std::size_t i = 0; i < blocks; ++i) {
        c0_[i] = particle.c0 | ((first + static_cast<std::uint32_t>(i)) & 0xffffffu);
        c1_[i] = particle.c1;
    }
    philox_blocks(key_, c0_.data(), c1_.data(), blocks, words_.data());
    return words_.data();
}

void Passage::lose(double path_mm, const Incoming& particle) {
    const double limit = settings_.piece_mm;
    const std::size_t n = limit > 0.0 && path_mm > limit
                              ? static_cast<std::size_t>(std::min(path_mm / limit + 1.0, double{kMostPieces}))
                              : 1;
    const std::uint32_t* later = n > 1 ? draw(n, particle) : nullptr;
    const double length = path_mm / static_cast<double>(n);
    if (pieces_.size() < n) pieces_.resize(n);
    // What escapes depends on the whole passage; beyond half a millimetre an electron does not stop near its track.
    const double max_transfer =
        std::min(0.5 * particle.kinetic_kev, escaping_kev(1000.0 * std::min(path_mm, kLongest)));
    kev_ = 0.0;
    for (n_ = 0; n_ < n && kev_ < particle.kinetic_kev; ++n_) {
        Piece& piece = pieces_[n_];
        piece.knock_ons.n = 0;
        piece.length = length;
        const std::uint32_t* words = n_ == 0 ? particle.words : later + 4 * kLossBlocks * (n_ - 1);
        piece.kev = draw_loss(1000.0 * length, particle.per_beta2, max_transfer, words, settings_.knock_on_kev,
                              settings_.knock_on_kev > 0.0 ? &piece.knock_ons : nullptr);
        const double left = particle.kinetic_kev - kev_;
        if (piece.kev > left) piece.end_at(left);
        const double rest = left - piece.kev;
        if (rest > 0.0 && rest < settings_.stopping_kev) piece.stop_with(rest);
        kev_ += piece.kev;
    }
    path_ = length * static_cast<double>(n_ - 1) + pieces_[n_ - 1].length;
}

void Passage::record(const Line& line, Hit like, std::vector<Hit>& hits) const {
    const auto f = [](double x) { return static_cast<float>(x); };
    like.du = f(line.du);
    like.dv = f(line.dv);
    like.dw = f(line.dw);
    const auto add = [&](double s, double length, double kev) {
        like.u = f(line.u + s * line.du);
        like.v = f(line.v + s * line.dv);
        like.w = f(line.w + s * line.dw);
        like.path = f(length);
        like.energy_kev = f(kev);
        hits.push_back(like);
    };
    const double straight = line.length / path_;
    double start = -0.5 * line.length;
    for (std::size_t k = 0; k < n_; ++k) {
        const Piece& piece = pieces_[k];
        const double length = piece.length * straight;
        double rest = piece.kev;
        for (int i = 0; i < piece.knock_ons.n; ++i) rest -= piece.knock_ons.kev[i];
        // A fluctuation downwards can leave less than the knock-on electrons took: then they share what there is.
        const double share = rest < 0.0 ? piece.kev / (piece.kev - rest) : 1.0;
        if (n_ == 1 && piece.knock_ons.n == 0) {
            add(0.0, length, rest);
        } else if (rest > 0.0) {
            add(start + 0.5 * length, length, rest);
        }
        for (int i = 0; i < piece.knock_ons.n; ++i) {
            add(start + piece.knock_ons.at[i] * length, 0.0, share * piece.knock_ons.kev[i]);
        }
        start += length;
    }
}

}  // namespace pxdbkg
