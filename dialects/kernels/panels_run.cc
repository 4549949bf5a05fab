// Part of rlxflow, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE in the root of the project.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "panels_run.h"

#include <utility>

namespace rlx {
namespace {

int64_t Subs(int64_t in_dim) noexcept { return RoundUp(in_dim, 64) / kSub; }

// Rows lie 64 bytes more apart than they need, so that powers of two do not share cache sets.
int64_t Stride(int64_t in_dim) noexcept { return RoundUp(in_dim, 16) + 16; }

// Values of a part.
int64_t BlockOf(int64_t at_once, int64_t in_dim) noexcept {
  return at_once <= kFewRows ? RoundUp(in_dim, 64) : kBlock;
}

// Values of a row before `end`, with what lies between parts.
int64_t RowValues(int64_t end, int64_t block) noexcept {
  return end / block * Stride(block) + (end % block > 0 ? Stride(end % block) : 0);
}

// The same for tiles: an odd number of cache lines.
int64_t TileStride(int64_t in_dim) noexcept { return RoundUp(in_dim, 2 * kTileK) + kTileK; }
int64_t TileValues(int64_t end) noexcept {
  return end / kBlock * TileStride(kBlock) + (end % kBlock > 0 ? TileStride(end % kBlock) : 0);
}

// Puts an even number of values of a row into a part, from an even k on.
template <class T>
void PutPairs(const T* values, int64_t count, const Ready& part, int64_t row, int64_t k,
              T* rows) noexcept {
  if (row >= part.eights) {
    std::copy_n(values, count, rows + row * part.stride + k);
    return;
  }
  T* to = rows + (row - row % 8) * part.stride + row % 8 * 2 + 8 * k;
  for (int64_t i = 0; i < count; i += 2) std::copy_n(values + i, 2, to + 8 * i);
}

// Panels of a matrix that lie one behind the other, and their tiles, which do as well.
struct Stretch {
  Stretch(const Matrix& matrix, PanelRange panels, int64_t in_dim, float* tiles) noexcept
      : format(matrix.format),
        count(panels.Count()),
        bytes(PanelBytes(matrix.format, in_dim)),
        panel(matrix.panels + panels.begin * bytes),
        tiles(tiles) {}

  // Where values from a multiple of kBlock on begin in a panel.
  const uint8_t* At(int64_t i, int64_t k) const noexcept {
    return panel + i * bytes + PanelBytes(format, k);
  }

