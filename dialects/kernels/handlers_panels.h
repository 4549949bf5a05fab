// Part of rlxflow, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE in the root of the project.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// What handlers of packed weights share.

#ifndef RLX_KERNELS_HANDLERS_PANELS_H_
#define RLX_KERNELS_HANDLERS_PANELS_H_

#include <string>

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

// What a weight is: so many matrices of one size, one behind the other.
struct Panels {
  Format format;
  int64_t out_dim, in_dim;
  int64_t count = 1;
};

// Checks that a buffer holds panels, u8[bytes], or a stack of them for every layer, u8[layers,
// bytes], if the call says which; sets `data` to those that the call is for.
inline ffi::Error ReadPanels(const char* target, const char* name, const ffi::AnyBuffer& buffer,
                             const Panels& wanted, const Layer& layer, const uint8_t** data) {
  const int64_t one = PackedBytes(wanted.format, wanted.out_dim, wanted.in_dim);
  const char* of = Info(wanted.format).name;
  const long long out = wanted.out_dim, in = wanted.in_dim, needed = wanted.count * one;
  if (one < 0) return Invalid("%s: %s: there is no %s[%lld, %lld]", target, name, of, out, in);
  if (IsBytes(buffer) && static_cast<long long>(buffer.size_bytes()) == needed) {
    *data = static_cast<const uint8_t*>(buffer.untyped_data());
    return ffi::Error::Success();
  }
  const auto sizes = buffer.dimensions();
  if (layer.given && buffer.element_type() == ffi::U8 && sizes.size() == 2 && sizes[1] == needed) {
    uint8_t* taken = nullptr;
    RLX_RETURN_IF_ERROR(layer.Take(target, name, buffer, &taken));
    *data = taken;
    return ffi::Error::Success();
  }
  const std::string some = wanted.count == 1 ? "" : std::to_string(wanted.count) + " of ";
  const std::string stack =
      layer.given ? " or u8[layers, " + std::to_string(needed) + "]" : std::string();
  return Invalid("%s: %s is %s with %lld bytes, %s%s[%lld, %lld] need%s u8[%lld]%s", target, name,
                 Shape(buffer).c_str(), static_cast<long long>(buffer.size_bytes()), some.c_str(),
                 of, out, in, wanted.count == 1 ? "s" : "", needed, stack.c_str());
}

}  // namespace rlx

#endif  // RLX_KERNELS_HANDLERS_PANELS_H_
