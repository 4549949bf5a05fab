// Part of rlxflow, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE in the root of the project.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// Runs all tests, or those whose names contain the argument. Exit code 1 if one fails.

#include <chrono>
#include <cstdio>
#include <cstring>

#include "check.h"

namespace rlx::test {
namespace {
int failures_of_test = 0;
}  // namespace

std::vector<Case>& Cases() {
  static std::vector<Case> cases;
  return cases;
}

void Fail(const char* file, int line, const std::string& what) {
  if (++failures_of_test > 5) return;  // the first few say enough
  std::printf("%s:%d: %s\n", file, line, what.c_str());
}

static bool Run(const Case& test) {
  failures_of_test = 0;
  const auto begin = std::chrono::steady_clock::now();
  test.run();
  const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - begin;
  std::printf("%s %s (%.2f s)\n", failures_of_test ? "FAILED" : "ok", test.name, seconds.count());
  return failures_of_test == 0;
}

}  // namespace rlx::test

int main(int argc, char** argv) {
  int run = 0, failed = 0;
  for (const rlx::test::Case& test : rlx::test::Cases()) {
    if (argc > 1 && std::strstr(test.name, argv[1]) == nullptr) continue;
    ++run;
    failed += !rlx::test::Run(test);
  }
  std::printf("%d tests, %d failed\n", run, failed);
  return failed > 0 || run == 0;
}
