// Part of rlxflow, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE in the root of the project.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// Vectors of 16 lanes. Every kernel is written once over these; an instruction set is one file.
//
// A kernel file is compiled once for every instruction set, with RLX_ISA set to its name, and puts
// everything into namespace rlx::RLX_ISA. Such files call no templates or inline functions of the
// standard library that are not trivial: the linker keeps one copy of those, which might hold
// instructions that this CPU lacks.
//
// What every lanes file defines:
//   F32 I32            16 lanes of f32, int32
//   Pairs              16 lanes of two int16 each, next to each other
//   Mask               16 lanes of true or false
//   kTileInt kTileFloat: rows of x whose sums the registers hold, in products of integers, numbers
//   kPanelsInt kPanelsFloat: panels that more rows than these go over at once, 1 or kStreams
//   kSums: F32 of sums that they hold in attention
// F32
//   Zero() Set(x) Load(p) Store(p, v) LoadPart(p, n) StorePart(p, v, n): n < 16 lanes, rest zero
//   LoadF16(p) LoadBf16(p) StoreBf16(p, v): to nearest even, NaN stays NaN
//   LoadBf16Pairs(p, &even, &odd): [16][2] bf16 -> the two members of every pair
//   LoadI8(p) LoadU8(p): 16 bytes as numbers
//   a + b, a - b, a * b, a / b, Fma(a, b, c) = a b + c, Max(a, b) Min(a, b): b if either is NaN
//   Accumulate(sum, a, b) = a b + sum, for tiles of sums that fill the registers
//   Sqrt(a) Round(a): to nearest even; Scale(a, n) = a 2^n for whole n in -126..127
//   Less(a, b) Equal(a, b): false for NaN; Select(mask, yes, no); Any(mask)
//   Sum(a) MaxOf(a): over the lanes
// I32
//   ZeroI() SetI(x) LoadI(p) StoreI(p, v) a + b, ToF32(v), ToI32(f): to nearest even
//   SumI(v): over the lanes; StoreShort(p, v): as int16, for values that fit
// Pairs
//   SetPair(p): the two int16 at p in every lane; LoadPairs(p): [16][2] int16
//   StorePairs(p, v); LoadPairsI8(p): [16][2] int8
//   v & m (bits, m = SetBits(u16)), a | b, ShiftLeft<n>(v) ShiftRight<n>(v): logical, each int16
//   Dot2(acc, a, b) = acc + a.first b.first + a.second b.second
// ByteSums           16 lanes of sums of products of bytes
//   ZeroBytes(); AddBytes(sums, w, x): to every lane its 4 products of w, 0..15, with x, -128..127;
//   8 times at most
//   Whole(high, low) = 256 high + low, as I32
// Where the CPU has it, RLX_LANES_DOT_BF16 is defined, and Pairs may be of bf16:
//   DotBf16(acc, a, b) = acc + a.first b.first + a.second b.second, in f32, denormal numbers as 0
//   RoundPairs(first, second): f32 to nearest even; denormal numbers may become 0
//   WidenPairs(v, &first, &second): two int16 as f32; SplitPairs(v, &first, &second): two bf16
// Where it adds products of int16 in one instruction, RLX_LANES_DOT_BYTES is defined, and there are
//   Bytes              64 columns of a row of bytes
//   LoadBytes(p) LoadBytes(p, n): the first n < 64 of them, and zeros
//   Interleave(rows, &first, &second): for 16 columns a vector, in an order of the set's own, Pairs
//   of rows 0 and 1, as -128..127 + 128, and of 2 and 3; InOrder(sums): I32 of those columns, put
//   in order; SumOfFirst(v): over lanes 0, 1, 4, 5, .., which meet such rows 0 and 1
//   Accumulate(sum, a, b) = Dot2(sum, a, b), for tiles of sums that fill the registers
// Where it is faster than LoadBf16, RLX_LANES_MIX_BF16 is defined, and there are
//   LoadBf16Mixed(p): in an order of the set's own; InOrder(v): lanes in that order, put in order
// lanes_math.h adds Exp and what is built on it, for all of them.

#ifndef RLX_KERNELS_LANES_H_
#define RLX_KERNELS_LANES_H_

#include <cstddef>
#include <cstdint>

#ifndef RLX_ISA
#error "RLX_ISA is the instruction set that this file is compiled for: scalar, avx2, ..."
#endif

#ifdef RLX_SIMDE  // only to be tested; see lanes_avx512.h
#define RLX_INLINE inline
#define RLX_UNROLL
#else
#define RLX_INLINE inline __attribute__((always_inline))
// Before a loop over rows: arrays of lanes stay in registers only if such loops are unrolled.
#define RLX_UNROLL _Pragma("GCC unroll 16")
#endif
#define RLX_STRING_(x) #x
#define RLX_STRING(x) RLX_STRING_(x)

#if defined(RLX_LANES_AVX512)
#include "lanes_avx512.h"
#elif defined(RLX_LANES_AVX2)
#include "lanes_avx2.h"
#elif defined(RLX_LANES_NEON)
#include "lanes_neon.h"
#else
#include "lanes_scalar.h"
#endif

namespace rlx::RLX_ISA {
#ifdef RLX_LANES_MIX_BF16
inline constexpr bool kMixesBf16 = true;
#else
inline constexpr bool kMixesBf16 = false;
RLX_INLINE F32 LoadBf16Mixed(const uint16_t* p) noexcept { return LoadBf16(p); }
RLX_INLINE F32 InOrder(F32 v) noexcept { return v; }
#endif
}  // namespace rlx::RLX_ISA

#include "lanes_math.h"

#endif  // RLX_KERNELS_LANES_H_
