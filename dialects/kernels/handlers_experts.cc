// Part of rlxflow, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE in the root of the project.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// XLA FFI handler of mixtures of experts; see handlers.cc.

#include <array>

#include "capi.h"
#include "experts.h"
#include "handlers.h"
#include "handlers_panels.h"

namespace rlx {
namespace {

constexpr const char* kTarget = "experts";
constexpr int64_t kMostExperts = 32768;

// Checks that a buffer holds a matrix for every expert, `each` of them one behind the other, and
// returns them.
ffi::Error ReadBanks(const char* name, const ffi::AnyBuffer& buffer, Panels matrix, int64_t experts,
                     int64_t each, const Layer& layer, Bank* banks) {
  Taken taken;
  matrix.matrices = experts * each;
  RLX_RETURN_IF_ERROR(TakePanels(kTarget, name, buffer, matrix, layer, &taken));
  for (int64_t i = 0; i < each; ++i) {
    banks[i] = {taken.format, taken.data + i * taken.bytes, each * taken.bytes};
  }
  return ffi::Error::Success();
}

// Reads x, ids, shares and y, which say how many tokens and choices there are.
ffi::Error ReadTokens(ffi::AnyBuffer x, ffi::AnyBuffer ids, ffi::AnyBuffer shares, ffi::AnyBuffer y,
                      ExpertsJob* job) {
  ExpertsSizes& sizes = job->sizes;
  const auto floats = {ffi::F32, ffi::BF16};
  RLX_RETURN_IF_ERROR(Expect(kTarget, "x", x, floats, {"t", sizes.in_dim}));
  sizes.tokens = x.dimensions()[0];
  RLX_RETURN_IF_ERROR(Expect(kTarget, "ids", ids, {ffi::S32}, {sizes.tokens, "c"}));
  sizes.choices = ids.dimensions()[1];
  RLX_RETURN_IF_ERROR(Expect(kTarget, "shares", shares, {ffi::F32}, {sizes.tokens, sizes.choices}));
  RLX_RETURN_IF_ERROR(Expect(kTarget, "y", y, floats, {sizes.tokens, sizes.in_dim}));
  job->x = ViewOf(x);
  job->ids = static_cast<const int32_t*>(ids.untyped_data());
  job->shares = static_cast<const float*>(shares.untyped_data());
  job->y = {y.untyped_data(), ElementOf(y)};
  return ffi::Error::Success();
}

// Reads gate and up, apart or one behind the other for each expert, and down; then the layer. Needs
// are those of all layers.
ffi::Error ReadWeights(std::string_view formats, ffi::RemainingArgs args, ExpertsJob* job,
                       ExpertsNeeds* needs) {
  std::array<Formats, 3> parsed;
  const int count = ParseFormats(formats, parsed.data(), 3);
  if (count < 2) {
    return Invalid("%s: formats is \"%s\", expected 2 or 3 of %s", kTarget,
                   std::string(formats).c_str(), rlx_formats());
  }
  const size_t weights = static_cast<size_t>(count);
  const bool layered = args.size() == weights + 1 && Layer::Is(*args.get<ffi::AnyBuffer>(weights));
  if (args.size() != weights && !layered) {
    return Invalid("%s: %zu weights, expected %d, one for each of formats", kTarget, args.size(),
                   count);
  }
  Layer layer;
  if (layered) {
    RLX_RETURN_IF_ERROR(layer.Read(kTarget, *args.get<ffi::AnyBuffer>(weights)));
  }
  const auto read = [&](int i, const char* name, int64_t each, int64_t out_dim, int64_t in_dim,
                        Bank* banks) {
    const ffi::AnyBuffer buffer = *args.get<ffi::AnyBuffer>(static_cast<size_t>(i));
    return ReadBanks(name, buffer, {parsed[static_cast<size_t>(i)], out_dim, in_dim},
                     job->sizes.experts, each, layer, banks);
  };
  const int64_t in_dim = job->sizes.in_dim, inner_dim = job->sizes.inner_dim;
  Bank wide[2];
  if (count == 2) {
    RLX_RETURN_IF_ERROR(read(0, "gate_up", 2, inner_dim, in_dim, wide));
  } else {
    RLX_RETURN_IF_ERROR(read(0, "gate", 1, inner_dim, in_dim, &wide[0]));
    RLX_RETURN_IF_ERROR(read(1, "up", 1, inner_dim, in_dim, &wide[1]));
  }
  *needs = NeedsOf(parsed.data(), count);
  job->gate = wide[0];
  job->up = wide[1];
  return read(count - 1, "down", 1, in_dim, inner_dim, &job->down);
}

// ---- rlxflow.experts.v1
//
// Operands  x [t, in_dim], ids i32[t, c], shares f32[t, c], gate, up, down; or x, ids, shares,
//           gate_up, down: u8 panels of every expert, one behind the other, in gate_up those of an
//           expert's gate before those of its up; [layer: i32[],] with which weights may be
//           stacks of those of all layers: u8[layers, bytes], with formats as of linear
// Results   y [t, in_dim], workspace

ffi::Error Experts(ffi::ThreadPool pool, ffi::AnyBuffer x, ffi::AnyBuffer ids,
                   ffi::AnyBuffer shares, ffi::RemainingArgs weights, ffi::Result<ffi::AnyBuffer> y,
                   ffi::Result<ffi::AnyBuffer> workspace, std::string_view formats,
                   std::string_view act, int64_t num_experts, int64_t in_dim, int64_t inner_dim) {
  ExpertsJob job = {};
  job.act = ParseAct(act);
  if (job.act == Act::kNone) {
    return Invalid("%s: act is \"%s\", expected one of %s", kTarget, std::string(act).c_str(),
                   kActs);
  }
  if (num_experts < 1 || num_experts > kMostExperts) {
    return Invalid("%s: num_experts is %lld, expected 1 to %lld", kTarget,
                   static_cast<long long>(num_experts), static_cast<long long>(kMostExperts));
  }
  job.sizes.experts = num_experts;
  job.sizes.in_dim = in_dim;
  job.sizes.inner_dim = inner_dim;
  RLX_RETURN_IF_ERROR(ReadTokens(x, ids, shares, *y, &job));
  ExpertsNeeds needs = {};
  RLX_RETURN_IF_ERROR(ReadWeights(formats, weights, &job, &needs));
  RLX_RETURN_IF_ERROR(ExpectWorkspace(kTarget, *workspace, ExpertsBytes(job.sizes, needs)));
  job.workspace = workspace->untyped_data();
  const Choice& kernels = ChosenKernels();
  if (kernels.table == nullptr) return Invalid("%s: %s", kTarget, kernels.error);
  RunExperts(job, *kernels.table, PoolThreads(pool));
  return ffi::Error::Success();
}

}  // namespace

RLX_FFI_HANDLER(rlx_ffi_experts_v1, Experts,
                ffi::Ffi::Bind()
                    .Ctx<ffi::ThreadPool>()
                    .Arg<ffi::AnyBuffer>()
                    .Arg<ffi::AnyBuffer>()
                    .Arg<ffi::AnyBuffer>()
                    .RemainingArgs()
                    .Ret<ffi::AnyBuffer>()
                    .Ret<ffi::AnyBuffer>()
                    .Attr<std::string_view>("formats")
                    .Attr<std::string_view>("act")
                    .Attr<int64_t>("num_experts")
                    .Attr<int64_t>("in_dim")
                    .Attr<int64_t>("inner_dim"))

}  // namespace rlx
