// Part of rlxflow, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE in the root of the project.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// Reading memory: all of it, in any number of streams, and nothing else.

#include <numeric>
#include <vector>

#include "capi.h"
#include "check.h"
#include "tables.h"

namespace rlx::test {
namespace {

TEST(every_word_is_read_once_in_any_number_of_streams) {
  size_t sets = 0;
  const Compiled* compiled = CompiledKernels(&sets);
  for (int64_t count : {0, 1, 7, 8, 9, 63, 64, 1000, 4099}) {
    std::vector<uint32_t> words(static_cast<size_t>(count));
    uint32_t value = 0x9e3779b9;
    for (uint32_t& word : words) word = value *= 0xbf58476d;
    const uint32_t sum = std::accumulate(words.begin(), words.end(), uint32_t{0});
    for (int64_t streams : {0, 1, 2, 3, 4, 8, 17}) {
      for (size_t i = 0; i < sets; ++i) {
        if (!compiled[i].runs_here) continue;
        const ReadFn read = *compiled[i].table->read;
        for (int64_t ahead : {0, 1024}) {
          CHECK(read(words.data(), 4 * count, streams, ahead) == sum, compiled[i].table->isa, " ",
                count, " ", streams);
        }
      }
    }
  }
}

TEST(bytes_behind_the_last_word_are_left_out) {
  const std::vector<char> bytes(200, 1);
  const uint32_t word = 0x01010101;
  for (int64_t count : {0, 3, 4, 135, 199}) {
    const auto words = static_cast<uint32_t>(count / 4);
    CHECK(rlx_read(bytes.data() + 1, count, 2, 0) == words * word, count);
  }
}

}  // namespace
}  // namespace rlx::test
