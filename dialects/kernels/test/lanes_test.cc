// Part of rlxflow, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE in the root of the project.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// Every operation of every set of lanes against the scalar ones, bit for bit.

#include "lanes_test.h"

#include <cmath>
#include <cstring>
#include <limits>
#include <random>

#include "check.h"
#include "tables.h"

#define X(isa)                           \
  namespace isa {                        \
  extern const test::LanesFns kLanesFns; \
  }
namespace rlx {
RLX_COMPILED_ISAS
}  // namespace rlx
#undef X

namespace rlx::test {

void EachLanes(void (*f)(const char* isa, const LanesFns& lanes)) {
  size_t count = 0;
  const Compiled* compiled = CompiledKernels(&count);
#define X(isa) &isa::kLanesFns,
  const LanesFns* const all[] = {RLX_COMPILED_ISAS};
#undef X
  for (size_t i = 0; i < count; ++i) {
    if (compiled[i].runs_here) f(compiled[i].table->isa, *all[i]);
  }
}

namespace {

constexpr float kNan = std::numeric_limits<float>::quiet_NaN();
constexpr float kInf = std::numeric_limits<float>::infinity();

LanesIn Draw(std::mt19937& draw, bool odd) {
  const float others[] = {0.0f,   -0.0f,    kNan,       kInf,        -kInf,    0.5f,
                          2.5f,   -3.5f,    1e-40f,     3.3e38f,     -7.25f,   0x1.01p0f,
                          1e-45f, 65520.0f, 0x1.018p0f, 0x1.fffep5f, -1.0e20f, 8388607.5f};
  LanesIn in;
  const auto number = [&] {
    return odd ? others[draw() % std::size(others)]
               : static_cast<float>(static_cast<int>(draw() % 4001) - 2000) / 8;
  };
  for (int i = 0; i < 16; ++i) {
    in.a[i] = number();
    in.b[i] = number();
    in.c[i] = number();
    in.few[i] = odd ? others[draw() % 8] : number();
    in.whole[i] = static_cast<float>(static_cast<int>(draw() % 241) - 120);
    in.ints[i] = static_cast<int32_t>(draw());
  }
  for (int i = 0; i < 32; ++i) {
    in.halves[i] = static_cast<uint16_t>(draw());
    in.bytes[i] = static_cast<int8_t>(draw());
    for (auto& pairs : in.pairs) {
      pairs[i] = static_cast<int16_t>(odd && draw() % 2 ? -32768 : static_cast<int>(draw()));
    }
  }
  in.part = static_cast<int>(draw() % 16);
  return in;
}

bool Same(const LanesRow& found, const LanesRow& wanted, int i) {
  if (wanted.numbers && std::isnan(wanted.number[i])) return std::isnan(found.number[i]);
  return found.bits[i] == wanted.bits[i];
}

void CheckOperations(const char* isa, const LanesFns& lanes) {
  std::mt19937 draw(11);
  LanesOut wanted, found;
  for (int round = 0; round < 2000; ++round) {
    const LanesIn in = Draw(draw, round % 2 == 1);
    scalar::kLanesFns.operations(in, &wanted);
    lanes.operations(in, &found);
    CHECK(found.count == wanted.count, isa);
    for (int row = 0; row < wanted.count; ++row) {
      for (int i = 0; i < 16; ++i) {
        const LanesRow &f = found.rows[row], &w = wanted.rows[row];
        CHECK(Same(f, w, i), isa, " ", w.name, " lane ", i, ": ", f.number[i], " for ", w.number[i],
              ", bits ", f.bits[i], " for ", w.bits[i]);
      }
    }
  }
}

TEST(operations_of_lanes) { EachLanes(CheckOperations); }

}  // namespace
}  // namespace rlx::test
