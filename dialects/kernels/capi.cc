// Part of rlxflow, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE in the root of the project.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "capi.h"

#include <cstdarg>
#include <cstdio>
#include <string_view>
#include <vector>

#include "attend.h"
#include "experts.h"
#include "formats.h"
#include "linear_run.h"
#include "pack_all.h"
#include "sample.h"
#include "tables.h"
#include "threads.h"

namespace rlx {
namespace {

struct Message {
  char* text;
  int64_t bytes;
};

__attribute__((format(printf, 2, 3))) int Fail(Message message, const char* form, ...) {
  if (message.text == nullptr || message.bytes <= 0) return 1;
  va_list values;
  va_start(values, form);
  std::vsnprintf(message.text, static_cast<size_t>(message.bytes), form, values);
  va_end(values);
  return 1;
}

struct Shape {
  Format format;
  int64_t out_dim, in_dim;
};

// Checks what packing and unpacking have in common.
int Check(const char* format, Shape* matrix, Message message) {
  if (format == nullptr || !ParseFormat(format, &matrix->format)) {
    return Fail(message, "format: expected one of %s, found %s", rlx_formats(),
                format == nullptr ? "null" : format);
  }
  if (PackedBytes(matrix->format, matrix->out_dim, matrix->in_dim) < 0) {
    return Fail(message,
                "%s[%lld, %lld]: sizes are not positive, too big, or not whole blocks of %d",
                format, static_cast<long long>(matrix->out_dim),
                static_cast<long long>(matrix->in_dim), Info(matrix->format).file_block);
  }
  return 0;
}

int CheckJob(const rlx_pack_job& from, PackJob* job, Message message) {
  Shape matrix = {Format::kF32, from.out_dim, from.in_dim};
  if (int bad = Check(from.format, &matrix, message)) return bad;
  const bool scaled = matrix.format == Format::kInt8;
  if (from.rows == nullptr || from.panels == nullptr || scaled != (from.scales != nullptr)) {
    return Fail(message, "%s: rows, panels%s expected, found null%s", from.format,
                scaled ? " and scales" : "", scaled ? "" : " or scales, which only int8 has");
  }
  *job = {matrix.format, from.rows,   from.scales, from.order,
          from.out_dim,  from.in_dim, from.panels};
  return 0;
}

}  // namespace
}  // namespace rlx

using rlx::Format;

int32_t rlx_kernels_version(void) { return 1; }

int32_t rlx_layout_version(void) { return rlx::kLayoutVersion; }

const char* rlx_kernels_isa(void) {
  const rlx::Choice& choice = rlx::ChosenKernels();
  return choice.table == nullptr ? "" : choice.table->isa;
}

int rlx_kernels_check(char* message, int64_t message_bytes) {
  const rlx::Choice& choice = rlx::ChosenKernels();
  if (choice.table != nullptr) return 0;
  return rlx::Fail({message, message_bytes}, "%s", choice.error);
}

const char* rlx_formats(void) { return "f32,f16,bf16,int8,q8_0,q4_0,q4_k,q5_k,q6_k"; }

const char* rlx_targets(void) {
  return "rlxflow.linear.v1,rlxflow.linear_glu.v1,rlxflow.embed_rows.v1,rlxflow.experts.v1,"
         "rlxflow.attend_decode.v1,rlxflow.attend_prefill.v1,rlxflow.argmax.v1,rlxflow.top_k.v1";
}

int64_t rlx_packed_bytes(const char* format, int64_t out_dim, int64_t in_dim) {
  Format parsed;
  if (format == nullptr || !rlx::ParseFormat(format, &parsed)) return -1;
  return rlx::PackedBytes(parsed, out_dim, in_dim);
}

int64_t rlx_stack_bytes(const char* formats, int64_t matrices, int64_t out_dim, int64_t in_dim) {
  rlx::Formats parsed;
  if (formats == nullptr || rlx::ParseFormats(formats, &parsed, 1) != 1) return -1;
  return rlx::StackBytes(parsed, matrices, out_dim, in_dim);
}

int64_t rlx_file_row_bytes(const char* format, int64_t in_dim) {
  Format parsed;
  if (format == nullptr || !rlx::ParseFormat(format, &parsed)) return -1;
  return rlx::FileRowBytes(parsed, in_dim);
}

int64_t rlx_linear_workspace_bytes(const char* formats, int64_t rows, int64_t in_dim) {
  constexpr int kMost = 8;
  rlx::Formats parsed[kMost];
  const int count = formats == nullptr ? 0 : rlx::ParseFormats(formats, parsed, kMost);
  if (count == 0 || rows < 0 || in_dim < 1) return -1;
  rlx::Needs needs = {};
  for (int i = 0; i < count; ++i) rlx::Add(&needs, parsed[i]);
  return rlx::WorkspaceBytes(needs, rows, in_dim);
}

