// Part of rlxflow, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE in the root of the project.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// XLA FFI handlers of attention; see handlers.cc.

#include <vector>

#include "attend.h"
#include "handlers.h"
#include "tables.h"

namespace rlx {
namespace {

Element ElementOf(const ffi::AnyBuffer& buffer) {
  switch (buffer.element_type()) {
    case ffi::F32:
      return Element::kF32;
    case ffi::BF16:
      return Element::kBf16;
    case ffi::F16:
      return Element::kF16;
    default:
      return Element::kInt8;
  }
}

constexpr int64_t Bytes(int64_t floats) { return floats * static_cast<int64_t>(sizeof(float)); }

// What both targets ask of the sizes of a head.
ffi::Error CheckHead(const char* target, int64_t e, float softcap, int64_t window) {
  const long long elements = e, keys = window;
  if (e < 1 || e > kMostElements) {
    return Invalid("%s: q has e=%lld, expected 1 to %lld", target, elements,
                   static_cast<long long>(kMostElements));
  }
  if (!(softcap >= 0.0f)) return Invalid("%s: softcap is %g, expected 0 or more", target, softcap);
  if (window < 0) return Invalid("%s: window is %lld, expected 0 or more", target, keys);
  return ffi::Error::Success();
}

// ---- rlxflow.attend_decode.v1: new tokens attend to a cache
//
// Operands   q, keys, values, positions, [key_scales, value_scales,] [new_keys, new_values,]
//            [layer]
// Results    out, [keys, values, [key_scales, value_scales,]] workspace
//
// Scales are there if the caches are i8. With new rows the caches are results too, each the same
// memory as its operand. With a layer, i32[], they are stacks of the caches of all layers, along a
// first axis, and those of that layer are read and written.

constexpr const char* kDecode = "attend_decode";

constexpr const char* kCaches[] = {"key cache", "value cache", "key scales", "value scales"};

// Operands and results in the order of above, behind one another.
struct DecodeBuffers {
  std::vector<ffi::AnyBuffer> args, rets;
  bool scaled = false, writes = false;
  Layer layer;