  Format format;
  int64_t count, bytes;  // of each
  const uint8_t* panel;
  float* tiles;
};

// Adds the products of a part of x with the panels of two stretches to their tiles. One row reads
// both side by side, each a stream that goes on from a panel to the one behind it, since there the
// CPU already reads ahead; several rows meet neighbours together.
void Multiply(const Stretch& first, const Stretch& second, const Ready& x, int64_t end, int64_t row,
              int rows, const LinearKernels& kernels) noexcept {
  PanelPart part = {0, {}, {}, x.begin, end, x, row, rows, nullptr, 0, 0};
  const auto add = [&](const Stretch& from, int64_t i) {
    if (i >= from.count) return;
    part.panel[part.panels] = from.panel + i * from.bytes;
    part.tile[part.panels++] = from.tiles + i * rows * kPanelRows;
  };
  if (rows == 1 && first.format == second.format) {
    const PanelFn multiply = kernels.Panel(first.format, x);
    for (int64_t i = 0; i < std::max(first.count, second.count); ++i, part.panels = 0) {
      add(first, i);
      add(second, i);
      multiply(part);
    }
    return;
  }
  for (const Stretch* one : {&first, &second}) {
    const PanelFn multiply = kernels.Panel(one->format, x);
    for (int64_t i = 0; i < one->count; i += kStreams, part.panels = 0) {
      for (int next = 0; next < kStreams; ++next) add(*one, i + next);
      // Behind the last panels come those of the other stretch, or the next values of the first.
      const bool last = i + kStreams >= one->count, turns = last && one == &second;
      const Stretch& then = !last ? *one : turns || second.count == 0 ? first : second;
      part.next = then.At(last ? 0 : i + kStreams, last && &then == &first ? end : x.begin);
      part.next_bytes = PanelBytes(then.format, end - x.begin);
      part.apart = then.bytes;
      multiply(part);
    }
  }
}

// What is the same for all panels.
Finish FinishOf(const RowsTimesMatrix& product) noexcept {
  const Matrix& matrix = *product.matrix;
  Finish finish = {};
  finish.act = product.act;
  finish.y_columns = matrix.out_dim;
  finish.bias = matrix.bias;
  if (product.up != nullptr) finish.up_bias = product.up->bias;
  finish.residual = product.residual;
  finish.y = matrix.y;
  return finish;
}

// Computes the results of panels, which together with those of `up` are kGroup at most. Results
// stand on the stack, 512 KiB at most.
void RunGroup(const RowsTimesMatrix& product, PanelRange first, PanelRange second,
              const LinearKernels& kernels) noexcept {
  alignas(64) float tiles[kGroup * kMostTileRows * kPanelRows];
  const bool gated = product.up != nullptr;
  const int64_t in_dim = product.in_dim, block = product.x->block();
  const int64_t last = product.first_row + product.rows;
  const int64_t most = product.x->tile_rows();
  Finish finish = FinishOf(product);
  for (finish.row = product.first_row; finish.row < last; finish.row += most) {
    const int rows = static_cast<int>(std::min(most, last - finish.row));
    const int64_t tile = rows * kPanelRows;
    const Stretch one(*product.matrix, first, in_dim, tiles);
    const Stretch other(gated ? *product.up : *product.matrix, gated ? first : second, in_dim,
                        tiles + first.Count() * tile);
    std::fill_n(tiles, (one.count + other.count) * tile, 0.0f);
    for (int64_t begin = 0; begin < in_dim; begin += block) {
      const int64_t end = std::min(begin + block, in_dim);
      Multiply(one, other, product.x->Part(begin), end, finish.row, rows, kernels);
    }
    finish.rows = rows;
    const auto finish_all = [&](int64_t panel, const Stretch& done) {
      for (int64_t i = 0; i < done.count; ++i) {
        finish.column = (panel + i) * kPanelRows;
        finish.columns = static_cast<int>(std::min<int64_t>(16, finish.y_columns - finish.column));
        finish.tile = done.tiles + i * tile;
        if (gated) finish.up = other.tiles + i * tile;
        (*kernels.finish)(finish);
      }
    };
    finish_all(first.begin, one);
    if (!gated) finish_all(second.begin, other);
  }
}

}  // namespace

ReadyRows::ReadyRows(void* workspace, Needs forms, int64_t rows, int64_t in_dim,
                     int64_t at_once) noexcept
    : rows_(rows),
      in_dim_(in_dim),
      block_(BlockOf(at_once, in_dim)),
      eights_(at_once <= kFewRows || forms.tiles > 0 ? 0 : rows / 8 * 8),
      parts_(forms.tiles) {
  auto at = RoundUp(static_cast<int64_t>(reinterpret_cast<uintptr_t>(workspace)), 64);
  if (forms.floats) floats_ = reinterpret_cast<float*>(at);
  if (forms.halves) halves_ = reinterpret_cast<uint16_t*>(at);
  if (forms.floats || forms.halves) at += rows_ * RowValues(in_dim_, block_) * 4;
  if (forms.tiles > 0) tiles_ = reinterpret_cast<uint16_t*>(at);
  if (forms.ints) ints_ = reinterpret_cast<IntSub*>(at);
  if (forms.digits) digits_ = reinterpret_cast<DigitSub*>(at);
}

int64_t ReadyRows::Bytes(Needs needs, int64_t rows, int64_t in_dim, int64_t at_once) noexcept {
  const bool integer = needs.AnyInts();  // in bf16 the same rows take no more
  const int64_t ints = integer ? Subs(in_dim) * static_cast<int64_t>(sizeof(IntSub)) : 0;
  const bool any = needs.floats || needs.halves;
  const int64_t values = any ? RowValues(in_dim, BlockOf(at_once, in_dim)) * 4 : 0;
  int64_t parts = 0;  // the most of them that either type of x takes
  for (Element x : {Element::kBf16, Element::kF32}) {
    if (at_once >= needs.LeastForTiles(x)) parts = needs.Parts(x);
  }
  const int64_t tiles = parts * TileValues(in_dim) * 2;
  return rows * std::max(ints + values, tiles) + 64;
}

Ready ReadyRows::Part(int64_t begin) const noexcept {
  const int64_t size = std::min(block_, in_dim_ - begin);
  Ready part = {};
  part.subs = Subs(size);
  part.stride = tiles_ == nullptr ? Stride(size) : TileStride(size);
  part.begin = begin;
  part.eights = eights_;
  if (ints_ != nullptr) part.ints = ints_ + rows_ * Subs(begin);
  if (digits_ != nullptr) part.digits = digits_ + Subs(begin);
  if (floats_ != nullptr) part.floats = floats_ + rows_ * RowValues(begin, block_);
  if (halves_ != nullptr) part.halves = halves_ + rows_ * RowValues(begin, block_);
  if (tiles_ != nullptr) part.tiles = tiles_ + rows_ * TileValues(begin);
  part.parts = parts_;
  part.apart = rows_ * TileValues(in_dim_);
  return part;
}

void ReadyRows::MakeRow(View x, int64_t from, int64_t to,
                        const ReadyKernels& kernels) const noexcept {
  for (int64_t begin = 0; begin < in_dim_; begin += block_) {
    const Ready part = Part(begin);
    const int64_t index = from * in_dim_ + begin, size = std::min(block_, in_dim_ - begin);
    if (part.ints != nullptr) {
      auto* ints = const_cast<IntSub*>(part.ints);
      if (to < part.eights) {
        IntSub subs[kBlock / kSub];
        kernels.ints(x, index, size, part.subs, subs);
        IntSub* at = ints + (to - to % 8) * part.subs + to % 8;
        for (int64_t sub = 0; sub < part.subs; ++sub) at[8 * sub] = subs[sub];
      } else {
        kernels.ints(x, index, size, part.subs, ints + to * part.subs);
      }
    }
    if (part.digits != nullptr) {
      kernels.digits(x, index, size, part.subs, const_cast<DigitSub*>(part.digits));
    }
    if (part.floats != nullptr) {
      auto* floats = const_cast<float*>(part.floats);
      const int64_t count = RoundUp(size, 16);
      if (to < part.eights) {
        float values[kBlock];
        kernels.floats(x, index, size, count, values);
        PutPairs(values, count, part, to, 0, floats);
      } else {
        kernels.floats(x, index, size, count, floats + to * part.stride);
      }
    }
    if (part.halves != nullptr) {
      auto* halves = const_cast<uint16_t*>(part.halves);
      const uint16_t* values = static_cast<const uint16_t*>(x.data) + index;
      PutPairs(values, size / 2 * 2, part, to, 0, halves);
      const uint16_t last[] = {values[size - 1], 0};
      if (size % 2 != 0) PutPairs(last, 2, part, to, size - 1, halves);
    }
    if (part.tiles != nullptr) {
      auto* tiles = const_cast<uint16_t*>(part.tiles) + to * part.stride;
      const int64_t count = RoundUp(size, kTileK);
      if (parts_ > 1) {
        kernels.tiles(x, index, size, count, parts_, part.apart, tiles);
      } else {
        std::copy_n(static_cast<const uint16_t*>(x.data) + index, size, tiles);
        std::fill(tiles + size, tiles + count, uint16_t{0});
      }
    }
  }
}

void RunPanels(const RowsTimesMatrix& product, PanelRange first, PanelRange second,
               const LinearKernels& kernels) noexcept {
  const bool gated = product.up != nullptr, alone = product.rows == 1;
  if (alone && !gated) {
    if (first.Count() == 0) std::swap(first, second);
    if (second.Count() == 0) {
      second = {first.begin + (first.Count() + 1) / 2, first.end};
      first.end = second.begin;
    }
  }
  const int64_t most = gated || alone ? kGroup / kStreams : kGroup;
  const auto take = [&](PanelRange& from) {
    const PanelRange taken = {from.begin, std::min(from.begin + most, from.end)};
    from.begin = taken.end;
    return taken;
  };
  while (first.Count() + second.Count() > 0) {
    RunGroup(product, take(first), take(second), kernels);
  }
}

}  // namespace rlx
