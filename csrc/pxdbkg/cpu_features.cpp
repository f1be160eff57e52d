#include "pxdbkg/cpu_features.hpp"

#include <atomic>

namespace pxdbkg {

namespace {

bool machine_has_avx2() {
#ifdef PXDBKG_HAS_AVX2_CODE
    return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("bmi") && __builtin_cpu_supports("bmi2") &&
           __builtin_cpu_supports("popcnt");
#else
    return false;
#endif
}

std::atomic<bool>& allowed_flag() {
    static std::atomic<bool> flag{true};
    return flag;
}

}  // namespace

bool use_avx2() {
    static const bool present = machine_has_avx2();
    return present && allowed_flag().load(std::memory_order_relaxed);
}

void allow_avx2(bool allowed) { allowed_flag().store(allowed, std::memory_order_relaxed); }

}  // namespace pxdbkg
