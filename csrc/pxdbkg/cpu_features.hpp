// Which instructions the kernels may use, asked at run time: one build serves every x86-64 host.
#pragma once

#if defined(__x86_64__) && defined(__GNUC__)
#define PXDBKG_HAS_AVX2_CODE 1
// A function that is compiled for AVX2 whatever the flags of the build; call it only where use_avx2() is true.
#define PXDBKG_AVX2 __attribute__((target("avx2,bmi,bmi2,popcnt")))
#endif

namespace pxdbkg {

// True when the machine has AVX2 and nobody has switched it off.
bool use_avx2();

// Allow or forbid AVX2 in all kernels from now on; tests compare both ways. Allowed at the start.
void allow_avx2(bool allowed);

}  // namespace pxdbkg
