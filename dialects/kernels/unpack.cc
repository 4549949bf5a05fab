// Part of rlxflow, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE in the root of the project.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include <cstring>

#include "halves.h"
#include "pack.h"

namespace rlx {
namespace {

int Nibble(const uint16_t (*q)[16][2], int lane, int k) noexcept {
  return q[k / 8][lane][k % 2] >> k % 8 / 2 * 4 & 15;
}

float F32At(const void* panel, int lane, int64_t k) noexcept {
  return static_cast<const float*>(panel)[k * 16 + lane];
}

float F16At(const void* panel, int lane, int64_t k) noexcept {
  return F16ToF32(static_cast<const uint16_t*>(panel)[k * 16 + lane]);
}

float Bf16At(const void* panel, int lane, int64_t k) noexcept {
  return Bf16ToF32(static_cast<const uint16_t*>(panel)[k / 2 * 32 + lane * 2 + k % 2]);
}

float Int8At(const void* panel, int lane, int64_t k) noexcept {
  const auto* head = static_cast<const Int8Head*>(panel);
  const auto* q = reinterpret_cast<const int8_t*>(head + 1);
  return head->scale[lane] * static_cast<float>(q[k / 2 * 32 + lane * 2 + k % 2]);
}

float Q8_0At(const void* panel, int lane, int64_t k) noexcept {
  const Q8_0Block& block = static_cast<const Q8_0Block*>(panel)[k / 64];
  const int8_t q = block.q[k / 32 % 2][k % 32 / 2][lane][k % 2];
  return F16ToF32(block.d[k / 32 % 2][lane]) * static_cast<float>(q);
}

float Q4_0At(const void* panel, int lane, int64_t k) noexcept {
  const Q4_0Block& block = static_cast<const Q4_0Block*>(panel)[k / 64];
  const int q = Nibble(block.q[k / 32 % 2], lane, static_cast<int>(k % 32)) - 8;
  return F16ToF32(block.d[k / 32 % 2][lane]) * static_cast<float>(q);
}

template <class Block>
float ScaledLessMinimum(const Block& block, int lane, int part, int q) noexcept {
  const float scale = F16ToF32(block.d[lane]) * static_cast<float>(block.scale[part][lane]);
  const float minimum = F16ToF32(block.dmin[lane]) * static_cast<float>(block.min[part][lane]);
  return scale * static_cast<float>(q) - minimum;
}

float Q4KAt(const void* panel, int lane, int64_t index) noexcept {
  const Q4KBlock& block = static_cast<const Q4KBlock*>(panel)[index / 256];
  const int part = static_cast<int>(index % 256 / 32), k = static_cast<int>(index % 32);
  return ScaledLessMinimum(block, lane, part, Nibble(block.q[part], lane, k));
}

float Q5KAt(const void* panel, int lane, int64_t index) noexcept {
  const Q5KBlock& block = static_cast<const Q5KBlock*>(panel)[index / 256];
  const int part = static_cast<int>(index % 256 / 32), k = static_cast<int>(index % 32);
  const int fifth = block.high[part][lane][k % 2] >> k / 2 & 1;
  return ScaledLessMinimum(block, lane, part, Nibble(block.q[part], lane, k) + 16 * fifth);
}

float Q6KAt(const void* panel, int lane, int64_t index) noexcept {
  const Q6KBlock& block = static_cast<const Q6KBlock*>(panel)[index / 256];
  const int part = static_cast<int>(index % 256 / 32), k = static_cast<int>(index % 32);
  const int high = block.high[part][k / 16][lane][k % 2] >> k % 16 / 2 * 2 & 3;
  const int q = Nibble(block.q[part], lane, k) + 16 * high - 32;
  const float scale = F16ToF32(block.d[lane]) * block.scale[part * 2 + k / 16][lane];
  return scale * static_cast<float>(q);
}

template <float (*At)(const void*, int, int64_t) noexcept>
void Row(const void* panel, int lane, int64_t begin, int64_t count, float* row) noexcept {
  for (int64_t i = 0; i < count; ++i) row[i] = At(panel, lane, begin + i);
}

using UnpackRowFn = void (*)(const void*, int, int64_t, int64_t, float*) noexcept;

constexpr UnpackRowFn kUnpackRow[kFormats] = {Row<F32At>,  Row<F16At>,  Row<Bf16At>,
                                              Row<Int8At>, Row<Q8_0At>, Row<Q4_0At>,
                                              Row<Q4KAt>,  Row<Q5KAt>,  Row<Q6KAt>};

}  // namespace

void UnpackRow(Format format, const void* panel, int lane, int64_t begin, int64_t count,
               float* row) noexcept {
  kUnpackRow[static_cast<int>(format)](panel, lane, begin, count, row);
}

}  // namespace rlx
