// Part of rlxflow, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE in the root of the project.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// Attention kernels: what they take, and what each of them promises.
//
// Axes: b rows of the batch, t new tokens of each, k heads of keys and values, g query heads that
// share one of them, e elements of a head, s keys. A "query" is one (t, g) of a (b, k).
//
//   score = cap(scale * sum_e q key)         cap(x) = softcap * tanh(x / softcap), if softcap > 0
//   out   = sum_s softmax(score)_s value_s   over the keys that the query sees, in f32
//
// What a query does not see is not read into its result: NaN and infinity in hidden keys or values
// change nothing. In a visible one they make the query's result NaN or infinite.

#ifndef RLX_KERNELS_ATTEND_H_
#define RLX_KERNELS_ATTEND_H_

#include <cstdint>

#include "element.h"

namespace rlx {

struct DecodeKernels;
struct PrefillKernels;
struct Parallel;

// Tokens at `positions` attend to a cache.
//
// Position p of a row stands in slot p mod s. Query t of row b, at position p = positions[b, t],
// sees the positions max(0, p - window + 1, last - s + 1) .. p, where last = positions[b, t - 1].
// Only their slots are read.
//
// Preconditions: positions[b, t] = positions[b, 0] + t >= 0; t <= s; out and caches do not overlap
// the rest; workspace has DecodeWorkspace(...) floats.
struct AttendDecode {
  int64_t b, t, k, g, e, s;
  Element x;      // f32 or bf16: q, new_keys, new_values, out
  Element cache;  // f32, bf16, f16 or int8: keys, values
  const void* q;  // [b, t, k, g, e]
  void* keys;     // [b, k, e, s]
  void* values;   // [b, k, s, e]
  // int8 only: f32[b, k, s], what the integers of a token are multiplied by.
  float* key_scales;
  float* value_scales;
  const int32_t* positions;  // [b, t]
  // [b, t, k, e], put into the cache before anything is read; null: the cache is only read.
  const void* new_keys;
  const void* new_values;
  void* out;  // [b, t, k, g, e]
  float* workspace;
  float scale;
  float softcap;   // 0: none
  int64_t window;  // 0: none
};

// Tokens attend to the tokens of one call.
//
// Query t stands at position p = t + (s - count of tokens), so that the last one sees the last key.
// Key j is seen iff j < length of the row, its mask is not 0, j <= p if causal, and |p - j| <
// window. Queries of tokens at or behind the length give 0. A query that sees no key gives the mean
// of all s values of its row.
//
// Preconditions: t <= s; with lengths s = t and 0 <= length <= s; out does not overlap the rest;
// workspace has PrefillWorkspace(...) floats.
struct AttendPrefill {
  int64_t b, t, k, g, e, s;
  Element x;               // f32 or bf16, of all
  const void* q;           // [b, t, k, g, e]
  const void* keys;        // [b, s, k, e]
  const void* values;      // [b, s, k, e]
  const int32_t* lengths;  // [b]; null: all are s
  const uint8_t* mask;     // [b, s]; null: all are 1
  void* out;               // [b, t, k, g, e]
  float* workspace;
  float scale;
  float softcap;   // 0: none
  int64_t window;  // 0: none
  bool causal;
};

// Elements of a head at most.
inline constexpr int64_t kMostElements = 8192;

// Floats of workspace; the handlers check that they are there.
int64_t DecodeWorkspace(int64_t b, int64_t t, int64_t k, int64_t g, int64_t e, int64_t s) noexcept;
int64_t PrefillWorkspace(int64_t b, int64_t k, int64_t e, int64_t s) noexcept;

// Run the whole of it.
void Attend(const AttendDecode& a, const DecodeKernels& kernels, const Parallel& parallel);
void Attend(const AttendPrefill& a, const PrefillKernels& kernels, const Parallel& parallel);

// What one instruction set has.
struct DecodeKernels {
  // Writes the new rows of one piece (attend_decode.h) of the cache and attends to it.
  void (*piece)(const AttendDecode& a, int64_t row, int64_t head, int64_t index) noexcept;
  // Puts together what the pieces of one key/value head left.
  void (*merge)(const AttendDecode& a, int64_t row, int64_t head) noexcept;
};
struct PrefillKernels {
  // Lays out a tile of keys and values of one head (attend_prefill.h).
  void (*pack)(const AttendPrefill& a, int64_t row, int64_t head, int64_t tile) noexcept;
  // Attends for a block of the queries of one head.
  void (*block)(const AttendPrefill& a, int64_t row, int64_t head, int64_t block) noexcept;
};

}  // namespace rlx

#endif  // RLX_KERNELS_ATTEND_H_
