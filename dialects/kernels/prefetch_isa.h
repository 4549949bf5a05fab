// Part of rlxflow, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE in the root of the project.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// Where packed weights lie, and asking memory for them.

#ifndef RLX_KERNELS_PREFETCH_ISA_H_
#define RLX_KERNELS_PREFETCH_ISA_H_

#include <cstdint>

#include "lanes.h"

namespace rlx::RLX_ISA {

// An address in one register, from which loads count; GCC adds its parts anew for every load.
template <class T>
RLX_INLINE const T* Base(const T* address) noexcept {
  asm("" : "+r"(address));
  return address;
}

// Where rows are read from: the first cache, where nothing is asked for, or memory, as rows one
// behind the other, as strips of long rows, or as streams that begin apart; see rows_ahead.h.
enum class Source { kCache, kRows, kStrips, kStreams };

// Panels that one row goes over side by side; how far ahead memory is asked for, in bytes, and for
// which cache (3: the first level, 2: the second), by one row or more; measured, see README.md.
// Unpacking fills the window in which the CPU looks ahead by itself, so that loads would wait for
// memory and unpacking for loads. Where unpacking is short, asking further ahead is slower for one
// row alone; several rows take longer for a line than memory.
#ifdef RLX_LANES_AVX512  // on Zen 4
inline constexpr int kLevel = 2;
template <class Block>  // of 256 values, whose scales lie at the end
inline constexpr int64_t kBlockAhead = sizeof(Block) + 1536;
constexpr int64_t AheadFor(bool alone, int64_t of_one) noexcept { return alone ? of_one : 8192; }
// Of attention: rows of keys that are read side by side (they may be a power of two apart, so that
// their lines fall into one set of the first cache), and how far ahead of strips of them memory is
// asked for; how values are read, in how many streams if in streams, bytes of them that are gone
// through at a time, and lines that are asked for while 16 scores become weights.
#ifdef RLX_AMX  // on Sapphire Rapids
inline constexpr int kStreams = 4, kLevelOfOne = 3;
inline constexpr int64_t kNear = 2048, kFar = 2048;
inline constexpr int kKeyRows = 16, kStripLevel = kLevelOfOne;
inline constexpr int64_t kStripAhead = 1024;
inline constexpr int64_t kValueBlock = 16 * 1024;
inline constexpr Source kValueSource = Source::kStreams;
inline constexpr int kValueStreams = 4, kValuesEarly = 2;
#else
inline constexpr int kStreams = 2, kLevelOfOne = kLevel;
inline constexpr int64_t kNear = 1024, kFar = 1024;
inline constexpr int kKeyRows = 8, kStripLevel = kLevel;
inline constexpr int64_t kStripAhead = 2048;
inline constexpr int64_t kValueBlock = 8 * 1024;
inline constexpr Source kValueSource = Source::kCache;  // the CPU follows them best if left alone
inline constexpr int kValueStreams = 1, kValuesEarly = 0;
#endif
#else  // on Zen 3
inline constexpr int kStreams = 2, kLevel = 3, kLevelOfOne = kLevel;
inline constexpr int64_t kNear = 1024, kFar = 2048;
template <class Block>
inline constexpr int64_t kBlockAhead = kFar;
constexpr int64_t AheadFor(bool, int64_t of_one) noexcept { return of_one; }
inline constexpr int kKeyRows = 8, kStripLevel = kLevel;
inline constexpr int64_t kStripAhead = 1024;
inline constexpr int64_t kValueBlock = 8 * 1024;
inline constexpr Source kValueSource = Source::kRows;
inline constexpr int kValueStreams = 1, kValuesEarly = 0;
#endif

constexpr int LevelFor(bool alone) noexcept { return alone ? kLevelOfOne : kLevel; }

// Asks for `bytes` that begin so far behind an address. Past the end of a matrix this asks in
// vain, which does no harm.
template <int64_t bytes, int64_t ahead, int level>
RLX_INLINE void PrefetchBytes(const void* address) noexcept {
  const auto* at = static_cast<const char*>(address) + ahead;
  RLX_UNROLL
  for (int64_t i = 0; i < bytes; i += 64) __builtin_prefetch(at + i, 0, level);
}

// Asks for `bytes` that begin at an address, for the second-level cache.
template <int64_t bytes>
RLX_INLINE void PrefetchLater(const char* at) noexcept {
  RLX_UNROLL
  for (int64_t i = 0; i < bytes; i += 64) __builtin_prefetch(at + i, 0, 2);
}

}  // namespace rlx::RLX_ISA

#endif  // RLX_KERNELS_PREFETCH_ISA_H_
