// Part of rlxflow, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE in the root of the project.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// Puts the keys and values of new tokens into the cache.

#ifndef RLX_KERNELS_ATTEND_WRITE_H_
#define RLX_KERNELS_ATTEND_WRITE_H_

#include "attend_cells.h"
#include "attend_decode.h"
#include "halves.h"

namespace rlx::RLX_ISA {

// The largest magnitude of data[at .. at + count); NaN if one of them is.
RLX_INLINE float LargestOf(Element element, const void* data, int64_t at, int64_t count) noexcept {
  float largest = 0.0f;
  for (int64_t i = 0; i < count; ++i) {
    const float size = __builtin_fabsf(ReadCell(element, data, at + i));
    if (size > largest || size != size) largest = size;
    if (size != size) break;
  }
  return largest;
}

// What numbers become in a cache: rounded to nearest even. f16 has none from 65520 on but infinity.
RLX_INLINE void KeepCell(Element element, void* data, int64_t at, float value) noexcept {
  if (element == Element::kF16) {
    static_cast<uint16_t*>(data)[at] = F32ToF16(value);
  } else {
    WriteCell(element, data, at, value);
  }
}

// to[i * stride] = data[at + i] for i < count. int8: the nearest integer of data / scale, where
// scale = largest / 127 goes to *scale; NaN and infinity live in the scale alone. To the bit what
// `keep` in rlxflow/blocks/kv_cache.py makes.
RLX_INLINE void WriteRow(const AttendDecode& a, const void* data, int64_t at, void* to,
                         int64_t to_at, int64_t stride, float* scale) noexcept {
  if (a.cache != Element::kInt8) {
    for (int64_t i = 0; i < a.e; ++i) {
      KeepCell(a.cache, to, to_at + i * stride, ReadCell(a.x, data, at + i));
    }
    return;
  }
  const float largest = LargestOf(a.x, data, at, a.e);
  const bool finite = largest - largest == 0.0f;
  *scale = largest * (1.0f / 127.0f);
  for (int64_t i = 0; i < a.e; ++i) {
    const float whole = __builtin_rintf(ReadCell(a.x, data, at + i) / largest * 127.0f);
    static_cast<int8_t*>(to)[to_at + i * stride] =
        finite && largest > 0.0f ? static_cast<int8_t>(whole) : int8_t{1};
  }
}

// The new tokens whose positions are in the piece.
RLX_INLINE void WriteRows(const AttendDecode& a, int64_t row, int64_t head,
                          const Piece& piece) noexcept {
  const bool scaled = a.cache == Element::kInt8;
  for (int64_t token = 0; token < a.t; ++token) {
    const int64_t ahead = a.positions[row * a.t + token] - piece.position;
    if (ahead < 0 || ahead >= piece.count) continue;
    const int64_t slot = piece.slot + ahead, cache = row * a.k + head;
    const int64_t at = ((row * a.t + token) * a.k + head) * a.e;
    float* key_scale = scaled ? a.key_scales + cache * a.s + slot : nullptr;
    float* value_scale = scaled ? a.value_scales + cache * a.s + slot : nullptr;
    WriteRow(a, a.new_keys, at, a.keys, cache * a.e * a.s + slot, a.s, key_scale);
    WriteRow(a, a.new_values, at, a.values, (cache * a.s + slot) * a.e, 1, value_scale);
  }
}

}  // namespace rlx::RLX_ISA

#endif  // RLX_KERNELS_ATTEND_WRITE_H_
