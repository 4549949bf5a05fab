// Part of rlxflow, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE in the root of the project.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// The experts of a mixture, after routing: y[t] = sum_c shares[t, c] down_e(act(gate_e x[t]) *
// (up_e x[t])) with e = ids[t, c].
//
// Tokens are sorted by expert, so that the weights of an expert are read once for all of its rows,
// and those of experts that nobody chose not at all. Sums over choices run in their order, whatever
// the threads do. An id below 0 counts as the first expert, one too large as the last, as in a
// `dynamic_slice`; an expert may be chosen twice by one token.

#ifndef RLX_KERNELS_EXPERTS_H_
#define RLX_KERNELS_EXPERTS_H_

#include <cstdint>

#include "panels_run.h"
#include "parallel.h"
#include "tables.h"

namespace rlx {

// One matrix of every expert.
struct Bank {
  Format format;
  const uint8_t* panels;  // of the first expert
  int64_t stride;         // bytes from there to the next one's
};

struct ExpertsSizes {
  int64_t tokens, choices, experts, in_dim, inner_dim;
};

struct ExpertsJob {
  ExpertsSizes sizes;
  View x;               // [tokens, in_dim]
  const int32_t* ids;   // [tokens, choices]
  const float* shares;  // [tokens, choices]
  Bank gate, up;        // inner_dim x in_dim
  Bank down;            // in_dim x inner_dim
  Act act;
  Target y;         // [tokens, in_dim]
  void* workspace;  // ExpertsBytes, at any alignment
};

// Which forms the inputs of gate and up, and those of down, are needed in.
struct ExpertsNeeds {
  Needs wide, down;
};

ExpertsNeeds NeedsOf(const ExpertsJob& job) noexcept;

// The same of the formats of gate, up and down, or of both wide ones in one and of down.
ExpertsNeeds NeedsOf(const Formats* formats, int count) noexcept;

int64_t ExpertsBytes(const ExpertsSizes& sizes, ExpertsNeeds needs) noexcept;

void RunExperts(const ExpertsJob& job, const KernelTable& kernels, const Parallel& parallel);

}  // namespace rlx

#endif  // RLX_KERNELS_EXPERTS_H_
