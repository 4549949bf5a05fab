// Part of rlxflow, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE in the root of the project.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// Conversions of single 16-bit floats, for code that runs once: packing, new rows of caches, tests,
// the scalar lanes.

#ifndef RLX_KERNELS_HALVES_H_
#define RLX_KERNELS_HALVES_H_

#include <bit>
#include <cstdint>

#include "whole.h"

namespace rlx {

// f16 -> f32, exact; NaN stays NaN.
RLX_HERE constexpr float F16ToF32(uint16_t half) noexcept {
  const uint32_t sign = uint32_t{half} >> 15 << 31;
  const uint32_t exponent = half >> 10 & 31;
  const uint32_t mantissa = half & 1023;
  if (exponent == 31) return std::bit_cast<float>(sign | 0x7f800000u | mantissa << 13);
  if (exponent != 0) return std::bit_cast<float>(sign | (exponent + 112) << 23 | mantissa << 13);
  const float magnitude = static_cast<float>(mantissa) * 0x1p-24f;
  return sign ? -magnitude : magnitude;
}

// bf16 -> f32, exact.
RLX_HERE constexpr float Bf16ToF32(uint16_t half) noexcept {
  return std::bit_cast<float>(uint32_t{half} << 16);
}

// f32 -> bf16, to nearest, ties to even; a NaN stays a quiet NaN.
RLX_HERE constexpr uint16_t F32ToBf16(float value) noexcept {
  const uint32_t bits = std::bit_cast<uint32_t>(value);
  if ((bits & 0x7fffffffu) > 0x7f800000u) return static_cast<uint16_t>(bits >> 16 | 64);
  return static_cast<uint16_t>((bits + 0x7fffu + (bits >> 16 & 1)) >> 16);
}

// f32 -> f16, to nearest, ties to even; infinite from 65520 on; a NaN stays a quiet NaN. What is
// below the normal numbers is a whole number of 2^-24, as are the mantissas from 1/2 to 1.
RLX_HERE constexpr uint16_t F32ToF16(float value) noexcept {
  const uint32_t bits = std::bit_cast<uint32_t>(value);
  const uint32_t sign = bits >> 16 & 0x8000u, size = bits & 0x7fffffffu;
  if (size > 0x7f800000u) return static_cast<uint16_t>(sign | 0x7e00u | (size >> 13 & 0x3ffu));
  if (size >= 0x477ff000u) return static_cast<uint16_t>(sign | 0x7c00u);
  if (size >= 0x38800000u) {
    const uint32_t rounded = size - (112u << 23) + 0xfffu + (size >> 13 & 1);
    return static_cast<uint16_t>(sign | rounded >> 13);
  }
  const float shifted = std::bit_cast<float>(size) + 0.5f;
  return static_cast<uint16_t>(sign | (std::bit_cast<uint32_t>(shifted) - 0x3f000000u));
}

// Cells of tensors, of types that tell the formats apart; what they are read with takes uint16_t.
enum class [[gnu::may_alias]] Bf16 : uint16_t {};
enum class [[gnu::may_alias]] F16 : uint16_t {};

}  // namespace rlx

#endif  // RLX_KERNELS_HALVES_H_
