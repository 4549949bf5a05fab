// Part of rlxflow, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE in the root of the project.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "linear_run.h"

#include <algorithm>

namespace rlx {
namespace {

constexpr int kTileRows = 64;                     // rows of x that a tile of results holds
constexpr int64_t kTaskBytes = int64_t{1} << 17;  // of weights, at the least, for a task of its own
constexpr int kFewRows = 8;
constexpr int64_t kTasksPerThread = 8;  // so that a slow thread holds up little

int64_t Subs(int64_t in_dim) noexcept { return RoundUp(in_dim, 64) / kSub; }

// Rows lie 64 bytes more apart than they need, so that powers of two do not share cache sets.
int64_t FloatsStride(int64_t in_dim) noexcept { return RoundUp(in_dim, 16) + 16; }

Needs NeedsOf(const Product& product) noexcept {
  Needs needs = {false, false};
  for (int i = 0; i < product.count; ++i) Add(&needs, product.matrices[i].format);
  return needs;
}

// x made ready: parts of `block` values, one after the other, each with those of all rows; so that
// the part of some rows that a panel meets lies together. Few rows are one part.
class AllReady {
 public:
  AllReady(const Product& product, Needs needs) noexcept
      : rows_(product.rows),
        in_dim_(product.in_dim),
        block_(product.rows <= kFewRows ? RoundUp(product.in_dim, 64) : kBlock) {
    auto at = RoundUp(static_cast<int64_t>(reinterpret_cast<uintptr_t>(product.workspace)), 64);
    if (needs.floats) {
      floats_ = reinterpret_cast<float*>(at);
      at += rows_ * RowFloats(in_dim_, block_) * 4;
    }
    if (needs.ints) ints_ = reinterpret_cast<IntSub*>(at);
  }

  int64_t block() const noexcept { return block_; }

  // The part that begins at a multiple of block().
  Ready Part(int64_t begin) const noexcept {
    const int64_t size = std::min(block_, in_dim_ - begin);
    Ready part = {nullptr, nullptr, Subs(size), FloatsStride(size), begin};
    if (ints_ != nullptr) part.ints = ints_ + rows_ * Subs(begin);
    if (floats_ != nullptr) part.floats = floats_ + rows_ * RowFloats(begin, block_);
    return part;
  }

  void MakeRow(const Product& product, const LinearKernels& kernels, int64_t row) const noexcept {
    for (int64_t begin = 0; begin < in_dim_; begin += block_) {
      const Ready part = Part(begin);
      const int64_t index = row * in_dim_ + begin, size = std::min(block_, in_dim_ - begin);
      if (part.ints != nullptr) {
        auto* to = const_cast<IntSub*>(part.ints) + row * part.subs;
        kernels.ready->ints(product.x, index, size, part.subs, to);
      }
      if (part.floats != nullptr) {
        auto* to = const_cast<float*>(part.floats) + row * part.floats_stride;
        kernels.ready->floats(product.x, index, size, RoundUp(size, 16), to);
      }
    }
  }

  // f32 of a row before `end`, with what lies between parts.
  static int64_t RowFloats(int64_t end, int64_t block) noexcept {
    return end / block * FloatsStride(block) + (end % block > 0 ? FloatsStride(end % block) : 0);
  }

 private:
  int64_t rows_, in_dim_, block_;
  IntSub* ints_ = nullptr;
  float* floats_ = nullptr;
};

AllReady MakeReady(const Product& product, Needs needs, const LinearKernels& kernels,
                   const Parallel& parallel) {
  const AllReady ready(product, needs);
  const auto make_row = [&](int64_t row) { ready.MakeRow(product, kernels, row); };
  (product.rows < 16 ? Serial() : parallel).For(product.rows, make_row);
  return ready;
}

// Panels of which a task holds results, so that x comes from the second-level cache for all but the
// first of them.
constexpr int kGroup = 8;

// Computes results for a range of panels.
class Units {
 public:
  Units(const Product& product, const LinearKernels& kernels, const AllReady& ready) noexcept
      : product_(product), kernels_(kernels), ready_(ready) {}

