// Part of rlxflow, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE in the root of the project.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "lanes.h"
#include "lanes_test.h"

namespace rlx::RLX_ISA {
namespace {

using test::LanesIn;
using test::LanesOut;
using test::LanesRow;

LanesRow* Next(LanesOut* out, const char* name, bool numbers) noexcept {
  LanesRow* row = &out->rows[out->count++];
  row->name = name;
  row->numbers = numbers;
  for (int i = 0; i < 16; ++i) row->bits[i] = 0;
  return row;
}
void Put(LanesOut* out, const char* name, F32 v) noexcept {
  Store(Next(out, name, true)->number, v);
}
void Put(LanesOut* out, const char* name, I32 v) noexcept {
  StoreI(reinterpret_cast<int32_t*>(Next(out, name, false)->bits), v);
}
void Put(LanesOut* out, const char* name, Pairs v) noexcept {
  StorePairs(Next(out, name, false)->bits, v);
}
void Put(LanesOut* out, const char* name, float value) noexcept { Put(out, name, Set(value)); }

void Memory(const LanesIn& in, LanesOut* out) noexcept {
  Put(out, "Zero", Zero());
  Put(out, "LoadPart", LoadPart(in.a, in.part));
  StorePart(Next(out, "StorePart", true)->number, Load(in.a), in.part);
  Put(out, "LoadF16", LoadF16(in.halves));
  Put(out, "LoadBf16", LoadBf16(in.halves));
  Put(out, "LoadBf16Mixed", InOrder(LoadBf16Mixed(in.halves)));
  StoreBf16(reinterpret_cast<uint16_t*>(Next(out, "StoreBf16", false)->bits), Load(in.a));
  F32 even, odd;
  LoadBf16Pairs(in.halves, &even, &odd);
  Put(out, "LoadBf16Pairs even", even);
  Put(out, "LoadBf16Pairs odd", odd);
  Put(out, "LoadI8", LoadI8(in.bytes));
  Put(out, "LoadU8", LoadU8(reinterpret_cast<const uint8_t*>(in.bytes)));
}

void Numbers(const LanesIn& in, LanesOut* out) noexcept {
  const F32 a = Load(in.a), b = Load(in.b), c = Load(in.c), whole = Load(in.whole);
  const F32 few = Load(in.few);
  Put(out, "+", a + b);
  Put(out, "-", a - b);
  Put(out, "*", a * b);
  Put(out, "/", a / b);
  Put(out, "Fma", Fma(few, whole, c));
  Put(out, "Accumulate", Accumulate(c, few, whole));
  Put(out, "Max", Max(a, b));
  Put(out, "Min", Min(a, b));
  Put(out, "Sqrt", Sqrt(a));
  Put(out, "Round", Round(a));
  Put(out, "Scale", Scale(a, whole));
  Put(out, "Less", Select(Less(a, b), a, b));
  Put(out, "Equal", Select(Equal(a, b), Set(1.0f), Set(2.0f)));
  Put(out, "Any", Any(Less(a, Set(-7.0f))) ? 1.0f : 0.0f);
  Put(out, "Sum", Sum(whole));
  Put(out, "MaxOf", MaxOf(whole));
}

// As many additions as there may be.
I32 WholeOf(Pairs w, Pairs highs, Pairs lows) noexcept {
  ByteSums high = ZeroBytes(), low = ZeroBytes();
  RLX_UNROLL
  for (int i = 0; i < 8; ++i) {
    high = AddBytes(high, w, highs);
    low = AddBytes(low, w, lows);
  }
  return Whole(high, low);
}

void Integers(const LanesIn& in, LanesOut* out) noexcept {
  const I32 ints = LoadI(in.ints);
  const Pairs x = LoadPairs(in.pairs[0]), y = LoadPairs(in.pairs[1]);
  Put(out, "ZeroI", ZeroI());
  Put(out, "SetI", SetI(in.ints[3]));
  Put(out, "+ of I32", ints + SetI(in.ints[5]));
  Put(out, "ToF32", ToF32(ints));
  Put(out, "ToI32", ToI32(Load(in.whole) * Set(0.75f)));
  Put(out, "SumI", SetI(SumI(ints)));
  StoreShort(reinterpret_cast<int16_t*>(Next(out, "StoreShort", false)->bits),
             ToI32(Load(in.whole)));
  Put(out, "SetPair", SetPair(in.pairs[0] + 6));
  Put(out, "SetBits", SetBits(static_cast<uint16_t>(in.pairs[0][7])));
  Put(out, "LoadPairsI8", LoadPairsI8(in.bytes));
  Put(out, "&", x & y);
  Put(out, "|", x | y);
  Put(out, "ShiftLeft", ShiftLeft<3>(x));
  Put(out, "ShiftRight", ShiftRight<12>(x));
  Put(out, "Dot2", Dot2(ints, x, y));
  Put(out, "Whole", WholeOf(x & SetBits(0x0f0f), y, ShiftRight<4>(y)));
  Put(out, "Whole of the largest", WholeOf(SetBits(0x0f0f), SetBits(0x8080), SetBits(0x7f7f)));
}

void Operations(const LanesIn& in, LanesOut* out) noexcept {
  out->count = 0;
  Memory(in, out);
  Numbers(in, out);
  Integers(in, out);
}

void ExpOf(const float* x, float* y) noexcept { Store(y, Exp(Load(x))); }
void ExpBelowOf(const float* x, float* y) noexcept {
  const F32 given = Load(x);
  Store(y, ExpBelow(Min(given, Zero() - given)));
}
void TanhOf(const float* x, float* y) noexcept { Store(y, Tanh(Load(x))); }

}  // namespace

extern const test::LanesFns kLanesFns;
const test::LanesFns kLanesFns = {Operations, ExpOf, ExpBelowOf, TanhOf};

}  // namespace rlx::RLX_ISA