int64_t rlx_experts_workspace_bytes(const char* formats, int64_t tokens, int64_t choices,
                                    int64_t experts, int64_t in_dim, int64_t inner_dim) {
  rlx::Formats parsed[3];
  const int count = formats == nullptr ? 0 : rlx::ParseFormats(formats, parsed, 3);
  if (count < 2 || tokens < 0 || choices < 0 || experts < 1 || in_dim < 1 || inner_dim < 1) {
    return -1;
  }
  return rlx::ExpertsBytes({tokens, choices, experts, in_dim, inner_dim},
                           rlx::NeedsOf(parsed, count));
}

int64_t rlx_attend_decode_workspace(int64_t b, int64_t t, int64_t k, int64_t g, int64_t e,
                                    int64_t s) {
  return rlx::DecodeWorkspace(b, t, k, g, e, s) * static_cast<int64_t>(sizeof(float));
}

int64_t rlx_attend_prefill_workspace(int64_t b, int64_t k, int64_t e, int64_t s) {
  return rlx::PrefillWorkspace(b, k, e, s) * static_cast<int64_t>(sizeof(float));
}

int64_t rlx_argmax_workspace(int64_t rows, int64_t count) {
  return rlx::ArgmaxWorkspace(rows, count);
}

int64_t rlx_top_k_workspace(int64_t rows, int64_t count, int64_t k) {
  return rlx::TopKWorkspace(rows, count, k);
}

int rlx_pack(const char* format, const void* rows, const float* scales, int64_t out_dim,
             int64_t in_dim, void* panels, int threads, char* message, int64_t message_bytes) {
  const rlx_pack_job job = {format, rows, scales, nullptr, out_dim, in_dim, panels, 0};
  return rlx_pack_all(&job, 1, threads, message, message_bytes);
}

int rlx_pack_all(const rlx_pack_job* jobs, int64_t count, int threads, char* message,
                 int64_t message_bytes) {
  std::vector<rlx::SharedJob> checked;
  for (int64_t i = 0; i < count; ++i) {
    rlx::SharedJob job = {{}, jobs[i].mapped != 0};
    if (int bad = rlx::CheckJob(jobs[i], &job.job, {message, message_bytes})) return bad;
    checked.push_back(job);
  }
  rlx::PackAll(checked, rlx::OwnThreads(threads));
  return 0;
}

int rlx_unpack(const char* format, const void* panels, int64_t out_dim, int64_t in_dim, float* rows,
               int threads, char* message, int64_t message_bytes) {
  rlx::Shape matrix = {Format::kF32, out_dim, in_dim};
  if (int bad = rlx::Check(format, &matrix, {message, message_bytes})) return bad;
  if (panels == nullptr || rows == nullptr) {
    return rlx::Fail({message, message_bytes}, "%s: panels and rows expected, found null", format);
  }
  const int64_t panel_bytes = rlx::PanelBytes(matrix.format, in_dim);
  rlx::OwnThreads(threads).For(out_dim, [&](int64_t row) {
    const auto* panel = static_cast<const uint8_t*>(panels) + row / 16 * panel_bytes;
    const int lane = static_cast<int>(row % 16);
    rlx::UnpackRow(matrix.format, panel, lane, 0, in_dim, rows + row * in_dim);
  });
  return 0;
}

int64_t rlx_multiply(const char* type, int64_t turns) {
  const rlx::Choice& kernels = rlx::ChosenKernels();
  if (type == nullptr || kernels.table == nullptr) return -1;
  const std::string_view name = type;
  if (name == "int16") return (*kernels.table->linear.multiply_ints)(turns);
  if (name == "f32") return (*kernels.table->linear.multiply_floats)(turns);
  if (name != "bf16") return -1;
  const rlx::LinearKernels& linear = kernels.table->linear;
  const bool tiles = linear.MultipliesTiles();
  const rlx::MultiplyFn halves = tiles ? *linear.multiply_tiles : *linear.multiply_halves;
  return halves == nullptr ? 0 : halves(turns);
}

uint32_t rlx_read(const void* memory, int64_t bytes, int32_t streams, int64_t ahead) {
  const rlx::Choice& kernels = rlx::ChosenKernels();
  return kernels.table == nullptr ? 0 : (*kernels.table->read)(memory, bytes, streams, ahead);
}
