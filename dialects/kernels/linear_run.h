// Part of rlxflow, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE in the root of the project.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// A whole product: checks are the caller's; this splits the work and calls the kernels.

#ifndef RLX_KERNELS_LINEAR_RUN_H_
#define RLX_KERNELS_LINEAR_RUN_H_

#include <cstdint>

#include "linear.h"
#include "parallel.h"
#include "tables.h"

namespace rlx {

// One matrix of a product and where its results go.
struct Matrix {
  Format format;
  const uint8_t* panels;
  int64_t out_dim;
  View bias;  // [out_dim], or null
  Target y;   // [rows, out_dim]; unused for the second matrix of a gated product
};

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

// Which forms of x a set of formats needs.
struct Needs {
  bool ints, floats;
};
inline void Add(Needs* needs, Format format) noexcept {
  (Info(format).integer ? needs->ints : needs->floats) = true;
}

// Bytes that rows of x take when made ready.
int64_t WorkspaceBytes(Needs needs, int64_t rows, int64_t in_dim) noexcept;

void Run(const Product& product, const LinearKernels& kernels, const Parallel& parallel);

}  // namespace rlx

#endif  // RLX_KERNELS_LINEAR_RUN_H_
