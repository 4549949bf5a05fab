// Part of rlxflow, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE in the root of the project.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// A whole product: checks are the caller's; this splits the work and calls the kernels.

#ifndef RLX_KERNELS_LINEAR_RUN_H_
#define RLX_KERNELS_LINEAR_RUN_H_

#include <cstdint>

#include "panels_run.h"
#include "parallel.h"

namespace rlx {

// y_i = x W_i^T + bias_i (+ residual, for one matrix); or, with an activation and two matrices of
// the same out_dim, y_0 = act(x W_0^T + bias_0) * (x W_1^T + bias_1).
struct Product {
  View x;  // [rows, in_dim]
  int64_t rows, in_dim;
  const Matrix* matrices;
  int count;
  Act act;
  View residual;
  void* workspace;  // WorkspaceBytes, at any alignment
};

// Bytes that rows of x take when made ready.
inline int64_t WorkspaceBytes(Needs needs, int64_t rows, int64_t in_dim) noexcept {
  return ReadyRows::Bytes(needs, rows, in_dim, rows);
}

void Run(const Product& product, const LinearKernels& kernels, const Parallel& parallel);

}  // namespace rlx

#endif  // RLX_KERNELS_LINEAR_RUN_H_
