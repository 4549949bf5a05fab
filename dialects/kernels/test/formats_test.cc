// Part of rlxflow, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE in the root of the project.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// Lists of formats, also of the layers of a stack, and the bytes of such stacks.

#include "formats.h"

#include <string>

#include "capi.h"
#include "check.h"
#include "linear_run.h"

namespace rlx::test {
namespace {

std::string Names(const Formats& formats) {
  std::string text;
  formats.ForEach([&](Format format) { text += std::string(Info(format).name) + " "; });
  return text;
}

TEST(lists_of_formats_and_of_those_of_layers) {
  Formats found[3];
  CHECK(ParseFormats("q4_k", found, 3) == 1 && Names(found[0]) == "q4_k ");
  CHECK(ParseFormats("q4_k|q6_k|q4_k,bf16,int8|f32", found, 3) == 3);
  CHECK(found[0].count == 3 && found[1].count == 1 && found[2].count == 2);
  CHECK(Names(found[0]) == "q4_k q6_k q4_k " && Names(found[1]) == "bf16 ");
  CHECK(Names(found[2]) == "int8 f32 ");
  for (const char* text : {"", ",", "q4_k,", ",q4_k", "q4_k,,f32", "q4_k|", "|q4_k", "q4_k||f32",
                           "q4_k|q3_k", "q4_k f32", "f32,f32,f32,f32"}) {
    CHECK(ParseFormats(text, found, 3) == 0, text);
  }
}

TEST(a_row_of_a_stack_is_what_a_layer_takes_on_average) {
  CHECK(rlx_stack_bytes("q6_k", 1, 33, 256) == rlx_packed_bytes("q6_k", 33, 256));
  CHECK(rlx_stack_bytes("q6_k|q6_k", 5, 33, 256) == 5 * rlx_packed_bytes("q6_k", 33, 256));
  // 2 panels of 2368, 3392 and 2368 bytes: 16256 in all, a third is 5418.7, and 85 lines 5440
  CHECK(rlx_stack_bytes("q4_k|q6_k|q4_k", 1, 17, 256) == 5440);
  CHECK(rlx_stack_bytes("q4_k|q6_k|q4_k", 3, 17, 256) == 16256);
  CHECK(rlx_stack_bytes("q8_0|q4_0", 1, 16, 64) == 832);
  CHECK(rlx_stack_bytes("q4_k|q8_0", 1, 16, 64) == -1, "no whole blocks");
  CHECK(rlx_stack_bytes("q8_0|q4_k", 1, 16, 64) == -1, "no whole blocks");
  CHECK(rlx_stack_bytes("q8_0,q8_0", 1, 16, 64) == -1, "two weights");
  CHECK(rlx_stack_bytes("q8_0|q9_0", 1, 16, 64) == -1);
  CHECK(rlx_stack_bytes(nullptr, 1, 16, 64) == -1);
  CHECK(rlx_stack_bytes("q8_0|q4_0", 0, 16, 64) == -1);
  CHECK(rlx_stack_bytes("f32|f32", 1 << 30, 1 << 20, 1 << 20) == -1);
}

// Needs are those of all layers, whichever comes first.
TEST(workspaces_are_large_enough_for_any_layer) {
  const int64_t ints = rlx_linear_workspace_bytes("q8_0", 3, 256);
  const int64_t floats = rlx_linear_workspace_bytes("f16", 3, 256);
  const int64_t both = rlx_linear_workspace_bytes("q8_0,f16", 3, 256);
  CHECK(both > ints && both > floats);
  CHECK(rlx_linear_workspace_bytes("q8_0|f16", 3, 256) == both);
  CHECK(rlx_linear_workspace_bytes("f16|q4_k|q8_0", 3, 256) == both);
  CHECK(rlx_linear_workspace_bytes("q4_k|q6_k", 1, 256) ==
        rlx_linear_workspace_bytes("q6_k", 1, 256));
  CHECK(rlx_linear_workspace_bytes("q4_k|", 1, 256) == -1);
  CHECK(rlx_experts_workspace_bytes("q8_0|f16,q8_0,q8_0|bf16", 3, 2, 5, 64, 32) ==
        rlx_experts_workspace_bytes("q8_0,f16,q8_0", 3, 2, 5, 64, 32) +
            rlx_linear_workspace_bytes("q8_0,bf16", 6, 32) -
            rlx_linear_workspace_bytes("q8_0", 6, 32));
}

}  // namespace
}  // namespace rlx::test
