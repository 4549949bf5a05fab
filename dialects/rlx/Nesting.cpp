// Part of rlxflow, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE in the root of the project.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "Nesting.h"

using llvm::StringRef;

namespace rlx {
namespace {

// Returns what a token that holds no bracket takes of the text, 0 if there is none in front.
size_t skipped(StringRef text) {
  if (text.starts_with("//")) return std::min(text.find('\n'), text.size());
  if (text.starts_with("->") || text.starts_with(">=") || text.starts_with("<=")) return 2;
  if (text[0] != '"') return 0;
  size_t i = 1;
  while (i < text.size() && text[i] != '"' && text[i] != '\n') i += text[i] == '\\' ? 2 : 1;
  return std::min(i + 1, text.size());
}

}  // namespace

std::optional<std::pair<int, int>> firstTooDeep(StringRef text) {
  int depth = 0, line = 1;
  size_t lineStart = 0;
  for (size_t i = 0; i < text.size();) {
    if (size_t length = skipped(text.substr(i))) {
      i += length;
      continue;
    }
    if (text[i] == '\n') {
      ++line;
      lineStart = i + 1;
    }
    if (StringRef("([{<").contains(text[i]) && ++depth > kDeepest)
      return std::pair(line, static_cast<int>(i - lineStart) + 1);
    if (StringRef(")]}>").contains(text[i])) --depth;
    ++i;
  }
  return std::nullopt;
}

}  // namespace rlx
