// The pixels that one hit touches, with their charges.
#pragma once

#include <algorithm>
#include <cstdint>

#include "pxdbkg/digits.hpp"

namespace pxdbkg {

// A hit touches few pixels, and meets them again and again.
//
// The sums of the four pixels around the present corner are kept apart, so that a segment costs four additions. Only
// the last kWindow entries are looked at, so that long tracks stay cheap; a pixel may have several.
class HitPixels {
  public:
    struct Entry {
        std::uint32_t pixel;  // v * kBitStride + u
        double electrons;
    };

    void start() {
        entries_.resize(1);
        std::fill_n(recent_, kWindow, kNone);
        std::fill_n(at_, 4, 0);
        present_ = 0;
    }

    // Go on at another corner. At the edges of the matrix the pixels may be the same ones.
    void turn_to_corner(std::uint32_t right_up, std::uint32_t right_low, std::uint32_t left_up,
                        std::uint32_t left_low) {
        finish();
        pixel_[0] = right_up;
        pixel_[1] = right_low;
        pixel_[2] = left_up;
        pixel_[3] = left_low;
        edge_ = right_up == left_up || right_up == right_low;
    }

    // Add groups of one charge to the four pixels; `touched` has a bit for each that gets any.
    void add(double charge, const std::int32_t* groups, std::uint32_t touched) {
        std::uint32_t missing = touched & ~present_;
        if (edge_ || missing != 0) {
            // With few entries no new one can take another out of the window, so the order does not matter.
            if (edge_ || entries_.size() > 1 + kWindow - 4) return add_one_by_one(charge, groups);
            for (; missing != 0; missing &= missing - 1) touch(__builtin_ctz(missing));
        }
        for (int slot = 0; slot < 4; ++slot) sum_[slot] += charge * groups[slot];
    }

    // The entries from number 1 on, complete.
    const Column<Entry>& finish() {
        for (int slot = 0; slot < 4; ++slot) put_back(slot);
        present_ = 0;
        return entries_;
    }

  private:
    static constexpr int kWindow = 8;
    static constexpr std::uint32_t kNone = 0xffffffffu;

    void add_one_by_one(double charge, const std::int32_t* groups) {
        for (int slot = 0; slot < 4; ++slot) {
            if (groups[slot] == 0) continue;
            if ((present_ & 1u << slot) == 0) touch(slot);
            sum_[slot] += charge * groups[slot];
            if (edge_) put_back(slot);
        }
    }

    // Take the entry of a pixel over into its sum; make it if the last entries have none.
    void touch(int slot) {
        std::uint32_t match = 0;
        for (int i = 0; i < kWindow; ++i) match |= std::uint32_t{recent_[i] == pixel_[slot]} << i;
        int at = static_cast<int>(entries_.size());
        if (match == 0) {
            entries_.push_back({pixel_[slot], 0.0});
            recent_[at % kWindow] = pixel_[slot];
            for (int other = 0; other < 4; ++other) {
                if (at_[other] != 0 && at_[other] <= at - kWindow) put_back(other);
            }
        } else {
            at -= 1 + (at - 1 - __builtin_ctz(match)) % kWindow;
        }
        at_[slot] = at;
        sum_[slot] = entries_[at].electrons;
        present_ |= 1u << slot;
    }

    // Entry 0 takes the sums of pixels that have none.
    void put_back(int slot) {
        entries_[at_[slot]].electrons = sum_[slot];
        present_ &= ~(1u << slot);
        at_[slot] = 0;
        sum_[slot] = 0.0;
    }

    Column<Entry> entries_;
    std::uint32_t recent_[kWindow];  // pixels of the last entries; entry i at i % kWindow
    std::uint32_t pixel_[4] = {};
    int at_[4] = {};
    double sum_[4] = {};
    std::uint32_t present_ = 0;  // bits of the pixels whose sums are in sum_
    bool edge_ = false;
};

}  // namespace pxdbkg
