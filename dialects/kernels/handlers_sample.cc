// Part of rlxflow, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE in the root of the project.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// XLA FFI handlers of the search for the best scores; see handlers.cc.

#include <limits>

#include "handlers.h"
#include "sample.h"
#include "tables.h"

namespace rlx {
namespace {

// Reads scores [rows, count].
ffi::Error ReadScores(const char* target, const ffi::AnyBuffer& buffer, Scores* scores) {
  RLX_RETURN_IF_ERROR(Expect(target, "scores", buffer, {ffi::F32, ffi::BF16}, {"b", "v"}));
  *scores = {buffer.element_type() == ffi::F32 ? Element::kF32 : Element::kBf16,
             buffer.untyped_data(), buffer.dimensions()[0], buffer.dimensions()[1]};
  if (scores->count >= 1 && scores->count <= std::numeric_limits<int32_t>::max()) {
    return ffi::Error::Success();
  }
  return Invalid("%s: scores has v=%lld, expected 1 to 2^31 - 1", target,
                 static_cast<long long>(scores->count));
}

// ---- rlxflow.argmax.v1: where the largest score stands
// --------------------------------------------

constexpr const char* kArgmax = "argmax";

ffi::Error HandleArgmax(ffi::ThreadPool pool, ffi::AnyBuffer given,
                        ffi::Result<ffi::AnyBuffer> indices,
                        ffi::Result<ffi::AnyBuffer> workspace) {
  Scores scores;
  RLX_RETURN_IF_ERROR(ReadScores(kArgmax, given, &scores));
  RLX_RETURN_IF_ERROR(Expect(kArgmax, "indices", *indices, {ffi::S32}, {scores.rows}));
  RLX_RETURN_IF_ERROR(
      ExpectWorkspace(kArgmax, *workspace, ArgmaxWorkspace(scores.rows, scores.count)));
  const Choice& kernels = ChosenKernels();
  if (kernels.table == nullptr) return Invalid("%s: %s", kArgmax, kernels.error);
  Argmax(scores, indices->typed_data<int32_t>(), workspace->untyped_data(), *kernels.table->sample,
         PoolThreads(pool));
  return ffi::Error::Success();
}

// ---- rlxflow.top_k.v1: the largest scores and where they stand
// ------------------------------------

constexpr const char* kTopK = "top_k";

ffi::Error HandleTopK(ffi::ThreadPool pool, ffi::AnyBuffer given,
                      ffi::Result<ffi::AnyBuffer> values, ffi::Result<ffi::AnyBuffer> indices,
                      ffi::Result<ffi::AnyBuffer> workspace) {
  Scores scores;
  RLX_RETURN_IF_ERROR(ReadScores(kTopK, given, &scores));
  RLX_RETURN_IF_ERROR(Expect(kTopK, "values", *values, {given.element_type()}, {scores.rows, "k"}));
  const int64_t k = values->dimensions()[1];
  RLX_RETURN_IF_ERROR(Expect(kTopK, "indices", *indices, {ffi::S32}, {scores.rows, k}));
  if (k < 1 || k > scores.count) {
    return Invalid("%s: values has k=%lld, expected 1 to %lld", kTopK, static_cast<long long>(k),
                   static_cast<long long>(scores.count));
  }
  RLX_RETURN_IF_ERROR(
      ExpectWorkspace(kTopK, *workspace, TopKWorkspace(scores.rows, scores.count, k)));
  const Choice& kernels = ChosenKernels();
  if (kernels.table == nullptr) return Invalid("%s: %s", kTopK, kernels.error);
  TopK(scores, k, values->untyped_data(), indices->typed_data<int32_t>(), workspace->untyped_data(),
       *kernels.table->sample, PoolThreads(pool));
  return ffi::Error::Success();
}

}  // namespace

RLX_FFI_HANDLER(rlx_ffi_argmax_v1, HandleArgmax,
                ffi::Ffi::Bind()
                    .Ctx<ffi::ThreadPool>()
                    .Arg<ffi::AnyBuffer>()    // scores: f32 or bf16 [b, v]
                    .Ret<ffi::AnyBuffer>()    // indices: i32[b]
                    .Ret<ffi::AnyBuffer>());  // workspace: u8[n]

RLX_FFI_HANDLER(rlx_ffi_top_k_v1, HandleTopK,
                ffi::Ffi::Bind()
                    .Ctx<ffi::ThreadPool>()
                    .Arg<ffi::AnyBuffer>()    // scores: f32 or bf16 [b, v]
                    .Ret<ffi::AnyBuffer>()    // values: [b, k], as scores
                    .Ret<ffi::AnyBuffer>()    // indices: i32[b, k]
                    .Ret<ffi::AnyBuffer>());  // workspace: u8[n]

}  // namespace rlx
