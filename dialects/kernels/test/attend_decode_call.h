// Part of rlxflow, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE in the root of the project.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// A call of attention to a cache, and its definition in double, slot by slot.

#ifndef RLX_KERNELS_TEST_ATTEND_DECODE_CALL_H_
#define RLX_KERNELS_TEST_ATTEND_DECODE_CALL_H_

#include "attend_data.h"
#include "attend_decode.h"
#include "check.h"
#include "linear.h"
#include "tables.h"
#include "threads.h"

namespace rlx::test::decode {

// The longest piece of few heads: tests go over its borders.
inline constexpr int32_t kPiece = kLeastSlots + kLeastSlots / 4;

struct Sizes {
  int64_t b, t, k, g, e, s;
};

struct Numbers {
  std::vector<int32_t> starts;  // position of each row's first token
  int64_t window = 0;
  float softcap = 0.0f;
  Element x = Element::kF32;
  Element cache = Element::kF32;
  bool writes = true;
};

// Whether a set has byte_products.h.
inline bool MultipliesIntegers(const char* isa) {
  const auto has = [&](const char* part) { return std::strstr(isa, part) != nullptr; };
  return has("vnni") || has("512bf16") || has("amx");
}

// A call with all that it needs, and what its definition says.
struct Call {
  Call(const Sizes& n, const Numbers& how, uint32_t seed)
      : n(n),
        how(how),
        draw(seed),
        q(Random(draw, how.x, n.b * n.t * n.k * n.g * n.e)),
        keys(Random(draw, how.cache, n.b * n.k * n.e * n.s)),
        values(Random(draw, how.cache, n.b * n.k * n.s * n.e)),
        new_keys(Random(draw, how.x, n.b * n.t * n.k * n.e)),
        new_values(Random(draw, how.x, n.b * n.t * n.k * n.e)),
        out(how.x, n.b * n.t * n.k * n.g * n.e),
        workspace(static_cast<size_t>(DecodeWorkspace(n.b, n.t, n.k, n.g, n.e, n.s)),
                  std::numeric_limits<float>::quiet_NaN()) {
    std::uniform_real_distribution<float> scale(0.002f, 0.02f);
    const int64_t scales = how.cache == Element::kInt8 ? n.b * n.k * n.s : 0;
    for (int64_t i = 0; i < scales; ++i) {
      key_scales.push_back(scale(draw));
      value_scales.push_back(scale(draw));
    }
    for (int64_t row = 0; row < n.b; ++row) {
      for (int64_t token = 0; token < n.t; ++token) {
        positions.push_back(how.starts[static_cast<size_t>(row)] + static_cast<int32_t>(token));
      }
    }
  }

  void Run(const KernelTable& table, const Parallel& parallel) {
    AttendDecode a = {n.b,
                      n.t,
                      n.k,
                      n.g,
                      n.e,
                      n.s,
                      how.x,
                      how.cache,
                      q.data(),
                      keys.data(),
                      values.data(),
                      key_scales.data(),
                      value_scales.data(),
                      positions.data(),
                      new_keys.data(),
                      new_values.data(),
                      out.data(),
                      workspace.data(),
                      scale,
                      how.softcap,
                      how.window};
    if (how.cache != Element::kInt8) a.key_scales = a.value_scales = nullptr;
    if (!how.writes) a.new_keys = a.new_values = nullptr;
    Attend(a, *table.decode, parallel);
  }

  // The latest position that slot holds, and whether query `token` of `row` sees it.
  int64_t Held(int64_t row, int64_t slot) const {
    const int64_t last = positions[static_cast<size_t>(row * n.t + n.t - 1)];
    return last - (last % n.s - slot + n.s) % n.s;  // negative: none
  }
  bool Sees(int64_t row, int64_t token, int64_t slot) const {
    const int64_t own = positions[static_cast<size_t>(row * n.t + token)], held = Held(row, slot);
    return held >= 0 && held <= own && (how.window == 0 || held > own - how.window);
  }
  bool SeenByAny(int64_t row, int64_t slot) const {
    bool any = false;
    for (int64_t token = 0; token < n.t; ++token) any |= Sees(row, token, slot);
    return any;
  }

