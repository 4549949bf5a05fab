// Part of rlxflow, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE in the root of the project.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// Scores with their places as whole numbers that are larger the better.

#ifndef RLX_KERNELS_SAMPLE_KEY_H_
#define RLX_KERNELS_SAMPLE_KEY_H_

#include <bit>
#include <cstdint>

#include "sample.h"
#include "whole.h"

namespace rlx {

// Order of the bits of a score, then the lower index.
RLX_HERE uint64_t KeyOf(float score, int64_t index) noexcept {
  const uint32_t bits = std::bit_cast<uint32_t>(score);
  const uint32_t ordered = bits >> 31 ? ~bits : bits | 0x80000000u;
  return uint64_t{ordered} << 32 | (0xffffffffu - static_cast<uint32_t>(index));
}
RLX_HERE int64_t IndexOf(uint64_t key) noexcept { return 0xffffffffu - static_cast<uint32_t>(key); }
RLX_HERE float ScoreOf(uint64_t key) noexcept {
  const uint32_t ordered = static_cast<uint32_t>(key >> 32);
  return std::bit_cast<float>(ordered >> 31 ? ordered & 0x7fffffffu : ~ordered);
}

RLX_HERE int64_t CountParts(int64_t count) noexcept {
  return (count + kPartScores - 1) / kPartScores;
}
// Keys that a part keeps.
RLX_HERE int64_t KeptOf(int64_t count, int64_t part, int64_t k) noexcept {
  return Least(k, Least(kPartScores, count - part * kPartScores));
}

}  // namespace rlx

#endif  // RLX_KERNELS_SAMPLE_KEY_H_