  ffi::Error Read(ffi::RemainingArgs& given, ffi::RemainingRets& made) {
    for (size_t i = 0; i < given.size(); ++i) args.push_back(*given.get<ffi::AnyBuffer>(i));
    for (size_t i = 0; i < made.size(); ++i) rets.push_back(**made.get<ffi::AnyBuffer>(i));
    if (args.size() < 4 || rets.size() < 2) return Count("q, keys, values, positions");
    scaled = args[1].element_type() == ffi::S8;
    if (args.size() % 2 == 1 && Layer::Is(args.back())) {
      RLX_RETURN_IF_ERROR(layer.Read(kDecode, args.back()));
      args.pop_back();
    }
    writes = args.size() > size_t{scaled ? 6u : 4u};
    const size_t caches = scaled ? 4 : 2;
    if (args.size() != 2 + caches + (writes ? 2 : 0) || rets.size() != 2 + (writes ? caches : 0)) {
      return Count(scaled ? "q, keys, values, positions, two scales, [two new rows,] [layer]"
                          : "q, keys, values, positions, [two new rows,] [layer]");
    }
    return ffi::Error::Success();
  }
  ffi::Error Count(const char* expected) const {
    return Invalid(
        "%s: %zu operands and %zu results, expected %s and, with new rows, the caches "
        "as results",
        kDecode, args.size() + (layer.given ? 1 : 0), rets.size(), expected);
  }
  const ffi::AnyBuffer& cache(size_t i) const { return args[i < 2 ? 1 + i : 2 + i]; }
  // Its sizes without those of layers.
  ffi::Span<const int64_t> sizes(size_t i) const {
    const auto all = cache(i).dimensions();
    const size_t first = layer.given ? 1 : 0;
    return {all.begin() + first, all.size() - first};
  }
  // Where it begins.
  ffi::Error Take(size_t i, uint8_t** data) const {
    if (layer.given) return layer.Take(kDecode, kCaches[i], cache(i), data);
    *data = static_cast<uint8_t*>(cache(i).untyped_data());
    return ffi::Error::Success();
  }
  const ffi::AnyBuffer& fresh(size_t i) const { return args[(scaled ? 6 : 4) + i]; }
};

// Checks a cache, or a stack of them for as many layers as the first one has.
template <typename... Sizes>
ffi::Error ExpectCache(const DecodeBuffers& given, size_t i,
                       std::initializer_list<ffi::DataType> types, Sizes... sizes) {
  const ffi::AnyBuffer& cache = given.cache(i);
  if (!given.layer.given) return Expect(kDecode, kCaches[i], cache, types, {sizes...});
  const Size layers = i == 0 ? Size("layers") : Size(given.cache(0).dimensions()[0]);
  return Expect(kDecode, kCaches[i], cache, types, {layers, sizes...});
}

ffi::Error CheckDecodeShapes(const DecodeBuffers& given) {
  const auto floats = {ffi::F32, ffi::BF16};
  RLX_RETURN_IF_ERROR(Expect(kDecode, "q", given.args[0], floats, {"b", "t", "k", "g", "e"}));
  const auto q = given.args[0].dimensions();
  const int64_t b = q[0], t = q[1], k = q[2], e = q[4];
  const auto type = given.args[1].element_type();
  const auto caches = {ffi::F32, ffi::BF16, ffi::F16, ffi::S8};
  RLX_RETURN_IF_ERROR(ExpectCache(given, 0, caches, b, k, e, "s"));
  const int64_t s = given.sizes(0)[3];
  RLX_RETURN_IF_ERROR(ExpectCache(given, 1, {type}, b, k, s, e));
  RLX_RETURN_IF_ERROR(Expect(kDecode, "positions", given.args[3], {ffi::S32}, {b, t}));
  for (size_t i = 2; given.scaled && i < 4; ++i) {
    RLX_RETURN_IF_ERROR(ExpectCache(given, i, {ffi::F32}, b, k, s));
  }
  const auto x = given.args[0].element_type();
  for (size_t i = 0; given.writes && i < 2; ++i) {
    const char* names[] = {"new keys", "new values"};
    RLX_RETURN_IF_ERROR(Expect(kDecode, names[i], given.fresh(i), {x}, {b, t, k, e}));
  }
  RLX_RETURN_IF_ERROR(Expect(kDecode, "out", given.rets[0], {x}, {b, t, k, q[3], e}));
  for (size_t i = 0; given.writes && i + 2 < given.rets.size(); ++i) {
    if (given.rets[1 + i].untyped_data() != given.cache(i).untyped_data()) {
      return Invalid(
          "%s: result %zu is not the memory of its cache: it needs output_operand_aliases", kDecode,
          1 + i);
    }
  }
  const int64_t needed = DecodeWorkspace(b, t, k, q[3], e, s);
  return ExpectWorkspace(kDecode, given.rets.back(), Bytes(needed));
}

ffi::Error CheckPositions(const AttendDecode& a) {
  const long long tokens = a.t, slots = a.s;
  if (a.t > a.s) return Invalid("%s: %lld tokens, but %lld slots", kDecode, tokens, slots);
  for (int64_t at = 0; at < a.b * a.t; ++at) {
    const int64_t row = at / a.t, token = at % a.t, first = a.positions[row * a.t];
    const long long found = a.positions[at], expected = first + token;
    if (first >= 0 && found == expected) continue;
    const std::string wanted = token > 0 ? std::to_string(expected) : "0 or more";
    return Invalid("%s: positions[%lld, %lld] is %lld, expected %s", kDecode,
                   static_cast<long long>(row), static_cast<long long>(token), found,
                   wanted.c_str());
  }
  return ffi::Error::Success();
}

ffi::Error HandleDecode(ffi::ThreadPool pool, ffi::RemainingArgs args, ffi::RemainingRets rets,
                        float scale, float softcap, int64_t window) {
  DecodeBuffers given;
  RLX_RETURN_IF_ERROR(given.Read(args, rets));
  RLX_RETURN_IF_ERROR(CheckDecodeShapes(given));
  const auto q = given.args[0].dimensions();
  RLX_RETURN_IF_ERROR(CheckHead(kDecode, q[4], softcap, window));
  uint8_t* caches[4] = {};
  for (size_t i = 0; i < size_t{given.scaled ? 4u : 2u}; ++i) {
    RLX_RETURN_IF_ERROR(given.Take(i, &caches[i]));
  }
  const AttendDecode a = {.b = q[0],
                          .t = q[1],
                          .k = q[2],
                          .g = q[3],
                          .e = q[4],
                          .s = given.sizes(0)[3],
                          .x = ElementOf(given.args[0]),
                          .cache = ElementOf(given.args[1]),
                          .q = given.args[0].untyped_data(),
                          .keys = caches[0],
                          .values = caches[1],
                          .key_scales = reinterpret_cast<float*>(caches[2]),
                          .value_scales = reinterpret_cast<float*>(caches[3]),
                          .positions = given.args[3].typed_data<int32_t>(),
                          .new_keys = given.writes ? given.fresh(0).untyped_data() : nullptr,
                          .new_values = given.writes ? given.fresh(1).untyped_data() : nullptr,
                          .out = given.rets[0].untyped_data(),
                          .workspace = static_cast<float*>(given.rets.back().untyped_data()),
                          .scale = scale,
                          .softcap = softcap,
                          .window = window};
  RLX_RETURN_IF_ERROR(CheckPositions(a));
  const Choice& kernels = ChosenKernels();
  if (kernels.table == nullptr) return Invalid("%s: %s", kDecode, kernels.error);
  Attend(a, *kernels.table->decode, PoolThreads(pool));
  return ffi::Error::Success();
}

// ---- rlxflow.attend_prefill.v1: tokens attend to the tokens of one call
// ---------------------------
//
// Operands   q, keys, values, [lengths: i32[b],] [mask: i1[b, s]]
// Results    out, workspace

constexpr const char* kPrefill = "attend_prefill";

// Reads lengths and mask, which are told apart by their types.
ffi::Error ReadHidden(ffi::RemainingArgs& given, AttendPrefill* a) {
  for (size_t i = 0; i < given.size(); ++i) {
    const ffi::AnyBuffer buffer = *given.get<ffi::AnyBuffer>(i);
    if (buffer.element_type() == ffi::S32 && a->lengths == nullptr && a->mask == nullptr) {
      RLX_RETURN_IF_ERROR(Expect(kPrefill, "lengths", buffer, {ffi::S32}, {a->b}));
      a->lengths = buffer.typed_data<int32_t>();
    } else {
      RLX_RETURN_IF_ERROR(Expect(kPrefill, "mask", buffer, {ffi::PRED}, {a->b, a->s}));
      if (a->mask != nullptr) return Invalid("%s: two masks, expected at most one", kPrefill);
      a->mask = static_cast<const uint8_t*>(buffer.untyped_data());
    }
  }
  if (a->lengths == nullptr) return ffi::Error::Success();
  const long long t = a->t, s = a->s;
  if (t != s) return Invalid("%s: lengths with t=%lld and s=%lld, expected t = s", kPrefill, t, s);
  for (int64_t row = 0; row < a->b; ++row) {
    const int32_t length = a->lengths[row];
    if (length >= 0 && length <= s) continue;
    return Invalid("%s: lengths[%lld] is %d, expected 0 to %lld", kPrefill,
                   static_cast<long long>(row), length, s);
  }
  return ffi::Error::Success();
}

ffi::Error HandlePrefill(ffi::ThreadPool pool, ffi::AnyBuffer q, ffi::AnyBuffer keys,
                         ffi::AnyBuffer values, ffi::RemainingArgs hidden,
                         ffi::Result<ffi::AnyBuffer> out, ffi::Result<ffi::AnyBuffer> workspace,
                         float scale, float softcap, int64_t window, bool causal) {
  RLX_RETURN_IF_ERROR(Expect(kPrefill, "q", q, {ffi::F32, ffi::BF16}, {"b", "t", "k", "g", "e"}));
  const auto n = q.dimensions();
  const auto x = q.element_type();
  RLX_RETURN_IF_ERROR(Expect(kPrefill, "keys", keys, {x}, {n[0], "s", n[2], n[4]}));
  const int64_t s = keys.dimensions()[1];
  RLX_RETURN_IF_ERROR(Expect(kPrefill, "values", values, {x}, {n[0], s, n[2], n[4]}));
  RLX_RETURN_IF_ERROR(Expect(kPrefill, "out", *out, {x}, {n[0], n[1], n[2], n[3], n[4]}));
  RLX_RETURN_IF_ERROR(CheckHead(kPrefill, n[4], softcap, window));
  const int64_t needed = PrefillWorkspace(n[0], n[2], n[4], s);
  RLX_RETURN_IF_ERROR(ExpectWorkspace(kPrefill, *workspace, Bytes(needed)));
  if (n[1] > s) {
    return Invalid("%s: q has t=%lld, but keys have s=%lld", kPrefill, static_cast<long long>(n[1]),
                   static_cast<long long>(s));
  }
  AttendPrefill a = {.b = n[0],
                     .t = n[1],
                     .k = n[2],
                     .g = n[3],
                     .e = n[4],
                     .s = s,
                     .x = ElementOf(q),
                     .q = q.untyped_data(),
                     .keys = keys.untyped_data(),
                     .values = values.untyped_data(),
                     .lengths = nullptr,
                     .mask = nullptr,
                     .out = out->untyped_data(),
                     .workspace = static_cast<float*>(workspace->untyped_data()),
                     .scale = scale,
                     .softcap = softcap,
                     .window = window,
                     .causal = causal};
  RLX_RETURN_IF_ERROR(ReadHidden(hidden, &a));
  const Choice& kernels = ChosenKernels();
  if (kernels.table == nullptr) return Invalid("%s: %s", kPrefill, kernels.error);
  Attend(a, *kernels.table->prefill, PoolThreads(pool));
  return ffi::Error::Success();
}

}  // namespace

RLX_FFI_HANDLER(rlx_ffi_attend_decode_v1, HandleDecode,
                ffi::Ffi::Bind()
                    .Ctx<ffi::ThreadPool>()
                    .RemainingArgs()
                    .RemainingRets()
                    .Attr<float>("scale")
                    .Attr<float>("softcap")
                    .Attr<int64_t>("window"));

RLX_FFI_HANDLER(rlx_ffi_attend_prefill_v1, HandlePrefill,
                ffi::Ffi::Bind()
                    .Ctx<ffi::ThreadPool>()
                    .Arg<ffi::AnyBuffer>()  // q: f32 or bf16 [b, t, k, g, e]
                    .Arg<ffi::AnyBuffer>()  // keys: [b, s, k, e]
                    .Arg<ffi::AnyBuffer>()  // values: [b, s, k, e]
                    .RemainingArgs()
                    .Ret<ffi::AnyBuffer>()  // out: [b, t, k, g, e]
                    .Ret<ffi::AnyBuffer>()  // workspace: u8[n]
                    .Attr<float>("scale")
                    .Attr<float>("softcap")
                    .Attr<int64_t>("window")
                    .Attr<bool>("causal"));

}  // namespace rlx
