#include "pxdbkg/log_codec.hpp"

#include <algorithm>
#include <string>

#include "pxdbkg/fault.hpp"

namespace pxdbkg {

LogDecoder::LogDecoder(const float* edges) {
    for (std::size_t k = 0; k < kCodes; ++k) {
        const bool rises = k == 0 ? edges[0] == -1.0F : edges[k] > edges[k - 1];
        if (!rises || !(edges[k] < 1.01F)) {
            throw Fault("log codec: edge " + std::to_string(k) + " is " + std::to_string(edges[k]) +
                        " (the edges rise from -1 to about 1). Take them from codec_edges()");
        }
    }
    std::copy(edges, edges + kCodes, edges_.begin());
    std::size_t below = 0;  // edges in lower bins
    for (std::size_t b = 0; b < kBins; ++b) {
        while (below < kCodes && bin(edges_[below]) < b) {
            ++below;
        }
        passed_[b] = static_cast<std::uint8_t>(below == 0 ? 0 : below - 1);
    }
}

}  // namespace pxdbkg
