// Part of rlxflow, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE in the root of the project.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// A test program in one header: TEST(name) { CHECK(...); }, run by main.cc.

#ifndef RLX_KERNELS_TEST_CHECK_H_
#define RLX_KERNELS_TEST_CHECK_H_

#include <sstream>
#include <string>
#include <vector>

namespace rlx::test {

struct Case {
  const char* name;
  void (*run)();
};

std::vector<Case>& Cases();

// Notes a failure of the running test.
void Fail(const char* file, int line, const std::string& what);

struct Register {
  Register(const char* name, void (*run)()) { Cases().push_back({name, run}); }
};

template <class... T>
std::string Text(const T&... parts) {
  std::ostringstream out;
  out.precision(9);
  (out << ... << parts);
  return out.str();
}

}  // namespace rlx::test

#define TEST(name)                                               \
  static void name();                                            \
  static const rlx::test::Register register_##name(#name, name); \
  static void name()

// Checks a condition; the rest are values to print when it does not hold.
#define CHECK(condition, ...)                                                      \
  do {                                                                             \
    if (!(condition)) {                                                            \
      rlx::test::Fail(__FILE__, __LINE__,                                          \
                      rlx::test::Text(#condition " " __VA_OPT__(, ) __VA_ARGS__)); \
    }                                                                              \
  } while (false)

#endif  // RLX_KERNELS_TEST_CHECK_H_
