// Part of rlxflow, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE in the root of the project.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// Functions over lanes against double, over floats of every exponent.

#include <algorithm>
#include <bit>
#include <cmath>

#include "check.h"
#include "lanes_test.h"

namespace rlx::test {
namespace {

// How far `found` is from `exact`, in units of the last place of an f32 of that size.
double Units(float found, double exact) {
  const float near = static_cast<float>(exact);
  if (std::isnan(exact) || std::isinf(near)) {
    const bool same = std::isnan(exact) ? std::isnan(found) : found == near;
    return same ? 0.0 : 1e9;
  }
  int exponent = 0;
  std::frexp(near, &exponent);
  return std::fabs(found - exact) / std::ldexp(1.0, std::max(exponent, -125) - 24);
}

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr uint64_t kStep = 16 * 16127;  // what they look for, they find in fewer floats
#else
constexpr uint64_t kStep = 16 * 1009;
#endif

// Checks the largest error of f over 16 of every kStep floats.
template <class Exact>
void CheckUnits(const char* isa, void (*f)(const float*, float*) noexcept, const Exact& exact,
                double most) {
  double worst = 0.0;
  float where = 0.0f;
  for (uint64_t bits = 0; bits < (uint64_t{1} << 32); bits += kStep) {
    float x[16], y[16];
    for (uint32_t i = 0; i < 16; ++i) x[i] = std::bit_cast<float>(static_cast<uint32_t>(bits) + i);
    f(x, y);
    for (int i = 0; i < 16; ++i) {
      const double error = Units(y[i], exact(static_cast<double>(x[i])));
      if (error > worst) worst = error, where = x[i];
    }
  }
  CHECK(worst <= most, isa, " is ", worst, " units off at ", where);
}

TEST(exp_of_lanes) {
  EachLanes([](const char* isa, const LanesFns& lanes) {
    CheckUnits(
        isa, lanes.exp, [](double x) { return std::exp(x); }, 2.0);
  });
}

TEST(exp_of_lanes_below_zero) {
  EachLanes([](const char* isa, const LanesFns& lanes) {
    const auto exact = [](double x) { return std::fabs(x) > 87.0 ? 0.0 : std::exp(-std::fabs(x)); };
    CheckUnits(
        isa, lanes.exp_below, [&](double x) { return x != x ? x : exact(x); }, 2.0);
  });
}

TEST(tanh_of_lanes) {
  EachLanes([](const char* isa, const LanesFns& lanes) {
    CheckUnits(
        isa, lanes.tanh, [](double x) { return std::tanh(x); }, 3.0);
  });
}

}  // namespace
}  // namespace rlx::test
