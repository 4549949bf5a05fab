// Part of rlxflow, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE in the root of the project.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "panels_run.h"

namespace rlx {
namespace {

int64_t Subs(int64_t in_dim) noexcept { return RoundUp(in_dim, 64) / kSub; }

// Rows lie 64 bytes more apart than they need, so that powers of two do not share cache sets.
int64_t Stride(int64_t in_dim) noexcept { return RoundUp(in_dim, 16) + 16; }

// Values of a part, of rows that are whole or not.
int64_t BlockOf(bool whole, int64_t in_dim) noexcept {
  return whole ? RoundUp(in_dim, 64) : kBlock;
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

// Adds the products of a part of x with the panels of two stretches to their tiles. Neighbours are
// met together.
void Multiply(const Stretch& first, const Stretch& second, const Ready& x, int64_t end, int64_t row,
              int rows, const LinearKernels& kernels) noexcept {
  PanelPart part = {0, {}, {}, x.begin, end, x, row, rows, nullptr, 0, 0};
  for (const Stretch* one : {&first, &second}) {
    const PanelFn multiply = kernels.Panel(one->format, x);
    for (int64_t i = 0; i < one->count; i += kPair, part.panels = 0) {
      for (int64_t next = i; next < std::min(i + kPair, one->count); ++next) {
        part.panel[part.panels] = one->panel + next * one->bytes;
        part.tile[part.panels++] = one->tiles + next * rows * kPanelRows;
      }
      // Behind the last panels come those of the other stretch, or the next values of the first.
      const bool last = i + kPair >= one->count, turns = last && one == &second;
      const Stretch& then = !last ? *one : turns || second.count == 0 ? first : second;
      part.next = then.At(last ? 0 : i + kPair, last && &then == &first ? end : x.begin);
      part.next_bytes = PanelBytes(then.format, end - x.begin);
      part.apart = then.bytes;
      multiply(part);
    }
  }
}

// Computes the results of panels, which together with those of `up` are kGroup at most. Results
// stand on the stack, 512 KiB at most.
void RunGroup(const RowsTimesMatrix& product, PanelRange panels,
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
    const Stretch one(*product.matrix, panels, in_dim, tiles);
    const Stretch other(gated ? *product.up : *product.matrix, gated ? panels : PanelRange{},
                        in_dim, tiles + one.count * tile);
    std::fill_n(tiles, (one.count + other.count) * tile, 0.0f);
    for (int64_t begin = 0; begin < in_dim; begin += block) {
      const int64_t end = std::min(begin + block, in_dim);
      Multiply(one, other, product.x->Part(begin), end, finish.row, rows, kernels);
    }
    finish.rows = rows;
    for (int64_t i = 0; i < one.count; ++i) {
      finish.TakePanel(panels.begin + i);
      finish.tile = one.tiles + i * tile;
      if (gated) finish.up = other.tiles + i * tile;
      (*kernels.finish)(finish);
    }
  }
}

}  // namespace

Finish FinishOf(const RowsTimesMatrix& product) noexcept {
  const Matrix& matrix = *product.matrix;
  Finish finish = {};
  finish.act = product.act;
  finish.row = product.first_row;
  finish.y_columns = matrix.out_dim;
  finish.bias = matrix.bias;
  if (product.up != nullptr) finish.up_bias = product.up->bias;
  finish.residual = product.residual;
  finish.y = matrix.y;
  return finish;
}

ReadyRows::ReadyRows(void* workspace, Needs forms, int64_t rows, int64_t in_dim,
                     int64_t at_once) noexcept
    : rows_(rows),
      in_dim_(in_dim),
      whole_(at_once <= kFewRows),
      block_(BlockOf(whole_, in_dim)),
      eights_(whole_ || forms.tiles > 0 ? 0 : rows / 8 * 8),
      parts_(forms.tiles) {
  auto at = RoundUp(static_cast<int64_t>(reinterpret_cast<uintptr_t>(workspace)), 64);
  if (forms.floats) floats_ = reinterpret_cast<float*>(at);
  if (forms.halves) halves_ = reinterpret_cast<uint16_t*>(at);
  if (forms.floats || forms.halves) at += rows_ * RowValues(in_dim_, block_) * 4;
  if (forms.tiles > 0) tiles_ = reinterpret_cast<uint16_t*>(at);
  if (forms.ints) ints_ = reinterpret_cast<IntSub*>(at);
  if (forms.digits) {
    digits_ = reinterpret_cast<DigitSub*>(at);
    heads_ = reinterpret_cast<DigitHead*>(digits_ + rows_ * Subs(in_dim_));
  }
}

int64_t ReadyRows::Bytes(Needs needs, int64_t rows, int64_t in_dim, int64_t at_once) noexcept {
  const bool integer = needs.AnyInts();  // in bf16 the same rows take no more
  const int64_t ints = integer ? Subs(in_dim) * static_cast<int64_t>(sizeof(IntSub)) : 0;
  const bool any = needs.floats || needs.halves;
  const int64_t values = any ? RowValues(in_dim, BlockOf(at_once <= kFewRows, in_dim)) * 4 : 0;
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
  part.rows = rows_;
  if (digits_ != nullptr) {
    part.digits = digits_ + rows_ * Subs(begin);
    part.heads = heads_ + rows_ * Subs(begin);
  }
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
      kernels.digits(x, index, size, part.subs, rows_, const_cast<DigitSub*>(part.digits) + to,
                     const_cast<DigitHead*>(part.heads) + to);
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

void RunPanels(const RowsTimesMatrix& product, PanelRange panels,
               const LinearKernels& kernels) noexcept {
  const bool gated = product.up != nullptr;
  if (const int streams = product.x->Streams(product.rows, kernels); streams > 1) {
    PanelRange ranges[kMostStreams];
    const int count = gated ? streams / 2 : streams;
    for (int i = 0; i < count; ++i) ranges[i] = Part(panels, i, count);
    return RunSideBySide({&product, 1}, {ranges, static_cast<size_t>(count)}, kernels);
  }
  const int64_t most = gated ? kGroup / 2 : kGroup;
  for (int64_t begin = panels.begin; begin < panels.end; begin += most) {
    RunGroup(product, {begin, std::min(begin + most, panels.end)}, kernels);
  }
}

}  // namespace rlx
