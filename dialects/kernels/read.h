// Part of rlxflow, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE in the root of the project.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// Reading memory, for who takes the time.

#ifndef RLX_KERNELS_READ_H_
#define RLX_KERNELS_READ_H_

#include <cstdint>

namespace rlx {

// What rlx_read of capi.h says.
using ReadFn = uint32_t (*)(const void* memory, int64_t bytes, int64_t streams,
                            int64_t ahead) noexcept;

}  // namespace rlx

#endif  // RLX_KERNELS_READ_H_
