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
  Formats formats;
  int64_t out_dim, in_dim;
  int64_t matrices = 1;
};

// What a call takes of a weight: the matrices of its layer, if it is a stack.
struct Taken {
  Format format;
  const uint8_t* data;
  int64_t bytes;  // of a matrix
};

// Takes the layer of a stack whose layers have formats of their own: u8[layers, bytes], see
// StackBytes.
inline ffi::Error TakeMixed(const char* target, const char* name, const ffi::AnyBuffer& buffer,
                            const Panels& wanted, const Layer& layer, Taken* taken) {
  const Formats& formats = wanted.formats;
  const long long out = wanted.out_dim, in = wanted.in_dim, count = formats.count;
  if (!layer.given) {
    return Invalid("%s: formats of %s are those of %lld layers, but no operand says which layer",
                   target, name, count);
  }
  const int64_t row = StackBytes(formats, wanted.matrices, out, in);
  if (row < 0) {
    return Invalid("%s: %s: there is no [%lld, %lld] of %s", target, name, out, in,
                   std::string(formats.names).c_str());
  }
  RLX_RETURN_IF_ERROR(Expect(target, name, buffer, {ffi::U8}, {count, row}));
  RLX_RETURN_IF_ERROR(layer.Check(target, name, buffer));
  int64_t at = 0, i = 0;
  formats.ForEach([&](Format format) {
    const int64_t one = PackedBytes(format, out, in);
    if (i < layer.index) at += wanted.matrices * one;
    if (i == layer.index) *taken = {format, nullptr, one};
    ++i;
  });
  taken->data = static_cast<const uint8_t*>(buffer.untyped_data()) + at;
  return ffi::Error::Success();
}

// Takes panels from a buffer, u8[bytes], or from a stack of them for every layer, u8[layers,
// bytes], if the call says which.
inline ffi::Error TakePanels(const char* target, const char* name, const ffi::AnyBuffer& buffer,
                             const Panels& wanted, const Layer& layer, Taken* taken) {
  if (wanted.formats.count > 1) return TakeMixed(target, name, buffer, wanted, layer, taken);
  wanted.formats.ForEach([&](Format format) { taken->format = format; });
  const int64_t one = PackedBytes(taken->format, wanted.out_dim, wanted.in_dim);
  const char* of = Info(taken->format).name;
  const long long out = wanted.out_dim, in = wanted.in_dim, needed = wanted.matrices * one;
  if (one < 0) return Invalid("%s: %s: there is no %s[%lld, %lld]", target, name, of, out, in);
  taken->bytes = one;
  if (IsBytes(buffer) && static_cast<long long>(buffer.size_bytes()) == needed) {
    taken->data = static_cast<const uint8_t*>(buffer.untyped_data());
    return ffi::Error::Success();
  }
  const auto sizes = buffer.dimensions();
  if (layer.given && buffer.element_type() == ffi::U8 && sizes.size() == 2 && sizes[1] == needed) {
    uint8_t* data = nullptr;
    RLX_RETURN_IF_ERROR(layer.Take(target, name, buffer, &data));
    taken->data = data;
    return ffi::Error::Success();
  }
  const std::string some = wanted.matrices == 1 ? "" : std::to_string(wanted.matrices) + " of ";
  const std::string stack =
      layer.given ? " or u8[layers, " + std::to_string(needed) + "]" : std::string();
  return Invalid("%s: %s is %s with %lld bytes, %s%s[%lld, %lld] need%s u8[%lld]%s", target, name,
                 Shape(buffer).c_str(), static_cast<long long>(buffer.size_bytes()), some.c_str(),
                 of, out, in, wanted.matrices == 1 ? "s" : "", needed, stack.c_str());
}

}  // namespace rlx

#endif  // RLX_KERNELS_HANDLERS_PANELS_H_
