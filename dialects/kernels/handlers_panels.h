// Part of rlxflow, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE in the root of the project.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// What handlers of packed weights share.

#ifndef RLX_KERNELS_HANDLERS_PANELS_H_
#define RLX_KERNELS_HANDLERS_PANELS_H_

#include "formats.h"
#include "handlers.h"
#include "linear.h"

namespace rlx {

inline Element ElementOf(const ffi::AnyBuffer& buffer) {
  return buffer.element_type() == ffi::BF16 ? Element::kBf16 : Element::kF32;
}

inline View ViewOf(const ffi::AnyBuffer& buffer) {
  return {buffer.untyped_data(), ElementOf(buffer)};
}

// Whether a buffer is bytes along one axis.
inline bool IsBytes(const ffi::AnyBuffer& buffer) {
  return buffer.element_type() == ffi::U8 && buffer.dimensions().size() == 1;
}

// Checks that a buffer holds the panels of a matrix.
inline ffi::Error CheckPanels(const char* target, const char* name, const ffi::AnyBuffer& buffer,
                              Format format, int64_t out_dim, int64_t in_dim) {
  const int64_t needed = PackedBytes(format, out_dim, in_dim);
  const char* of = Info(format).name;
  const long long out = out_dim, in = in_dim, bytes = static_cast<long long>(buffer.size_bytes());
  if (needed < 0) return Invalid("%s: %s: there is no %s[%lld, %lld]", target, name, of, out, in);
  if (IsBytes(buffer) && bytes == needed) return ffi::Error::Success();
  return Invalid("%s: %s is %s with %lld bytes, %s[%lld, %lld] needs u8[%lld]", target, name,
                 Shape(buffer).c_str(), bytes, of, out, in, static_cast<long long>(needed));
}

}  // namespace rlx

#endif  // RLX_KERNELS_HANDLERS_PANELS_H_
