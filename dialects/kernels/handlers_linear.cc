// Part of rlxflow, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE in the root of the project.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// XLA FFI handlers of products; see handlers.cc.

#include <array>

#include "capi.h"
#include "handlers.h"
#include "handlers_panels.h"
#include "linear_run.h"
#include "tables.h"

namespace rlx {
namespace {

constexpr size_t kMostMatrices = 8;

// Operands and results of a product, in the order in which they are given.
class Buffers {
 public:
  Buffers(const char* target, ffi::RemainingArgs args, ffi::RemainingRets rets)
      : target_(target), args_(args), rets_(rets) {}

  // Checks how many there are; an operand more is the layer.
  ffi::Error Count(size_t args, size_t rets, Layer* layer) const {
    const bool layered = args_.size() == args + 1 && Layer::Is(*args_.get<ffi::AnyBuffer>(args));
    if ((args_.size() != args && !layered) || rets_.size() != rets) {
      return Invalid(
          "%s: %zu operands and %zu results, expected %zu and %zu, of stacks a layer more", target_,
          args_.size(), rets_.size(), args, rets);
    }
    return layered ? layer->Read(target_, *args_.get<ffi::AnyBuffer>(args)) : ffi::Error::Success();
  }
  ffi::AnyBuffer Next() { return *args_.get<ffi::AnyBuffer>(next_++); }
  ffi::AnyBuffer Made(size_t index) const { return **rets_.get<ffi::AnyBuffer>(index); }

 private:
  const char* target_;
  ffi::RemainingArgs args_;
  ffi::RemainingRets rets_;
  size_t next_ = 0;
};

// What a handler reads from its buffers and attributes.
struct Decoded {
  const char* target;
  int64_t in_dim = 0;
  std::array<Formats, kMostMatrices> formats = {};
  std::array<Matrix, kMostMatrices> matrices = {};
  Product product = {};

  ffi::Error Read(std::string_view names, std::string_view act, ffi::Span<const int64_t> out_dims,
                  bool has_bias, bool has_residual, ffi::RemainingArgs args,
                  ffi::RemainingRets rets);

