// Part of rlxflow, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE in the root of the project.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "linear_run.h"

#include <algorithm>

namespace rlx {
namespace {

constexpr int64_t kTaskBytes = int64_t{1} << 17;  // of weights, at the least, for a task of its own
constexpr int64_t kTasksPerThread = 8;            // so that a slow thread holds up little

int64_t Subs(int64_t in_dim) noexcept { return RoundUp(in_dim, 64) / kSub; }

// Rows lie 64 bytes more apart than they need, so that powers of two do not share cache sets.
int64_t FloatsStride(int64_t in_dim) noexcept { return RoundUp(in_dim, 16) + 16; }

Needs NeedsOf(const Product& product) noexcept {
  Needs needs = {false, false};
  for (int i = 0; i < product.count; ++i) Add(&needs, product.matrices[i].format);
  return needs;
}

Ready Place(const Product& product, Needs needs) noexcept {
  auto at = RoundUp(static_cast<int64_t>(reinterpret_cast<uintptr_t>(product.workspace)), 64);
  Ready ready = {nullptr, nullptr, Subs(product.in_dim), FloatsStride(product.in_dim)};
  if (needs.floats) {
    ready.floats = reinterpret_cast<const float*>(at);
    at += product.rows * ready.floats_stride * 4;
  }
  if (needs.ints) ready.ints = reinterpret_cast<const IntSub*>(at);
  return ready;
}

void MakeRow(const Product& product, const LinearKernels& kernels, const Ready& ready,
             int64_t row) noexcept {
  const int64_t index = row * product.in_dim;
  if (ready.ints != nullptr) {
    auto* to = const_cast<IntSub*>(ready.ints) + row * ready.subs;
    kernels.ready->ints(product.x, index, product.in_dim, ready.subs, to);
  }
  if (ready.floats != nullptr) {
    auto* to = const_cast<float*>(ready.floats) + row * ready.floats_stride;
    kernels.ready->floats(product.x, index, product.in_dim, RoundUp(product.in_dim, 16), to);
  }
}

// Computes 16 columns of results.
class Unit {
 public:
  Unit(const Product& product, const LinearKernels& kernels, const Ready& ready) noexcept
      : product_(product), kernels_(kernels), ready_(ready) {}

  void Plain(const Matrix& matrix, int64_t panel) const noexcept {
    Finish finish = Begin(matrix, panel);
    alignas(64) float tile[kTileRows * kPanelRows];
    finish.tile = tile;
    for (int64_t row = 0; row < product_.rows; row += kTileRows) {
      Multiply(matrix, panel, row, &finish, tile);
      (*kernels_.finish)(finish);
    }
  }

  void Gated(int64_t panel) const noexcept {
    const Matrix &gate = product_.matrices[0], &up = product_.matrices[1];
    Finish finish = Begin(gate, panel);
    alignas(64) float tile[kTileRows * kPanelRows], up_tile[kTileRows * kPanelRows];
    finish.tile = tile;
    finish.up = up_tile;
    finish.up_bias = up.bias;
    for (int64_t row = 0; row < product_.rows; row += kTileRows) {
      Multiply(gate, panel, row, &finish, tile);
      Multiply(up, panel, row, &finish, up_tile);
      (*kernels_.finish)(finish);
    }
  }

 private:
  Finish Begin(const Matrix& matrix, int64_t panel) const noexcept {
    Finish finish = {};
    finish.act = product_.act;
    finish.column = panel * kPanelRows;
    finish.columns = static_cast<int>(std::min<int64_t>(16, matrix.out_dim - finish.column));
    finish.y_columns = matrix.out_dim;
    finish.bias = matrix.bias;
    finish.residual = product_.residual;
    finish.y = matrix.y;
    return finish;
  }

  void Multiply(const Matrix& matrix, int64_t panel, int64_t row, Finish* finish,
                float* tile) const noexcept {
    const uint8_t* at = matrix.panels + panel * PanelBytes(matrix.format, product_.in_dim);
    finish->row = row;
    finish->rows = static_cast<int>(std::min<int64_t>(kTileRows, product_.rows - row));
    kernels_.Panel(matrix.format)(at, product_.in_dim, ready_, row, finish->rows, tile);
  }

  const Product& product_;
  const LinearKernels& kernels_;
  const Ready& ready_;
};

// Units of all matrices, counted through.
void RunUnit(const Product& product, const Unit& unit, int64_t index) noexcept {
  if (product.act != Act::kNone) return unit.Gated(index);
  const Matrix* matrix = product.matrices;
  while (index >= PanelCount(matrix->out_dim)) index -= PanelCount(matrix++->out_dim);
  unit.Plain(*matrix, index);
}

}  // namespace

int64_t WorkspaceBytes(Needs needs, int64_t rows, int64_t in_dim) noexcept {
  const int64_t ints = needs.ints ? Subs(in_dim) * static_cast<int64_t>(sizeof(IntSub)) : 0;
  const int64_t floats = needs.floats ? FloatsStride(in_dim) * 4 : 0;
  return rows * (ints + floats) + 64;
}

Ready MakeReady(const Product& product, Needs needs, const LinearKernels& kernels,
                const Parallel& parallel) {
  const Ready ready = Place(product, needs);
  const auto make_row = [&](int64_t row) { MakeRow(product, kernels, ready, row); };
  (product.rows < 16 ? Serial() : parallel).For(product.rows, make_row);
  return ready;
}

void Run(const Product& product, const LinearKernels& kernels, const Parallel& parallel) {
  if (product.rows == 0) return;
  const Ready ready = MakeReady(product, NeedsOf(product), kernels, parallel);
  int64_t units = 0, bytes = 0;
  for (int i = 0; i < product.count; ++i) {
    const Matrix& matrix = product.matrices[i];
    if (product.act == Act::kNone || i == 0) units += PanelCount(matrix.out_dim);
    bytes += PackedBytes(matrix.format, matrix.out_dim, product.in_dim);
  }
  const int64_t work = bytes * std::min<int64_t>(product.rows, kTileRows);
  const int64_t wanted = std::min(parallel.threads * kTasksPerThread, work / kTaskBytes);
  const int64_t tasks = std::clamp<int64_t>(wanted, 1, units);
  const Unit unit(product, kernels, ready);
  parallel.For(tasks, [&](int64_t task) {
    const int64_t end = units * (task + 1) / tasks;
    for (int64_t index = units * task / tasks; index < end; ++index) RunUnit(product, unit, index);
  });
}

}  // namespace rlx
