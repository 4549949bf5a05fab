// Part of rlxflow, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE in the root of the project.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// What attention to bytes asks memory for while it works on a step; see README.md for how it was
// measured. Lines go into the second cache: they are more than the first one holds.

#ifndef RLX_KERNELS_BYTES_AHEAD_H_
#define RLX_KERNELS_BYTES_AHEAD_H_

#include "attend_work.h"

namespace rlx::RLX_ISA {
namespace {

// Slots of a step.
constexpr int64_t kByteStep = kScalesAhead;

#ifdef RLX_AMX
// On Sapphire Rapids: lines of the steps behind this one, at all times alike, in streams that each
// follow memory. First the step behind it, and where that is a short one, or there is none, the one
// that the next head begins with.
class BytesAhead {
 public:
  explicit BytesAhead(const Work& w) noexcept : w_(w) {
    const Seen seen = SeenByAny(w.a, w.row);
    const int64_t position = w.step.position + w.step.count;
    const int64_t count = position <= seen.last ? AddStep(seen, position, 0) : 0;
    if (count < kByteStep) AddStep(seen, seen.first, 1);
    Begin();
  }
  void Keys() noexcept {}
  void Values() noexcept {}
  RLX_INLINE void Column(int64_t) noexcept {}
  // While four rows are multiplied, or 16 scores of a query become weights.
  RLX_INLINE void Rows(const int8_t*, int64_t) noexcept { Ask<3>(); }
  template <int queries>
  RLX_INLINE void Weights() noexcept {
    Ask<2 * queries>();
  }

 private:
  // Lines of `rows` rows that are `stride` bytes apart, `width` bytes of each; kValueStreams rows
  // go side by side.
  struct Strip {
    const char* from;
    int64_t width, stride, rows;
  };

  int64_t AddStep(Seen seen, int64_t position, int64_t head) noexcept {
    const AttendDecode& a = w_.a;
    const int64_t slot = position % a.s, per_head = HeadAt(w_, a.e * a.s) + head * a.e * a.s;
    const int64_t count = Least(Least(kByteStep, a.s - slot), seen.last + 1 - position);
    const char *keys = static_cast<const char*>(a.keys) + per_head + slot,
               *values = static_cast<const char*>(a.values) + per_head + slot * a.e;
    strips_[count_++] = {keys, count, a.s, a.e};
    const int64_t part = count * a.e / kValueStreams;
    strips_[count_++] = {values, part, part, kValueStreams};
    return count;
  }

  // The next strips; the last ones over and over.
  void Begin() noexcept {
    strip_ = strips_[next_];
    next_ = next_ + 1 < count_ ? next_ + 1 : next_;
    at_ = strip_.from;
    end_ = at_ + strip_.width;
    row_ = 0;
  }

  template <int lines>
  RLX_INLINE void Ask() noexcept {
    RLX_UNROLL for (int i = 0; i < lines; ++i) {
      __builtin_prefetch(at_ + row_ * strip_.stride, 0, 2);
      if (++row_ < kValueStreams && row_ < strip_.rows) continue;
      row_ = 0;
      at_ += 64;
      if (at_ < end_) continue;
      end_ += kValueStreams * strip_.stride;
      at_ = end_ - strip_.width;
      strip_.rows -= kValueStreams;
      if (strip_.rows <= 0) Begin();
    }
  }

  const Work& w_;
  Strip strips_[4];  // keys and values of two steps
  int count_ = 0, next_ = 0;
  Strip strip_;
  const char *at_, *end_;  // of the first of the rows at hand
  int64_t row_;            // of these, which comes next
};
#else
// On Zen 4: keys in every row of them, and where the last visible one is, those of the next head;
// values in their run.
class BytesAhead {
 public:
  explicit BytesAhead(const Work& w) noexcept : w_(w) {}
  void Keys() noexcept {
    const AttendDecode& a = w_.a;
    const Seen seen = SeenByAny(a, w_.row);
    const bool last = w_.piece.position + w_.piece.count > seen.last;
    const int64_t end = last ? w_.piece.slot + w_.piece.count : a.s;
    border_ = end - w_.step.slot - kKeys;
    near_ = kKeys;
    far_ = kKeys + a.e * a.s - end + seen.first % a.s;
  }
  void Values() noexcept { near_ = far_ = kValues; }
  RLX_INLINE void Column(int64_t j) noexcept { ahead_ = j < border_ ? near_ : far_; }
  RLX_INLINE void Rows(const int8_t* first, int64_t stride) noexcept {
    RLX_UNROLL for (int n = 0; n < 4; ++n) __builtin_prefetch(first + n * stride + ahead_, 0, 2);
  }
  template <int>
  RLX_INLINE void Weights() noexcept {}

 private:
  static constexpr int64_t kKeys = 1024, kValues = 8192;

  const Work& w_;
  // Ahead of column j: `near_` bytes before column `border_`, `far_` from there on.
  int64_t border_ = 0, near_ = 0, far_ = 0, ahead_ = 0;
};
#endif

}  // namespace
}  // namespace rlx::RLX_ISA

#endif  // RLX_KERNELS_BYTES_AHEAD_H_