 private:
  ffi::Error ReadFormats(std::string_view names, ffi::Span<const int64_t> out_dims);
  ffi::Error ReadWeight(const ffi::AnyBuffer& weight, int index, const Layer& layer);
  ffi::Error ReadX(const ffi::AnyBuffer& x);
  ffi::Error ReadBias(const ffi::AnyBuffer& bias, const char* name, int64_t out_dim, View* view);
  ffi::Error CheckRows(const char* name, const ffi::AnyBuffer& buffer, int64_t columns);
  ffi::Error ReadWorkspace(const ffi::AnyBuffer& workspace);
};

std::string Name(const char* stem, int index) {
  return std::string(stem) + "_" + std::to_string(index);
}

ffi::Error Decoded::ReadFormats(std::string_view names, ffi::Span<const int64_t> out_dims) {
  product.count = ParseFormats(names, formats.data(), kMostMatrices);
  if (product.count < 1) {
    return Invalid("%s: formats is \"%s\", expected 1 to %zu of %s", target,
                   std::string(names).c_str(), kMostMatrices, rlx_formats());
  }
  if (out_dims.size() != static_cast<size_t>(product.count)) {
    return Invalid("%s: %zu out_dims, expected %d, one for each of formats", target,
                   out_dims.size(), product.count);
  }
  for (int i = 0; i < product.count; ++i) matrices[i].out_dim = out_dims[i];
  return ffi::Error::Success();
}

ffi::Error Decoded::ReadWeight(const ffi::AnyBuffer& weight, int index, const Layer& layer) {
  Matrix& matrix = matrices[index];
  Taken taken;
  RLX_RETURN_IF_ERROR(TakePanels(target, Name("w", index).c_str(), weight,
                                 {formats[index], matrix.out_dim, in_dim}, layer, &taken));
  matrix.format = taken.format;
  matrix.panels = taken.data;
  return ffi::Error::Success();
}

ffi::Error Decoded::ReadX(const ffi::AnyBuffer& x) {
  const auto sizes = x.dimensions();
  const bool typed = x.element_type() == ffi::F32 || x.element_type() == ffi::BF16;
  if (!typed || sizes.size() == 0 || sizes.back() != in_dim || in_dim < 1) {
    return Invalid("%s: x is %s, expected f32 or bf16 [.., %lld]", target, Shape(x).c_str(),
                   static_cast<long long>(in_dim));
  }
  product.x = ViewOf(x);
  product.rows = static_cast<int64_t>(x.element_count()) / in_dim;
  product.in_dim = in_dim;
  return ffi::Error::Success();
}

ffi::Error Decoded::ReadBias(const ffi::AnyBuffer& bias, const char* name, int64_t out_dim,
                             View* view) {
  RLX_RETURN_IF_ERROR(Expect(target, name, bias, {ffi::F32, ffi::BF16}, {out_dim}));
  *view = ViewOf(bias);
  return ffi::Error::Success();
}

ffi::Error Decoded::CheckRows(const char* name, const ffi::AnyBuffer& buffer, int64_t columns) {
  const auto sizes = buffer.dimensions();
  const bool typed = buffer.element_type() == ffi::F32 || buffer.element_type() == ffi::BF16;
  if (typed && sizes.size() > 0 && sizes.back() == columns &&
      static_cast<int64_t>(buffer.element_count()) == product.rows * columns) {
    return ffi::Error::Success();
  }
  return Invalid("%s: %s is %s, expected f32 or bf16 with %lld rows of %lld", target, name,
                 Shape(buffer).c_str(), static_cast<long long>(product.rows),
                 static_cast<long long>(columns));
}

ffi::Error Decoded::ReadWorkspace(const ffi::AnyBuffer& workspace) {
  Needs needs = {};
  for (int i = 0; i < product.count; ++i) Add(&needs, formats[i]);
  const int64_t bytes = WorkspaceBytes(needs, product.rows, in_dim);
  RLX_RETURN_IF_ERROR(ExpectWorkspace(target, workspace, bytes));
  product.workspace = workspace.untyped_data();
  return ffi::Error::Success();
}

// The order of operands: x, weights, biases, residual, layer; of results: products, workspace.
ffi::Error Decoded::Read(std::string_view names, std::string_view act,
                         ffi::Span<const int64_t> out_dims, bool has_bias, bool has_residual,
                         ffi::RemainingArgs args, ffi::RemainingRets rets) {
  RLX_RETURN_IF_ERROR(ReadFormats(names, out_dims));
  Buffers buffers(target, args, rets);
  const int count = product.count, made = act.empty() ? count : 1;
  Layer layer;
  RLX_RETURN_IF_ERROR(
      buffers.Count(static_cast<size_t>(1 + count * (has_bias ? 2 : 1)) + (has_residual ? 1 : 0),
                    static_cast<size_t>(made) + 1, &layer));
  RLX_RETURN_IF_ERROR(ReadX(buffers.Next()));
  for (int i = 0; i < count; ++i) {
    RLX_RETURN_IF_ERROR(ReadWeight(buffers.Next(), i, layer));
  }
  for (int i = 0; has_bias && i < count; ++i) {
    RLX_RETURN_IF_ERROR(
        ReadBias(buffers.Next(), Name("bias", i).c_str(), matrices[i].out_dim, &matrices[i].bias));
  }
  if (has_residual) {
    const ffi::AnyBuffer residual = buffers.Next();
    RLX_RETURN_IF_ERROR(CheckRows("residual", residual, matrices[0].out_dim));
    product.residual = ViewOf(residual);
  }
  for (int i = 0; i < made; ++i) {
    const ffi::AnyBuffer y = buffers.Made(static_cast<size_t>(i));
    RLX_RETURN_IF_ERROR(CheckRows(Name("y", i).c_str(), y, matrices[i].out_dim));
    matrices[i].y = {y.untyped_data(), ElementOf(y)};
  }
  product.matrices = matrices.data();
  return ReadWorkspace(buffers.Made(static_cast<size_t>(made)));
}

ffi::Error RunProduct(const Decoded& decoded, ffi::ThreadPool& pool) {
  const Choice& kernels = ChosenKernels();
  if (kernels.table == nullptr) return Invalid("%s: %s", decoded.target, kernels.error);
  Run(decoded.product, kernels.table->linear, PoolThreads(pool));
  return ffi::Error::Success();
}

// ---- rlxflow.linear.v1
//
// Operands  x, w_0 .. w_n-1, [bias_0 .. bias_n-1,] [residual, if n = 1,] [layer: i32[]]
//           With a layer, weights may be stacks of those of all layers: u8[layers, bytes]; formats
//           of one whose layers differ names them all: "q4_k,q4_k|q6_k|q6_k"
// Results   y_0 .. y_n-1, workspace

ffi::Error Linear(ffi::ThreadPool pool, ffi::RemainingArgs args, ffi::RemainingRets rets,
                  std::string_view formats, int64_t in_dim, ffi::Span<const int64_t> out_dims,
                  bool has_bias, bool has_residual) {
  Decoded decoded = {.target = "linear", .in_dim = in_dim};
  if (has_residual && out_dims.size() != 1) {
    return Invalid("linear: has_residual with %zu matrices, expected 1", out_dims.size());
  }
  RLX_RETURN_IF_ERROR(decoded.Read(formats, "", out_dims, has_bias, has_residual, args, rets));
  return RunProduct(decoded, pool);
}

// ---- rlxflow.linear_glu.v1
//
// Operands  x, w_0 (gate), w_1 (up), [bias_0, bias_1,] [layer]
// Results   y_0 = act(gate) * up, workspace

ffi::Error LinearGlu(ffi::ThreadPool pool, ffi::RemainingArgs args, ffi::RemainingRets rets,
                     std::string_view formats, std::string_view act, int64_t in_dim,
                     int64_t out_dim, bool has_bias) {
  Decoded decoded = {.target = "linear_glu", .in_dim = in_dim};
  decoded.product.act = ParseAct(act);
  if (decoded.product.act == Act::kNone) {
    return Invalid("linear_glu: act is \"%s\", expected one of %s", std::string(act).c_str(),
                   kActs);
  }
  const int64_t out_dims[] = {out_dim, out_dim};
  RLX_RETURN_IF_ERROR(decoded.Read(formats, act, {out_dims, 2}, has_bias, false, args, rets));
  return RunProduct(decoded, pool);
}

}  // namespace

RLX_FFI_HANDLER(rlx_ffi_linear_v1, Linear,
                ffi::Ffi::Bind()
                    .Ctx<ffi::ThreadPool>()
                    .RemainingArgs()
                    .RemainingRets()
                    .Attr<std::string_view>("formats")
                    .Attr<int64_t>("in_dim")
                    .Attr<ffi::Span<const int64_t>>("out_dims")
                    .Attr<bool>("has_bias")
                    .Attr<bool>("has_residual"))

RLX_FFI_HANDLER(rlx_ffi_linear_glu_v1, LinearGlu,
                ffi::Ffi::Bind()
                    .Ctx<ffi::ThreadPool>()
                    .RemainingArgs()
                    .RemainingRets()
                    .Attr<std::string_view>("formats")
                    .Attr<std::string_view>("act")
                    .Attr<int64_t>("in_dim")
                    .Attr<int64_t>("out_dim")
                    .Attr<bool>("has_bias"))

}  // namespace rlx
