// Part of rlxflow, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE in the root of the project.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// Conversions between element types.

#ifndef RLX_KERNELS_CONVERT_H_
#define RLX_KERNELS_CONVERT_H_

#include <cstdint>

namespace rlx {

struct ConvertKernels {
  void (*to_bf16)(const float* from, int64_t count, uint16_t* to) noexcept;  // to nearest even
  void (*from_bf16)(const uint16_t* from, int64_t count, float* to) noexcept;
};

}  // namespace rlx

#endif  // RLX_KERNELS_CONVERT_H_
