// Part of rlxflow, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE in the root of the project.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// Packed integer weights as lanes: one class a format, all with the same members.
//
// For `sub` counting 32 values along k from the start of the panel:
//   At(sub)                 where its integers are
//   Pair<j>(at)             weights 2 j and 2 j + 1 of 16 rows as integers >= kLow
//   Scale(sub, half)        factor of values 0..15 (half 0) and 16..31 (half 1) of the sub
//   Offset(sub)             what is subtracted per value, if kOffset
//   kHalves                 1 if both halves have the same scale, else 2
//   kZero                   the integer that stands for 0
//   kNibbles                whether they are of 4 bits; if so,
//   Bytes<n>(at)            nibbles n and n + 2 of u16s as bytes
//   kLight                  whether unpacking takes fewer instructions than two rows' products
//   Prefetch<alone>(sub)    asks for what is read some subs later, for one row alone, or more
//   PrefetchHalf<half>(sub) asks for half of the bytes of a sub that is read much later

#ifndef RLX_KERNELS_WEIGHTS_ISA_H_
#define RLX_KERNELS_WEIGHTS_ISA_H_

#include "formats.h"
#include "lanes.h"
#include "prefetch_isa.h"

namespace rlx::RLX_ISA {

// Pair j of the four nibble groups of a sub.
template <int j>
RLX_INLINE Pairs NibblePair(const uint16_t* q) noexcept {
  const Pairs all = LoadPairs(q + j / 4 * 32);
  if constexpr (j % 4 == 3) return ShiftRight<12>(all);
  if constexpr (j % 4 == 0) return all & SetBits(15);
  return ShiftRight<j % 4 * 4>(all) & SetBits(15);
}

// Every second nibble, from nibble n on, as bytes.
template <int n>
RLX_INLINE Pairs NibbleBytes(const uint16_t* q) noexcept {
  const Pairs all = LoadPairs(q);
  if constexpr (n == 0) return all & SetBits(0x0f0f);
  return ShiftRight<4>(all) & SetBits(0x0f0f);
}

// Bits of `width` at `at` of every int16, moved to bit 4.
template <int at, int width>
RLX_INLINE Pairs MoveToFour(Pairs v) noexcept {
  const Pairs mask = SetBits(static_cast<uint16_t>(((1 << width) - 1) << 4));
  if constexpr (at == 4) return v & mask;
  if constexpr (at < 4) return ShiftLeft<4 - at>(v) & mask;
  return ShiftRight<at - 4>(v) & mask;
}

// Blocks of `subs` subs each, and what one row alone asks for `ahead` bytes before it is read.
template <class Block, int subs, int64_t ahead>
class Blocks {
 public:
  explicit Blocks(const void* first) noexcept : block_(static_cast<const Block*>(first)) {}
  template <bool alone>
  RLX_INLINE void Prefetch(uint64_t sub) const noexcept {
    PrefetchBytes<kBytes, AheadFor(alone, ahead), LevelFor(alone)>(
        reinterpret_cast<const char*>(block_) + sub * kBytes);
  }
  template <int half>
  RLX_INLINE void PrefetchHalf(uint64_t sub) const noexcept {
    const char* at = reinterpret_cast<const char*>(block_) + sub * kBytes;
    PrefetchLater<kBytes / 2>(at + half * (kBytes / 2));
  }

 protected:
  static constexpr int64_t kBytes = sizeof(Block) / subs;
  const Block* block_;
};

class Int8Weights : public Blocks<Int8Block, 1, kNear> {
 public:
  static constexpr int kHalves = 1, kZero = 0;
  static constexpr bool kOffset = false;
  static constexpr bool kNibbles = false;
  static constexpr bool kLight = true;
  explicit Int8Weights(const uint8_t* panel) noexcept
      : Blocks(panel + sizeof(Int8Head)), head_(reinterpret_cast<const Int8Head*>(panel)) {}
  RLX_INLINE const int8_t* At(uint64_t sub) const noexcept { return Base(block_[sub].q[0][0]); }
  template <int j>
  RLX_INLINE static Pairs Pair(const int8_t* at) noexcept {
    return LoadPairsI8(at + 32 * j);
  }
  RLX_INLINE F32 Scale(uint64_t, int) const noexcept { return Load(head_->scale); }