  // Panels `begin` .. `end` - 1 of all matrices, counted through; of both at once, if gated.
  void Run(int64_t begin, int64_t end) const noexcept {
    const int matrices = product_.act == Act::kNone ? product_.count : 1;
    int64_t before = 0;
    for (int i = 0; i < matrices; ++i) {
      const int64_t panels = PanelCount(product_.matrices[i].out_dim);
      const int64_t first = std::max<int64_t>(begin - before, 0);
      const int64_t last = std::min(end - before, panels);
      for (int64_t panel = first; panel < last; panel += kGroup) {
        RunGroup(i, panel, static_cast<int>(std::min<int64_t>(kGroup, last - panel)));
      }
      before += panels;
    }
  }

 private:
  using Tiles = float[kGroup][kTileRows * kPanelRows];

  void RunGroup(int matrix, int64_t panel, int count) const noexcept {
    const bool gated = product_.act != Act::kNone;
    alignas(64) Tiles tiles, up_tiles;
    for (int64_t row = 0; row < product_.rows; row += kTileRows) {
      const int rows = static_cast<int>(std::min<int64_t>(kTileRows, product_.rows - row));
      Multiply(product_.matrices[matrix], panel, count, row, rows, tiles);
      if (gated) Multiply(product_.matrices[1], panel, count, row, rows, up_tiles);
      for (int i = 0; i < count; ++i) {
        Finish finish = FinishOf(product_.matrices[matrix], panel + i);
        finish.row = row;
        finish.rows = rows;
        finish.tile = tiles[i];
        finish.up = up_tiles[i];
        (*kernels_.finish)(finish);
      }
    }
  }

  // A few rows take each panel as one stream; many rows go over it block by block.
  void Multiply(const Matrix& matrix, int64_t panel, int count, int64_t row, int rows,
                Tiles& tiles) const noexcept {
    const int64_t panel_bytes = PanelBytes(matrix.format, product_.in_dim);
    const uint8_t* at = matrix.panels + panel * panel_bytes;
    const PanelFn multiply = kernels_.Panel(matrix.format);
    for (int i = 0; i < count; ++i) std::fill_n(tiles[i], rows * kPanelRows, 0.0f);
    for (int64_t begin = 0; begin < product_.in_dim; begin += ready_.block()) {
      const int64_t end = std::min(begin + ready_.block(), product_.in_dim);
      const Ready part = ready_.Part(begin);
      for (int i = 0; i < count; ++i) {
        multiply({at + i * panel_bytes, begin, end, part, row, rows, tiles[i]});
      }
    }
  }

  Finish FinishOf(const Matrix& matrix, int64_t panel) const noexcept {
    Finish finish = {};
    finish.act = product_.act;
    finish.column = panel * kPanelRows;
    finish.columns = static_cast<int>(std::min<int64_t>(16, matrix.out_dim - finish.column));
    finish.y_columns = matrix.out_dim;
    finish.bias = matrix.bias;
    if (product_.act != Act::kNone) finish.up_bias = product_.matrices[1].bias;
    finish.residual = product_.residual;
    finish.y = matrix.y;
    return finish;
  }

  const Product& product_;
  const LinearKernels& kernels_;
  const AllReady& ready_;
};

}  // namespace

int64_t WorkspaceBytes(Needs needs, int64_t rows, int64_t in_dim) noexcept {
  const int64_t ints = needs.ints ? Subs(in_dim) * static_cast<int64_t>(sizeof(IntSub)) : 0;
  const int64_t block = rows <= kFewRows ? RoundUp(in_dim, 64) : kBlock;
  const int64_t floats = needs.floats ? AllReady::RowFloats(in_dim, block) * 4 : 0;
  return rows * (ints + floats) + 64;
}

void Run(const Product& product, const LinearKernels& kernels, const Parallel& parallel) {
  if (product.rows == 0) return;
  const AllReady ready = MakeReady(product, NeedsOf(product), kernels, parallel);
  int64_t units = 0, bytes = 0;
  for (int i = 0; i < product.count; ++i) {
    const Matrix& matrix = product.matrices[i];
    if (product.act == Act::kNone || i == 0) units += PanelCount(matrix.out_dim);
    bytes += PackedBytes(matrix.format, matrix.out_dim, product.in_dim);
  }
  const int64_t work = bytes * std::min<int64_t>(product.rows, kTileRows);
  const int64_t wanted = std::min(parallel.threads * kTasksPerThread, work / kTaskBytes);
  const int64_t tasks = std::clamp<int64_t>(wanted, 1, units);
  const Units all(product, kernels, ready);
  parallel.For(tasks,
               [&](int64_t task) { all.Run(units * task / tasks, units * (task + 1) / tasks); });
}

}  // namespace rlx
