// Part of rlxflow, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE in the root of the project.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// Arithmetic of sizes.

#ifndef RLX_KERNELS_WHOLE_H_
#define RLX_KERNELS_WHOLE_H_

#include <cstdint>

namespace rlx {

// These are inlined everywhere: kernel files are compiled for different instruction sets.
#define RLX_HERE [[gnu::always_inline]] inline

RLX_HERE constexpr int64_t LanesUp(int64_t count) noexcept { return (count + 15) / 16 * 16; }
RLX_HERE constexpr int64_t Least(int64_t a, int64_t b) noexcept { return a < b ? a : b; }
RLX_HERE constexpr int64_t Most(int64_t a, int64_t b) noexcept { return a > b ? a : b; }

}  // namespace rlx

#endif  // RLX_KERNELS_WHOLE_H_
