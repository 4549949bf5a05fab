// Part of rlxflow, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE in the root of the project.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// What lanes make of the same input, set by set. Only these functions are compiled with the flags
// of a set; see lanes.h.

#ifndef RLX_KERNELS_TEST_LANES_TEST_H_
#define RLX_KERNELS_TEST_LANES_TEST_H_

#include <cstdint>

namespace rlx::test {

struct LanesIn {
  float a[16], b[16], c[16];
  float whole[16];  // whole numbers of at most 120
  float few[16];    // numbers of few bits, so that their products are exact
  uint16_t halves[32];
  int8_t bytes[32];
  int32_t ints[16];
  int16_t pairs[2][32];
  int part;  // 0..15
};

// 16 lanes of results: numbers, or bits.
struct LanesRow {
  const char* name;
  bool numbers;
  union {
    float number[16];
    uint32_t bits[16];
  };
};

struct LanesOut {
  int count;
  LanesRow rows[64];
};

struct LanesFns {
  void (*operations)(const LanesIn& in, LanesOut* out) noexcept;
  void (*exp)(const float* x, float* y) noexcept;        // of 16
  void (*exp_below)(const float* x, float* y) noexcept;  // of -|x|
  void (*tanh)(const float* x, float* y) noexcept;
};

// Calls f(name of a set, its functions) for every compiled set that runs here.
void EachLanes(void (*f)(const char* isa, const LanesFns& lanes));

}  // namespace rlx::test

#endif  // RLX_KERNELS_TEST_LANES_TEST_H_
