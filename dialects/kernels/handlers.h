// Part of rlxflow, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE in the root of the project.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// What the XLA FFI handlers share.

#ifndef RLX_KERNELS_HANDLERS_H_
#define RLX_KERNELS_HANDLERS_H_

#include <algorithm>
#include <cstdarg>
#include <cstdio>
#include <initializer_list>
#include <string>

#include "parallel.h"
#include "xla/ffi/api/ffi.h"

namespace rlx {

namespace ffi = ::xla::ffi;

// An error that says what is wrong with names and values, as printf does.
__attribute__((format(printf, 1, 2))) inline ffi::Error Invalid(const char* form, ...) {
  char text[400];
  va_list values;
  va_start(values, form);
  std::vsnprintf(text, sizeof(text), form, values);
  va_end(values);
  return ffi::Error::InvalidArgument(text);
}

inline Parallel PoolThreads(ffi::ThreadPool& pool) {
  auto run = [](void* pool, int64_t tasks, TaskFn task, void* arg) {
    auto& threads = *static_cast<ffi::ThreadPool*>(pool);
    auto schedule = [&](auto work) { threads.Schedule(std::move(work)); };
    RunShared(threads.num_threads() - 1, schedule, tasks, task, arg);
  };
  return {&pool, static_cast<int>(pool.num_threads()), run};
}

inline const char* TypeName(ffi::DataType type) {
  switch (type) {
    case ffi::F32:
      return "f32";
    case ffi::F16:
      return "f16";
    case ffi::BF16:
      return "bf16";
    case ffi::S32:
      return "i32";
    case ffi::S8:
      return "i8";
    case ffi::U8:
      return "u8";
    case ffi::PRED:
      return "i1";
    default:
      return "?";
  }
}

// "f32[2, 3]", for messages.
inline std::string Shape(const ffi::AnyBuffer& buffer) {
  std::string text = std::string(TypeName(buffer.element_type())) + "[";
  const char* comma = "";
  for (int64_t size : buffer.dimensions()) {
    text += comma + std::to_string(size);
    comma = ", ";
  }
  return text + "]";
}

// A size that is known, or the letter of one that is free.
struct Size {
  Size(int64_t size) : size(size), letter(nullptr) {}
  Size(const char* letter) : size(-1), letter(letter) {}
  int64_t size;
  const char* letter;
};

// "f32 or bf16[2, t]", for messages.
inline std::string Wanted(std::initializer_list<ffi::DataType> types,
                          std::initializer_list<Size> sizes) {
  std::string text;
  for (ffi::DataType type : types) {
    text += (text.empty() ? "" : " or ") + std::string(TypeName(type));
  }
  text += "[";
  const char* comma = "";
  for (const Size& size : sizes) {
    text += comma + (size.letter ? size.letter : std::to_string(size.size));
    comma = ", ";
  }
  return text + "]";
}

// Checks element type (one of `types`) and sizes of an operand or result.
inline ffi::Error Expect(const char* target, const char* name, const ffi::AnyBuffer& buffer,
                         std::initializer_list<ffi::DataType> types,
                         std::initializer_list<Size> sizes) {
  const auto found = buffer.dimensions();
  const bool typed = std::find(types.begin(), types.end(), buffer.element_type()) != types.end();
  const auto fits = [](const Size& size, int64_t is) {
    return size.letter != nullptr || size.size == is;
  };
  if (typed && std::equal(sizes.begin(), sizes.end(), found.begin(), found.end(), fits)) {
    return ffi::Error::Success();
  }
  return Invalid("%s: %s is %s, expected %s", target, name, Shape(buffer).c_str(),
                 Wanted(types, sizes).c_str());
}

// Whether a buffer is bytes along one axis.
inline bool IsBytes(const ffi::AnyBuffer& buffer) {
  return buffer.element_type() == ffi::U8 && buffer.dimensions().size() == 1;
}

// The last result of most targets: bytes that XLA plans for, at least so many.
inline ffi::Error ExpectWorkspace(const char* target, const ffi::AnyBuffer& buffer, int64_t bytes) {
  if (IsBytes(buffer) && static_cast<int64_t>(buffer.size_bytes()) >= bytes) {
    return ffi::Error::Success();
  }
  return Invalid("%s: workspace is %s, expected u8[n] with n at least %lld", target,
                 Shape(buffer).c_str(), static_cast<long long>(bytes));
}

// Returns an error that an expression gives, from the function around it.
#define RLX_RETURN_IF_ERROR(expression) \
  if (ffi::Error error = (expression); error.failure()) return error

// Which of the layers that lie in stacks a call is for: its last operand, if it has stacks.
struct Layer {
  bool given = false;
  int64_t index = 0;

  // Whether an operand that is one too many is meant to be it.
  static bool Is(const ffi::AnyBuffer& buffer) {
    return buffer.dimensions().size() == 0 || buffer.element_type() == ffi::S32;
  }

  // Takes it from the operand.
  ffi::Error Read(const char* target, const ffi::AnyBuffer& buffer) {
    RLX_RETURN_IF_ERROR(Expect(target, "layer", buffer, {ffi::S32}, {}));
    given = true;
    index = *static_cast<const int32_t*>(buffer.untyped_data());
    return ffi::Error::Success();
  }

  // Checks that a stack, whose first axis is that of layers, has this one.
  ffi::Error Check(const char* target, const char* name, const ffi::AnyBuffer& stack) const {
    const int64_t layers = stack.dimensions()[0];
    if (index < 0 || index >= layers) {
      return Invalid("%s: layer is %lld, expected 0 to %lld, since %s is %s", target,
                     static_cast<long long>(index), static_cast<long long>(layers - 1), name,
                     Shape(stack).c_str());
    }
    return ffi::Error::Success();
  }

  // Sets `data` to the layer in a stack of layers that are alike.
  ffi::Error Take(const char* target, const char* name, const ffi::AnyBuffer& stack,
                  uint8_t** data) const {
    RLX_RETURN_IF_ERROR(Check(target, name, stack));
    const int64_t bytes = static_cast<int64_t>(stack.size_bytes()) / stack.dimensions()[0];
    *data = static_cast<uint8_t*>(stack.untyped_data()) + index * bytes;
    return ffi::Error::Success();
  }
};

}  // namespace rlx

// Exports a handler as a C symbol.
#define RLX_FFI_HANDLER(symbol, function, binding)                         \
  extern "C" __attribute__((visibility("default"))) XLA_FFI_Error* symbol( \
      XLA_FFI_CallFrame* call_frame) {                                     \
    static auto* const handler = (binding).To(function).release();         \
    return handler->Call(call_frame);                                      \
  }

#endif  // RLX_KERNELS_HANDLERS_H_
