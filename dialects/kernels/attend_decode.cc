// Part of rlxflow, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE in the root of the project.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// Shares attention to a cache among threads.

#include "attend_decode.h"

#include "parallel.h"

namespace rlx {
namespace {

// Work for which waking another thread takes longer than doing it: numbers of the caches read.
constexpr int64_t kFewNumbers = 16 * 1024;

int64_t CellsRead(const AttendDecode& a) noexcept {
  int64_t positions = 0;
  for (int64_t row = 0; row < a.b; ++row) {
    const Seen seen = SeenByAny(a, row);
    positions += seen.last + 1 - seen.first;
  }
  return 2 * positions * a.k * a.e;
}

}  // namespace

int64_t DecodeWorkspace(int64_t b, int64_t t, int64_t k, int64_t g, int64_t e, int64_t s) noexcept {
  return b * k * MostPieces(b, t * g, k, s) * PartFloats(t * g, e);
}

void Attend(const AttendDecode& a, const DecodeKernels& kernels, const Parallel& parallel) {
  int64_t tasks = 0;
  for (int64_t row = 0; row < a.b; ++row) tasks += a.k * CountPieces(a, row);
  const bool few = CellsRead(a) * a.t * a.g < kFewNumbers;
  const Parallel threads = few ? Serial() : parallel;
  threads.For(tasks, [&](int64_t task) {
    int64_t row = 0, pieces = CountPieces(a, 0);
    for (; task >= a.k * pieces; pieces = CountPieces(a, ++row)) task -= a.k * pieces;
    kernels.piece(a, row, task / pieces, task % pieces);
  });
  const bool few_sums = tasks * PartFloats(a.t * a.g, a.e) < kFewNumbers;
  const Parallel mergers = few_sums ? Serial() : parallel;
  mergers.For(a.b * a.k, [&](int64_t head) { kernels.merge(a, head / a.k, head % a.k); });
}

}  // namespace rlx