  int64_t KeyAt(int64_t row, int64_t head, int64_t i, int64_t slot) const {
    return ((row * n.k + head) * n.e + i) * n.s + slot;
  }
  int64_t ValueAt(int64_t row, int64_t head, int64_t slot, int64_t i) const {
    return ((row * n.k + head) * n.s + slot) * n.e + i;
  }
  double Scaled(const std::vector<float>& scales, int64_t row, int64_t head, int64_t slot) const {
    return scales.empty() ? 1.0 : scales[static_cast<size_t>((row * n.k + head) * n.s + slot)];
  }
  double Key(int64_t row, int64_t head, int64_t i, int64_t slot) const {
    return keys.get(KeyAt(row, head, i, slot)) * Scaled(key_scales, row, head, slot);
  }
  double Value(int64_t row, int64_t head, int64_t slot, int64_t i) const {
    return values.get(ValueAt(row, head, slot, i)) * Scaled(value_scales, row, head, slot);
  }

  // Makes a whole slot of a row NaN or infinite.
  void Spoil(int64_t row, int64_t slot, double with) {
    for (int64_t head = 0; head < n.k; ++head) {
      for (int64_t i = 0; i < n.e; ++i) keys.set(KeyAt(row, head, i, slot), with);
      for (int64_t i = 0; i < n.e; ++i) values.set(ValueAt(row, head, slot, i), with);
      const size_t at = static_cast<size_t>((row * n.k + head) * n.s + slot);
      if (!key_scales.empty()) key_scales[at] = value_scales[at] = static_cast<float>(with);
    }
  }
  void SpoilHidden() {
    for (int64_t row = 0; row < n.b; ++row) {
      for (int64_t slot = 0; slot < n.s; ++slot) {
        if (!SeenByAny(row, slot)) Spoil(row, slot, slot % 2 ? kNan : kInfinity);
      }
    }
  }

  std::vector<double> Scores(int64_t row, int64_t token, int64_t head, int64_t group,
                             std::vector<int64_t>* slots) const {
    std::vector<double> scores;
    for (int64_t slot = 0; slot < n.s; ++slot) {
      if (!Sees(row, token, slot)) continue;
      double sum = 0.0;
      const int64_t at = (((row * n.t + token) * n.k + head) * n.g + group) * n.e;
      for (int64_t i = 0; i < n.e; ++i) sum += q.get(at + i) * Key(row, head, i, slot);
      sum *= scale;
      scores.push_back(how.softcap > 0 ? how.softcap * std::tanh(sum / how.softcap) : sum);
      slots->push_back(slot);
    }
    return scores;
  }

  // Most, to first order, that a result changes where a set makes 16-bit integers: queries half a
  // step of the largest number of a query, a step of the largest weight times scale, since what
  // rounding leaves goes on to other slots.
  double Rounding(int64_t row, int64_t head, int64_t query, const std::vector<double>& scores,
                  const std::vector<int64_t>& slots) const {
    double number = 0.0, best = -kInfinity;
    for (int64_t i = 0; i < n.e; ++i) {
      number = std::fmax(number, std::fabs(q.get(query * n.e + i)));
    }
    for (double score : scores) best = std::fmax(best, score);
    double weights = 0.0, factor = 0.0, moved = 0.0, values = 0.0, moved_values = 0.0;
    for (size_t j = 0; j < slots.size(); ++j) {
      double key = 0.0, value = 0.0;
      for (int64_t i = 0; i < n.e; ++i) {
        key += std::fabs(Key(row, head, i, slots[j]));
        value = std::fmax(value, std::fabs(Value(row, head, slots[j], i)));
      }
      const double weight = std::exp(scores[j] - best);
      const double of_score = scale * number / (2 * kMostQ) * key;
      factor = std::fmax(factor, weight * std::fabs(Scaled(value_scales, row, head, slots[j])));
      weights += weight;
      values += weight * value;
      moved += weight * of_score;
      moved_values += weight * of_score * value;
    }
    const double of_scores = (moved_values + moved * values / weights) / weights;
    const double of_weights = 127 * factor / kMostQ * static_cast<double>(slots.size()) / weights;
    return of_scores + of_weights;
  }

