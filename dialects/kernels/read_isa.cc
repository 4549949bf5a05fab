// Part of rlxflow, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE in the root of the project.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// Reads memory in loads as wide as kernels have them: narrower ones are slower than some memory.

#include "lanes.h"
#include "read.h"
#include "whole.h"

namespace rlx::RLX_ISA {
namespace {

constexpr int64_t kLine = 64, kWord = 4;

uint32_t Read(const void* memory, int64_t bytes, int64_t streams, int64_t ahead) noexcept {
  const auto* from = static_cast<const char*>(memory);
  const int64_t parts = Most(streams, 1), part = bytes / parts / kLine * kLine;
  const auto line = [&](int64_t at) __attribute__((always_inline)) {
    if (ahead != 0) __builtin_prefetch(from + at + ahead, 0, 2);
    return LoadI(reinterpret_cast<const int32_t*>(from + at));
  };
  I32 lanes = ZeroI();
  for (int64_t i = 0; i < part; i += kLine) {
    for (int64_t at = i; at < parts * part; at += part) lanes = lanes + line(at);
  }
  int32_t sums[16];
  StoreI(sums, lanes);
  uint32_t sum = 0, word;
  for (int32_t each : sums) sum += static_cast<uint32_t>(each);
  for (int64_t i = parts * part; i + kWord <= bytes; i += kWord) {
    __builtin_memcpy(&word, from + i, sizeof(word));
    sum += word;
  }
  return sum;
}

}  // namespace

extern const ReadFn kRead;
const ReadFn kRead = Read;

}  // namespace rlx::RLX_ISA