 private:
  const Int8Head* head_;
};

class Q8_0Weights : public Blocks<Q8_0Block, 2, kNear> {
 public:
  static constexpr int kHalves = 1, kZero = 0;
  static constexpr bool kOffset = false;
  static constexpr bool kNibbles = false;
  static constexpr bool kLight = true;
  explicit Q8_0Weights(const uint8_t* panel) noexcept : Blocks(panel) {}
  RLX_INLINE const int8_t* At(uint64_t sub) const noexcept {
    return Base(block_[sub / 2].q[sub % 2][0][0]);
  }
  template <int j>
  RLX_INLINE static Pairs Pair(const int8_t* at) noexcept {
    return LoadPairsI8(at + 32 * j);
  }
  RLX_INLINE F32 Scale(uint64_t sub, int) const noexcept {
    return LoadF16(block_[sub / 2].d[sub % 2]);
  }
};

class Q4_0Weights : public Blocks<Q4_0Block, 2, kFar> {
 public:
  static constexpr int kHalves = 1, kZero = 8;
  static constexpr bool kOffset = false;
  static constexpr bool kNibbles = true;
  static constexpr bool kLight = true;
  explicit Q4_0Weights(const uint8_t* panel) noexcept : Blocks(panel) {}
  RLX_INLINE const uint16_t* At(uint64_t sub) const noexcept {
    return Base(block_[sub / 2].q[sub % 2][0][0]);
  }
  template <int j>
  RLX_INLINE static Pairs Pair(const uint16_t* at) noexcept {
    return NibblePair<j>(at);
  }
  template <int n>
  RLX_INLINE static Pairs Bytes(const uint16_t* at) noexcept {
    return NibbleBytes<n>(at);
  }
  RLX_INLINE F32 Scale(uint64_t sub, int) const noexcept {
    return LoadF16(block_[sub / 2].d[sub % 2]);
  }
};

class Q4KWeights : public Blocks<Q4KBlock, 8, kBlockAhead<Q4KBlock>> {
 public:
  static constexpr int kHalves = 1, kZero = 0;
  static constexpr bool kOffset = true;
  static constexpr bool kNibbles = true;
  static constexpr bool kLight = true;
  explicit Q4KWeights(const uint8_t* panel) noexcept : Blocks(panel) {}
  RLX_INLINE const uint16_t* At(uint64_t sub) const noexcept {
    return Base(block_[sub / 8].q[sub % 8][0][0]);
  }
  template <int j>
  RLX_INLINE static Pairs Pair(const uint16_t* at) noexcept {
    return NibblePair<j>(at);
  }
  template <int n>
  RLX_INLINE static Pairs Bytes(const uint16_t* at) noexcept {
    return NibbleBytes<n>(at);
  }
  RLX_INLINE F32 Scale(uint64_t sub, int) const noexcept {
    return LoadF16(block_[sub / 8].d) * LoadU8(block_[sub / 8].scale[sub % 8]);
  }
  RLX_INLINE F32 Offset(uint64_t sub) const noexcept {
    return LoadF16(block_[sub / 8].dmin) * LoadU8(block_[sub / 8].min[sub % 8]);
  }
};

class Q5KWeights : public Blocks<Q5KBlock, 8, kBlockAhead<Q5KBlock>> {
 public:
  static constexpr int kHalves = 1, kZero = 0;
  static constexpr bool kOffset = true;
  static constexpr bool kNibbles = false;
  static constexpr bool kLight = false;
  explicit Q5KWeights(const uint8_t* panel) noexcept : Blocks(panel) {}
  struct Place {
    const uint16_t *q, *high;
  };
  RLX_INLINE Place At(uint64_t sub) const noexcept {
    const Q5KBlock& block = block_[sub / 8];
    return {Base(block.q[sub % 8][0][0]), Base(block.high[sub % 8][0])};
  }
  template <int j>
  RLX_INLINE static Pairs Pair(Place at) noexcept {
    return NibblePair<j>(at.q) | MoveToFour<j, 1>(LoadPairs(at.high));
  }
  RLX_INLINE F32 Scale(uint64_t sub, int) const noexcept {
    return LoadF16(block_[sub / 8].d) * LoadU8(block_[sub / 8].scale[sub % 8]);
  }
  RLX_INLINE F32 Offset(uint64_t sub) const noexcept {
    return LoadF16(block_[sub / 8].dmin) * LoadU8(block_[sub / 8].min[sub % 8]);
  }
};

class Q6KWeights : public Blocks<Q6KBlock, 8, kBlockAhead<Q6KBlock>> {
 public:
  static constexpr int kHalves = 2, kZero = 32;
  static constexpr bool kOffset = false;
  static constexpr bool kNibbles = false;
  static constexpr bool kLight = false;
  explicit Q6KWeights(const uint8_t* panel) noexcept : Blocks(panel) {}
  struct Place {
    const uint16_t *q, *high;
  };
  RLX_INLINE Place At(uint64_t sub) const noexcept {
    const Q6KBlock& block = block_[sub / 8];
    return {Base(block.q[sub % 8][0][0]), Base(block.high[sub % 8][0][0])};
  }
  template <int j>
  RLX_INLINE static Pairs Pair(Place at) noexcept {
    const Pairs high = LoadPairs(at.high + j / 8 * 32);
    return NibblePair<j>(at.q) | MoveToFour<j % 8 * 2, 2>(high);
  }
  RLX_INLINE F32 Scale(uint64_t sub, int half) const noexcept {
    return LoadF16(block_[sub / 8].d) * LoadI8(block_[sub / 8].scale[sub % 8 * 2 + half]);
  }
};

}  // namespace rlx::RLX_ISA

#endif  // RLX_KERNELS_WEIGHTS_ISA_H_
