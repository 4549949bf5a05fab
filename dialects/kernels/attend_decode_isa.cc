// Part of rlxflow, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE in the root of the project.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// Attention to a cache. Each task reads its piece of keys and values once, for all queries of the
// head: weights are relative to the piece's own largest score; the merge puts the pieces together.
//
// A cell of a cache takes part in g products, so with g = 4 each 8 cells need 4 multiply-adds of 8
// lanes. Zen 3 with AVX2, 3.2 GHz, 2026-11-26, counted in cycles of one thread for a key and a
// value of 64 and 4 queries: 32 for the multiply-adds alone; 51 for all of attention from the
// second cache in bf16 and f16, of which keys take 25, values 20, softmax 5. Plain reading of the
// same bytes takes 100 (f32), 50 and 25 (int8): f32 waits for memory, int8 for multiplications,
// unless the CPU multiplies int16 (attend_bytes.h).

#include "attend_cells.h"
#include "attend_decode.h"
#include "attend_work.h"
#include "attend_write.h"
#include "lanes.h"
#include "products.h"
#ifdef RLX_LANES_DOT_BYTES
#include "attend_bytes.h"
#endif

namespace rlx::RLX_ISA {
namespace {

template <class Cell>
void Score(Work& w) noexcept {
  const AttendDecode& a = w.a;
  const int64_t count = w.step.count;
  const Cell* keys = static_cast<const Cell*>(a.keys) + HeadAt(w, a.e * a.s) + w.step.slot;
  for (int64_t i = 0; i < w.count; ++i) {
    for (int64_t j = 0; j < count; j += 16) Store(w.scores + i * w.stride + j, Zero());
  }
  AddFromMemory(Rows<const float>{w.queries, a.e}, w.count, Rows<const Cell>{keys, a.s}, a.e,
                kKeyRows, count, Rows<float>{w.scores, w.stride});
  SortLanes<Cell>(Rows<float>{w.scores, w.stride}, w.count, count);
  const float* scales = ReadScales(w, a.key_scales, 0, count);
  if (scales == nullptr && a.softcap == 0.0f) return;
  for (int64_t i = 0; i < w.count; ++i) {
    float* scores = w.scores + i * w.stride;
    for (int64_t j = 0; j < count; j += 16) {
      const F32 score = Load(scores + j);
      Store(scores + j, Capped(scales == nullptr ? score : score * Load(scales + j), a.softcap));
    }
  }
}

// Values of the step from slot `begin` of it on.
template <class Cell>
const Cell* ValuesFrom(const Work& w, int64_t begin) noexcept {
  const int64_t at = HeadAt(w, w.a.s * w.a.e) + (w.step.slot + begin) * w.a.e;
  return static_cast<const Cell*>(w.a.values) + at;
}

// Slots [begin, end) of the step, which all queries of the block see.
struct Span {
  int64_t begin, end;
};

Span SeenByAll(const Work& w) noexcept {
  Span span{0, w.step.count};
  for (int64_t i = 0; i < w.count; ++i) {
    span.begin = Most(span.begin, w.begin[i]);
    span.end = Least(span.end, w.end[i]);
  }
  return {span.begin, Most(span.begin, span.end)};
}

// Turns scores into weights. This is the piece's only step, so there is nothing to join them with.
// Meanwhile memory is asked for what streams of values begin with.
template <class Cell>
void WeighAll(Work& w) noexcept {
  const Span span = SeenByAll(w);
  const char* next = reinterpret_cast<const char*>(ValuesFrom<Cell>(w, span.begin));
  const int64_t part =
      (span.end - span.begin) / kValueStreams * w.a.e * static_cast<int64_t>(sizeof(Cell));
  int stream = 0;
  const auto ask = [&]() __attribute__((always_inline)) {
    RLX_UNROLL for (int i = 0; i < kValuesEarly; ++i) {
      __builtin_prefetch(next + stream * part, 0, 2);
      stream = (stream + 1) % kValueStreams;
      if (stream == 0) next += 64;
    }
  };
  const int64_t width = LanesUp(w.step.count);
  const float* scales = ReadScales(w, w.a.value_scales, 0, w.step.count);
  for (int64_t i = 0; i < w.count; ++i) {
    float* scores = w.scores + i * w.stride;
    const float best = Hide(scores, w.begin[i], w.end[i], width);
    Join(w, i, best, Weigh(scores, width, best, scales, ask));
  }
}

// Adds slots [begin, end) of the step, weighted, for queries [i, i + count) of the block.
template <class Cell>
void AddValues(Work& w, int64_t i, int64_t count, int64_t begin, int64_t end) noexcept {
  const AttendDecode& a = w.a;
  const int64_t block = Most(8, kValueBlock / (a.e * static_cast<int64_t>(sizeof(Cell))));
  const Rows<const float> by{w.scores + i * w.stride + begin, w.stride};
  const Rows<const Cell> from{ValuesFrom<Cell>(w, begin), a.e};
  const Rows<float> to{SumsOf(w, i), LanesUp(a.e)};
  if constexpr (kValueSource == Source::kStreams) {
    AddFromStreams(by, count, from, end - begin, block, a.e, to);
  } else {
    AddProducts<kValueSource>(by, count, from, end - begin, block, a.e, to);
  }
}

// Slots that all queries of the block see are read once; others only for those who see them.
template <class Cell>
void Mix(Work& w) noexcept {
  const auto [begin, end] = SeenByAll(w);
  AddValues<Cell>(w, 0, w.count, begin, end);
  for (int64_t i = 0; i < w.count; ++i) {
    if (w.begin[i] < begin) AddValues<Cell>(w, i, 1, w.begin[i], Least(begin, w.end[i]));
    if (w.end[i] > end) AddValues<Cell>(w, i, 1, Most(end, w.begin[i]), w.end[i]);
  }
  SortLanes<Cell>(Rows<float>{SumsOf(w, 0), LanesUp(w.a.e)}, w.count, w.a.e);
}

// The block of queries, in one step: longer strips of keys are read faster.
template <class Cell>
void AttendBlock(Work& w) noexcept {
  TakeStep(w, 0, w.piece.count);
  Score<Cell>(w);
  WeighAll<Cell>(w);
  Mix<Cell>(w);
}

template <class AWork>
void AttendPiece(const AttendDecode& a, int64_t row, int64_t head, int64_t index,
                 void (*attend)(AWork& w) noexcept) noexcept {
  AWork w(a, row, head, index);
  if (a.new_keys != nullptr) WriteRows(a, row, head, w.piece);
  const int64_t block = Most(1, Least(kMostQueries, kMostElements / a.e));
  for (w.first = 0; w.first < a.t * a.g; w.first += block) {
    w.count = Least(block, a.t * a.g - w.first);
    ReadQueries(w);
    attend(w);
  }
}

void DecodePiece(const AttendDecode& a, int64_t row, int64_t head, int64_t index) noexcept {
  if (a.cache == Element::kF32) return AttendPiece(a, row, head, index, AttendBlock<float>);
  if (a.cache == Element::kBf16) return AttendPiece(a, row, head, index, AttendBlock<Bf16>);
  if (a.cache == Element::kF16) return AttendPiece(a, row, head, index, AttendBlock<F16>);
#ifdef RLX_LANES_DOT_BYTES
  AttendPiece(a, row, head, index, AttendBytes);
#else
  AttendPiece(a, row, head, index, AttendBlock<int8_t>);
#endif
}

// One query: sums of the pieces relative to the largest score of all.
void MergeQuery(const AttendDecode& a, int64_t row, int64_t head, int64_t pieces,
                int64_t query) noexcept {
  float best = kLowest, weight = 0.0f;
  for (int64_t i = 0; i < pieces; ++i) {
    const float own = PartOf(a, row, head, i).best[query];
    best = own > best ? own : best;
  }
  const int64_t wide = LanesUp(a.e);
  float* total = PartOf(a, row, head, 0).sums + query * wide;
  for (int64_t i = 0; i < pieces; ++i) {
    const Part part = PartOf(a, row, head, i);
    const float by = FirstOf(ExpBelow(Set(part.best[query] - best)));
    const float* sums = part.sums + query * wide;
    for (int64_t j = 0; j < wide; j += 16) {
      const F32 before = i == 0 ? Zero() : Load(total + j);
      Store(total + j, Fma(Load(sums + j), Set(by), before));
    }
    weight += by * part.weight[query];
  }
  const int64_t token = query / a.g, group = query % a.g;
  const int64_t at = (((row * a.t + token) * a.k + head) * a.g + group) * a.e;
  WriteQuotients(a.x, a.out, at, a.e, total, weight);
}

void DecodeMerge(const AttendDecode& a, int64_t row, int64_t head) noexcept {
  const int64_t pieces = CountPieces(a, row);
  for (int64_t query = 0; query < a.t * a.g; ++query) MergeQuery(a, row, head, pieces, query);
}

}  // namespace

extern const DecodeKernels kDecode;
const DecodeKernels kDecode = {DecodePiece, DecodeMerge};

}  // namespace rlx::RLX_ISA
