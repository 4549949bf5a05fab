// Part of rlxflow, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE in the root of the project.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// XLA FFI handlers: decode, check sizes with names and values, split, call. One section a target.
//
// A handler is called by XLA from a thread of its pool. Work is shared with the other threads of
// that pool as SharedTasks describes. Errors are values; nothing here throws or prints.

#include <string>

#include "capi.h"
#include "embed.h"
#include "handlers_panels.h"
#include "tables.h"

namespace rlx {

// ---- rlxflow.embed_rows.v1: rows of a packed table

static ffi::Error EmbedRows(ffi::ThreadPool pool, ffi::AnyBuffer ids, ffi::AnyBuffer table,
                            ffi::Result<ffi::AnyBuffer> rows, std::string_view format_name,
                            int64_t out_dim, int64_t in_dim) {
  const char* target = "embed_rows";
  Formats formats;
  if (ParseFormats(format_name, &formats, 1) != 1) {
    return Invalid("%s: format is \"%s\", expected one of %s", target,
                   std::string(format_name).c_str(), rlx_formats());
  }
  Taken taken;
  RLX_RETURN_IF_ERROR(TakePanels(target, "table", table, {formats, out_dim, in_dim}, {}, &taken));
  const bool is_bf16 = rows->element_type() == ffi::BF16;
  if (ids.element_type() != ffi::S32) {
    return Invalid("%s: ids is %s, expected i32", target, Shape(ids).c_str());
  }
  const int64_t count = static_cast<int64_t>(ids.element_count());
  const auto sizes = rows->dimensions();
  if ((!is_bf16 && rows->element_type() != ffi::F32) || sizes.size() == 0 ||
      sizes.back() != in_dim || static_cast<int64_t>(rows->element_count()) != count * in_dim) {
    return Invalid("%s: rows is %s, expected f32 or bf16 with %lld rows of %lld", target,
                   Shape(*rows).c_str(), static_cast<long long>(count),
                   static_cast<long long>(in_dim));
  }
  const Choice& kernels = ChosenKernels();
  if (kernels.table == nullptr) return Invalid("%s: %s", target, kernels.error);
  const EmbedJob job = {.format = taken.format,
                        .table = taken.data,
                        .out_dim = out_dim,
                        .in_dim = in_dim,
                        .ids = static_cast<const int32_t*>(ids.untyped_data()),
                        .rows = rows->untyped_data(),
                        .is_bf16 = is_bf16};
  const ConvertKernels& convert = *kernels.table->convert;
  PoolThreads(pool).For(count, [&](int64_t row) { EmbedRow(job, convert, row); });
  return ffi::Error::Success();
}

RLX_FFI_HANDLER(rlx_ffi_embed_rows_v1, EmbedRows,
                ffi::Ffi::Bind()
                    .Ctx<ffi::ThreadPool>()
                    .Arg<ffi::AnyBuffer>()  // ids: i32[...]
                    .Arg<ffi::AnyBuffer>()  // table: u8[panels]
                    .Ret<ffi::AnyBuffer>()  // rows: f32 or bf16 [..., in_dim]
                    .Attr<std::string_view>("format")
                    .Attr<int64_t>("out_dim")
                    .Attr<int64_t>("in_dim"));

}  // namespace rlx
