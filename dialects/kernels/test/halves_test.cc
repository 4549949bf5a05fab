// Part of rlxflow, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE in the root of the project.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// Conversions of 16-bit floats by their definition.

#include "halves.h"

#include <bit>
#include <cmath>
#include <limits>

#include "check.h"

namespace rlx::test {
namespace {

TEST(halves_are_exact) {
  CHECK(F16ToF32(0x3c00) == 1.0f && F16ToF32(0xc000) == -2.0f && F16ToF32(1) == 0x1p-24f);
  CHECK(F16ToF32(0x8001) == -0x1p-24f && F16ToF32(0x7bff) == 65504.0f &&
        F16ToF32(0x0400) == 0x1p-14f);
  CHECK(std::isinf(F16ToF32(0x7c00)) && std::isnan(F16ToF32(0x7e00)));
  CHECK(F32ToBf16(1.0f) == 0x3f80 && F32ToBf16(1.00390625f) == 0x3f80 &&
        F32ToBf16(1.01171875f) == 0x3f82);
  CHECK(std::isnan(Bf16ToF32(F32ToBf16(std::nanf("")))));
  CHECK(std::isinf(Bf16ToF32(F32ToBf16(3.4e38f))));
}

// Sign, 5 bits of exponent and 10 of mantissa.
double MeantByF16(uint16_t half) {
  const int exponent = half >> 10 & 31, mantissa = half & 1023;
  const double size =
      exponent == 0 ? std::ldexp(mantissa, -24) : std::ldexp(1024 + mantissa, exponent - 25);
  return half >> 15 ? -size : size;
}

// For every number of f16 and the next larger one: what lies between goes to the nearer, the middle
// to the even one. Behind the largest stands 2^16, which is infinity.
TEST(f32_goes_to_the_nearest_f16) {
  for (uint16_t half = 0; half < 0x7c00; ++half) {
    for (uint16_t sign : {0, 0x8000}) {
      const uint16_t here = half | sign, next = here + 1, even = half % 2 == 0 ? here : next;
      const double one = MeantByF16(here), middle = (one + MeantByF16(next)) / 2;
      const float between = static_cast<float>(middle);
      CHECK(between == middle && F16ToF32(here) == one, here);
      CHECK(F32ToF16(static_cast<float>(one)) == here, here);
      CHECK(F32ToF16(between) == even, here, " ", between);
      CHECK(F32ToF16(std::nextafter(between, 0.0f)) == here, here, " below ", between);
      CHECK(F32ToF16(std::nextafter(between, 2.0f * between)) == next, here, " above ", between);
    }
  }
}

TEST(f16_of_what_is_no_number_or_far_away) {
  constexpr float kInf = std::numeric_limits<float>::infinity();
  for (float far : {65520.0f, 65536.0f, 1e30f, std::numeric_limits<float>::max(), kInf}) {
    CHECK(F32ToF16(far) == 0x7c00 && F32ToF16(-far) == 0xfc00, far);
  }
  for (float near : {0.0f, 1e-45f, 1e-38f, 0x1p-25f}) {
    CHECK(F32ToF16(near) == 0 && F32ToF16(-near) == 0x8000, near);
  }
  for (uint32_t bits : {0x7f800001u, 0x7fc00000u, 0xffbfffffu, 0xff801000u}) {
    CHECK(std::isnan(F16ToF32(F32ToF16(std::bit_cast<float>(bits)))), bits);
  }
}

}  // namespace
}  // namespace rlx::test
