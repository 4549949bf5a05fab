// Part of rlxflow, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE in the root of the project.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// Sums of products of numbers with bytes, where RLX_LANES_DOT_BYTES is defined: the numbers become
// integers of 16 bits, four rows of bytes are taken together, and sums are integers.

#ifndef RLX_KERNELS_BYTE_PRODUCTS_H_
#define RLX_KERNELS_BYTE_PRODUCTS_H_

#include "lanes.h"
#include "linear.h"
#include "products.h"

namespace rlx::RLX_ISA {
namespace {

// Rows of bytes whose products with integers surely fit 32 bits in the end; sums may wrap around
// before.
constexpr int64_t kByteRows = 512;
static_assert(kByteRows * 128 * (kMostQ + 1) < int64_t{1} << 31);

// Numbers: integers times `scale`.
struct Scaled {
  int16_t q[kByteRows];  // zeros up to a multiple of 4
  float scale;
  int32_t sum;  // of q[0], q[1], q[4], q[5], ..: of those whose bytes come with 128 added
};

RLX_INLINE F32 LoadSome(const float* p, int64_t count) noexcept {
  return count < 16 ? LoadPart(p, static_cast<int>(count)) : Load(p);
}

// 0 if all numbers are finite, else NaN.
inline float NanUnlessFinite(const float* from, int64_t count) noexcept {
  F32 nan = Zero();
  for (int64_t j = 0; j < count; j += 16) nan = Fma(LoadSome(from + j, count - j), Zero(), nan);
  return Sum(nan);
}

// Largest and least of finite numbers and zero.
struct Range {
  RLX_INLINE void See(F32 v) noexcept {
    most = Max(most, v);
    least = Min(least, v);
  }

  F32 most = Zero(), least = Zero();
};

// What makes integers of numbers, and numbers of these, by the largest size of one. If one is not
// finite, as `nan` says, or all are tiny, integers are zero; `scale` is NaN then, or zero.
struct ByLargest {
  ByLargest() = default;
  ByLargest(const Range& of, float nan) noexcept {
    const float largest = MaxOf(Max(of.most, Zero() - of.least));
    const bool none = nan != 0.0f || !(largest >= 0x1p-100f);
    inverse = none ? 0.0f : kMostQ / largest;
    scale = (none ? 0.0f : largest / kMostQ) + nan;
  }

  RLX_INLINE F32 Times(F32 v) const noexcept {
    return inverse == 0.0f ? Zero() : v * Set(inverse);  // infinity, too
  }

  float inverse, scale;
};

inline void MakeScaled(const float* from, int64_t count, Scaled* to) noexcept {
  Range range;
  for (int64_t j = 0; j < count; j += 16) range.See(LoadSome(from + j, count - j));
  const ByLargest by(range, NanUnlessFinite(from, count));
  I32 sum = ZeroI();
  for (int64_t j = 0; j < count; j += 16) {
    const I32 q = ToI32(by.Times(LoadSome(from + j, count - j)));
    StoreShort(to->q + j, q);
    sum = sum + q;
  }
  to->scale = by.scale;
  to->sum = SumOfFirst(sum);
}

// put(r, v, scale of by[r] * sum_i by[r].q[i] from[i][16 v ..]) for R rows and 64 columns, a line
// of memory, or the first `rest`.
template <int R, bool kPart, class Ahead, class Put>
RLX_INLINE void AddLines(const Scaled* by, Rows<const int8_t> from, int64_t count, int rest,
                         Ahead& ahead, const Put& put) noexcept {
  I32 sums[R][4];
  RLX_UNROLL for (int r = 0; r < R; ++r) {
    RLX_UNROLL for (int v = 0; v < 4; ++v) sums[r][v] = SetI(-128 * by[r].sum);
  }
  const auto add = [&](int64_t i, int64_t last) __attribute__((always_inline)) {
    Bytes rows[4];
    RLX_UNROLL for (int n = 0; n < 4; ++n) {
      const int8_t* row = from.data + Least(i + n, last) * from.stride;
      rows[n] = kPart ? LoadBytes(row, rest) : LoadBytes(row);
    }
    ahead.Rows(from.data + i * from.stride, from.stride);
    Pairs first[4], second[4];
    Interleave(rows, first, second);
    RLX_UNROLL for (int r = 0; r < R; ++r) {
      const Pairs firsts = SetPair(by[r].q + i), seconds = SetPair(by[r].q + i + 2);
      RLX_UNROLL for (int v = 0; v < 4; ++v) sums[r][v] = Accumulate(sums[r][v], first[v], firsts);
      RLX_UNROLL for (int v = 0; v < 4; ++v) {
        sums[r][v] = Accumulate(sums[r][v], second[v], seconds);
      }
    }
  };
  int64_t i = 0;
  for (; i + 4 <= count; i += 4) add(i, i + 3);
  if (i < count) add(i, count - 1);  // their integers are zero from `count` on
  RLX_UNROLL for (int r = 0; r < R; ++r) {
    InOrder(sums[r]);
    RLX_UNROLL for (int v = 0; v < 4; ++v) {
      if (!kPart || 16 * v < rest) put(r, v, ToF32(sums[r][v]) * Set(by[r].scale));
    }
  }
}

// The same for R rows and all columns j < width: put(r, j, ...).
template <int R, class Ahead, class Put>
RLX_INLINE void AddSomeBytes(const Scaled* by, Rows<const int8_t> from, int64_t count,
                             int64_t width, Ahead& ahead, const Put& put) noexcept {
  for (int64_t j = 0; j < width; j += 64) {
    const Rows<const int8_t> here{from.data + j, from.stride};
    const int rest = static_cast<int>(Least(width - j, 64));
    ahead.Column(j);
    const auto to = [&](int r, int v, F32 sums)
                        __attribute__((always_inline)) { put(r, j + 16 * v, sums); };
    if (rest == 64) {
      AddLines<R, false>(by, here, count, rest, ahead, to);
    } else {
      AddLines<R, true>(by, here, count, rest, ahead, to);
    }
  }
}

// put(r, j, scale of by[r] * sum_i by[r].q[i] from[i][j ..]), 16 sums, for r < rows, i < count, j =
// 0, 16, .. < width. `ahead` is told where this is.
template <class Ahead, class Put>
void AddBytes(const Scaled* by, int64_t rows, Rows<const int8_t> from, int64_t count, int64_t width,
              Ahead& ahead, const Put& put) noexcept {
  for (int64_t first = 0; first < rows;) {
    const auto to = [&](int r, int64_t j, F32 sums)
                        __attribute__((always_inline)) { put(first + r, j, sums); };
    const Scaled* some = by + first;
    if (rows - first >= 4) {
      AddSomeBytes<4>(some, from, count, width, ahead, to);
      first += 4;
    } else if (rows - first >= 2) {
      AddSomeBytes<2>(some, from, count, width, ahead, to);
      first += 2;
    } else {
      AddSomeBytes<1>(some, from, count, width, ahead, to);
      first += 1;
    }
  }
}

}  // namespace
}  // namespace rlx::RLX_ISA

#endif  // RLX_KERNELS_BYTE_PRODUCTS_H_
