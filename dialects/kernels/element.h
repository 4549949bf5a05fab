// Part of rlxflow, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE in the root of the project.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// Element types of the values between stages, and of caches.

#ifndef RLX_KERNELS_ELEMENT_H_
#define RLX_KERNELS_ELEMENT_H_

#include <cstddef>
#include <cstdint>

namespace rlx {

enum class Element : uint8_t { kF32, kBf16, kF16, kInt8 };

constexpr size_t BytesOf(Element element) noexcept {
  return element == Element::kF32 ? 4 : element == Element::kInt8 ? 1 : 2;
}

}  // namespace rlx

#endif  // RLX_KERNELS_ELEMENT_H_
