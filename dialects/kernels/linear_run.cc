// Part of rlxflow, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE in the root of the project.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "linear_run.h"

#include <algorithm>
#include <span>
#include <vector>

namespace rlx {
namespace {

Needs NeedsOf(const Product& product) noexcept {
  Needs needs = {};
  for (int i = 0; i < product.count; ++i) Add(&needs, product.matrices[i].format);
  return needs;
}

ReadyRows MakeReady(const Product& product, const LinearKernels& kernels,
                    const Parallel& parallel) {
  const Needs forms =
      FormsOf(NeedsOf(product), product.x.element, product.rows, product.rows, kernels);
  const ReadyRows ready(product.workspace, forms, product.rows, product.in_dim, product.rows);
  const auto make_row = [&](int64_t row) { ready.MakeRow(product.x, row, row, *kernels.ready); };
  (product.rows < 16 ? Serial() : parallel).For(product.rows, make_row);
  return ready;
}

// How many matrices have results of their own.
int Made(const Product& product) noexcept { return product.act == Act::kNone ? product.count : 1; }

std::vector<RowsTimesMatrix> PartsOf(const Product& product, const ReadyRows& ready) {
  std::vector<RowsTimesMatrix> parts;
  for (int i = 0; i < Made(product); ++i) {
    parts.push_back({.matrix = &product.matrices[i],
                     .up = product.act == Act::kNone ? nullptr : &product.matrices[1],
                     .act = product.act,
                     .residual = product.residual,
                     .x = &ready,
                     .in_dim = product.in_dim,
                     .first_row = 0,
                     .rows = product.rows});
  }
  return parts;
}

// Panels of all matrices, counted through; of both at once, if gated.
void RunUnits(std::span<const RowsTimesMatrix> parts, PanelRange units,
              const LinearKernels& kernels) noexcept {
  int64_t before = 0;
  for (const RowsTimesMatrix& one : parts) {
    const int64_t panels = PanelCount(one.matrix->out_dim);
    RunPanels(one,
              {std::clamp<int64_t>(units.begin - before, 0, panels),
               std::clamp<int64_t>(units.end - before, 0, panels)},
              kernels);
    before += panels;
  }
}

// How many panels go together: a task ends where they do. Of many rows as many as share a part of
// x, if that leaves two tasks for every thread.
int64_t Together(int64_t units, int64_t rows, int threads) noexcept {
  if (rows <= kFewRows) return kPair;
  return std::clamp<int64_t>(units / (2 * threads) / kPair * kPair, kPair, kGroup);
}

}  // namespace

void Run(const Product& product, const LinearKernels& kernels, const Parallel& parallel) {
  if (product.rows == 0) return;
  const ReadyRows ready = MakeReady(product, kernels, parallel);
  const std::vector<RowsTimesMatrix> parts = PartsOf(product, ready);
  int64_t units = 0, bytes = 0;
  for (int i = 0; i < product.count; ++i) {
    const Matrix& matrix = product.matrices[i];
    if (i < Made(product)) units += PanelCount(matrix.out_dim);
    bytes += PackedBytes(matrix.format, matrix.out_dim, product.in_dim);
  }
  const int64_t work = bytes * std::min<int64_t>(product.rows, ready.tile_rows());
  const int streams = ready.Streams(product.rows, kernels);
  if (streams > 1) {
    // Every thread has a part of its own, of which it reads ranges side by side.
    const int ranges = product.act == Act::kNone ? streams : streams / 2;
    const int64_t most = TaskCount(work, std::max<int64_t>(units / ranges, 1), parallel.threads);
    const int64_t workers = std::min<int64_t>(parallel.threads, most), steps = most / workers;
    return parallel.For(workers * steps, [&](int64_t task) {
      const PanelRange own = Part({0, units}, task / steps, workers);
      PanelRange range[kMostStreams];
      for (int i = 0; i < ranges; ++i) range[i] = Part(Part(own, i, ranges), task % steps, steps);
      RunSideBySide(parts, {range, static_cast<size_t>(ranges)}, kernels);
    });
  }
  const int64_t together = Together(units, product.rows, parallel.threads);
  const int64_t groups = (units + together - 1) / together;
  const int64_t tasks = TaskCount(work, groups, parallel.threads);
  parallel.For(tasks, [&](int64_t task) {
    const int64_t begin = groups * task / tasks * together;
    const int64_t end = std::min(groups * (task + 1) / tasks * together, units);
    RunUnits(parts, {begin, end}, kernels);
  });
}

}  // namespace rlx