  // Results of about the size of `unit`.
  void CheckOut(const char* isa, double unit = 1.0) const {
    const double sums = 3e-6 * std::fmax(1.0, static_cast<double>(n.e) / 256);
    const double tolerance = how.x == Element::kBf16 ? 5e-3 : sums;
    const bool integers = how.cache == Element::kInt8 && MultipliesIntegers(isa);
    for (int64_t query = 0; query < n.b * n.t * n.k * n.g; ++query) {
      const int64_t group = query % n.g, head = query / n.g % n.k;
      const int64_t token = query / n.g / n.k % n.t, row = query / n.g / n.k / n.t;
      std::vector<int64_t> slots;
      const std::vector<double> scores = Scores(row, token, head, group, &slots);
      const double rounding = integers ? Rounding(row, head, query, scores, slots) : 0.0;
      for (int64_t i = 0; i < n.e; ++i) {
        const double wanted =
            Mixed(scores, [&](size_t j) { return Value(row, head, slots[j], i); });
        const double found = out.get(query * n.e + i);
        CHECK(Near(found / unit, wanted / unit, tolerance + rounding), isa, " b=", row,
              " t=", token, " k=", head, " g=", group, " e=", i, " of s=", n.s, ": ", found,
              ", expected ", wanted);
      }
    }
  }

  Sizes n;
  Numbers how;
  float scale = 1.4f / std::sqrt(static_cast<float>(n.e));
  std::mt19937 draw;
  Cells q, keys, values, new_keys, new_values, out;
  std::vector<float> key_scales, value_scales, workspace;
  std::vector<int32_t> positions;
};

// Whether the new rows stand where they belong, and all else is as it was.
inline void CheckCaches(const Call& before, const Call& after) {
  const Sizes& n = before.n;
  Cells keys = before.keys, values = before.values;
  for (int64_t at = 0; before.how.writes && at < n.b * n.t * n.k * n.e; ++at) {
    const int64_t i = at % n.e, head = at / n.e % n.k, token = at / n.e / n.k % n.t;
    const int64_t row = at / n.e / n.k / n.t;
    const int64_t slot = before.positions[static_cast<size_t>(row * n.t + token)] % n.s;
    if (before.how.cache != Element::kInt8) {
      keys.set(before.KeyAt(row, head, i, slot), before.new_keys.get(at));
      values.set(before.ValueAt(row, head, slot, i), before.new_values.get(at));
      continue;
    }
    double largest = 0.0;
    for (int64_t j = 0; j < n.e; ++j) {
      largest = std::fmax(largest, std::fabs(before.new_keys.get(at - i + j)));
    }
    const double step = largest / 127, kept = after.Key(row, head, i, slot);
    CHECK(std::fabs(kept - before.new_keys.get(at)) <= 0.501 * step, kept, " ", step);
    keys.set(before.KeyAt(row, head, i, slot), after.keys.get(before.KeyAt(row, head, i, slot)));
    values.set(before.ValueAt(row, head, slot, i),
               after.values.get(before.ValueAt(row, head, slot, i)));
    CHECK(std::fabs(after.Value(row, head, slot, i) - before.new_values.get(at)) < 0.05);
  }
  CHECK(keys.bytes == after.keys.bytes, "keys");
  CHECK(values.bytes == after.values.bytes, "values");
}

// Runs copies of a call with every instruction set, checks their caches, and calls f(name of the
// set, the call after it) for the rest.
template <class F>
void EachSet(const Call& call, const Parallel& parallel, const F& f) {
  size_t count = 0;
  const Compiled* compiled = CompiledKernels(&count);
  for (size_t i = 0; i < count; ++i) {
    if (!compiled[i].runs_here) continue;
    Call after = call;
    after.Run(*compiled[i].table, parallel);
    CheckCaches(call, after);
    f(compiled[i].table->isa, after);
  }
}

}  // namespace rlx::test::decode

#endif  // RLX_KERNELS_TEST_ATTEND_DECODE_CALL_H_
