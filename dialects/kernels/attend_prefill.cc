// Part of rlxflow, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE in the root of the project.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// Shares attention within one call among threads.

#include "attend_prefill.h"

#include "parallel.h"

namespace rlx {
namespace {

// Products for which waking another thread takes longer than doing them.
constexpr int64_t kFewProducts = 64 * 1024;

}  // namespace

int64_t PrefillWorkspace(int64_t b, int64_t k, int64_t e, int64_t s) noexcept {
  return b * k * CountTiles(s) * TileFloats(e);
}

void Attend(const AttendPrefill& a, const PrefillKernels& kernels, const Parallel& parallel) {
  const int64_t tiles = CountTiles(a.s), blocks = CountBlocks(a), heads = a.b * a.k;
  const bool few = heads * a.t * a.g * a.s * a.e < kFewProducts;
  const Parallel threads = few ? Serial() : parallel;
  threads.For(heads * tiles, [&](int64_t task) {
    kernels.pack(a, task / tiles / a.k, task / tiles % a.k, task % tiles);
  });
  // The last block of a head sees the most keys, where attention is causal: it goes first.
  threads.For(heads * blocks, [&](int64_t task) {
    const int64_t head = task / blocks;
    kernels.block(a, head / a.k, head % a.k, blocks - 1 - task % blocks);
  });
}

}  // namespace rlx
