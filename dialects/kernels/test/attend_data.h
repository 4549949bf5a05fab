// Part of rlxflow, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE in the root of the project.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// Numbers for the tests of attention: tensors of any element type, and softmax in double.

#ifndef RLX_KERNELS_TEST_ATTEND_DATA_H_
#define RLX_KERNELS_TEST_ATTEND_DATA_H_

#include <cmath>
#include <cstring>
#include <limits>
#include <random>
#include <vector>

#include "attend.h"
#include "halves.h"

namespace rlx::test {

inline constexpr double kNan = std::numeric_limits<double>::quiet_NaN();
inline constexpr double kInfinity = std::numeric_limits<double>::infinity();

// A tensor in memory of exactly its size.
struct Cells {
  Cells(Element element, int64_t count)
      : element(element), bytes(static_cast<size_t>(count) * BytesOf(element)) {}

  int64_t count() const { return static_cast<int64_t>(bytes.size() / BytesOf(element)); }
  const char* at(int64_t i) const {
    return bytes.data() + static_cast<size_t>(i) * BytesOf(element);
  }

  double get(int64_t i) const {
    if (element == Element::kInt8) return static_cast<int8_t>(*at(i));
    if (element == Element::kF32) {
      float value;
      std::memcpy(&value, at(i), 4);
      return value;
    }
    uint16_t half;
    std::memcpy(&half, at(i), 2);
    return element == Element::kBf16 ? Bf16ToF32(half) : F16ToF32(half);
  }
  // NaN and infinity become 100 in int8; they live in its scales.
  void set(int64_t i, double value) {
    char* to = bytes.data() + static_cast<size_t>(i) * BytesOf(element);
    const float single = static_cast<float>(value);
    const uint16_t bf16 = F32ToBf16(single), f16 = F32ToF16(single);
    if (element == Element::kF32) std::memcpy(to, &single, 4);
    if (element == Element::kBf16) std::memcpy(to, &bf16, 2);
    if (element == Element::kF16) std::memcpy(to, &f16, 2);
    if (element == Element::kInt8)
      *to = static_cast<char>(static_cast<int8_t>(std::isfinite(value) ? value : 100.0));
  }
  void* data() { return bytes.data(); }

  Element element;
  std::vector<char> bytes;
};

// Normal numbers; int8: whole ones from -127 to 127.
inline Cells Random(std::mt19937& draw, Element element, int64_t count, double size = 1.0) {
  Cells cells(element, count);
  std::normal_distribution<double> normal(0.0, size);
  std::uniform_int_distribution<int> whole(-127, 127);
  for (int64_t i = 0; i < count; ++i) {
    cells.set(i, element == Element::kInt8 ? whole(draw) : normal(draw));
  }
  return cells;
}

// sum_i softmax(scores)_i values(i); the mean of all values where `seen` is empty.
template <class Value>
double Mixed(const std::vector<double>& scores, const Value& value) {
  double best = -kInfinity, weights = 0.0, sum = 0.0;
  for (double score : scores) best = std::isnan(score) ? score : std::fmax(best, score);
  for (double score : scores) weights += std::exp(score - best);
  for (size_t i = 0; i < scores.size(); ++i) sum += std::exp(scores[i] - best) / weights * value(i);
  return sum;
}

// Whether a result is right: not finite where the reference is not, else near it.
inline bool Near(double found, double wanted, double tolerance) {
  if (!std::isfinite(wanted)) return !std::isfinite(found);
  return std::fabs(found - wanted) <= tolerance * (1.0 + std::fabs(wanted));
}

}  // namespace rlx::test

#endif  // RLX_KERNELS_TEST_ATTEND_DATA_H_
