// Part of rlxflow, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE in the root of the project.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// Element types of the values between stages.

#ifndef RLX_KERNELS_ELEMENT_H_
#define RLX_KERNELS_ELEMENT_H_

#include <cstdint>

namespace rlx {

enum class Element : uint8_t { kF32, kBf16, kInt8 };

}  // namespace rlx

#endif  // RLX_KERNELS_ELEMENT_H_
