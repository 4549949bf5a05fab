// Part of rlxflow, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE in the root of the project.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// Chooses the instruction set when the process asks for it the first time.
//
// RLX_COMPILED_ISAS lists what was compiled, best first, as X(avx2) X(scalar).

#include <cstdio>
#include <cstdlib>
#include <cstring>

#if defined(__x86_64__)
#include <cpuid.h>
#if defined(__linux__)
#include <sys/syscall.h>
#include <unistd.h>
#endif
#endif

#include "tables.h"

#define X(isa)                     \
  namespace isa {                  \
  extern const KernelTable kTable; \
  }
namespace rlx {
RLX_COMPILED_ISAS
}  // namespace rlx
#undef X

namespace rlx {
namespace {

#if defined(__x86_64__)
// Whether the CPU has AMX with bf16 and int8, and the system gives its registers to all threads of
// this process, which has to ask for them: they are large.
bool MayUseTiles() noexcept {
#if defined(__linux__)
  unsigned a = 0, b = 0, c = 0, d = 0;
  if (__get_cpuid_count(7, 0, &a, &b, &c, &d) == 0) return false;
  constexpr unsigned kBf16 = 1u << 22, kTile = 1u << 24, kInt8 = 1u << 25;
  constexpr unsigned kAll = kBf16 | kTile | kInt8;
  if ((d & kAll) != kAll) return false;
  constexpr long kRequest = 0x1023, kTileData = 18;  // ARCH_REQ_XCOMP_PERM, XFEATURE_XTILEDATA
  return syscall(SYS_arch_prctl, kRequest, kTileData) == 0;
#else
  return false;
#endif
}
#endif

// These say no where the system does not save the registers of a set (XGETBV).
bool CpuHas([[maybe_unused]] const char* isa) noexcept {
#if defined(__x86_64__)
  __builtin_cpu_init();
  const bool avx2 = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") &&
                    __builtin_cpu_supports("f16c");
  const bool avx512 = avx2 && __builtin_cpu_supports("avx512f") &&
                      __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512dq") &&
                      __builtin_cpu_supports("avx512vl");
  if (std::strcmp(isa, "avx2") == 0) return avx2;
  if (std::strcmp(isa, "avx512") == 0) return avx512;
  const bool vnni = avx512 && __builtin_cpu_supports("avx512vnni");
  if (std::strcmp(isa, "avx512vnni") == 0) return vnni;
  const bool bf16 = vnni && __builtin_cpu_supports("avx512bf16");
  if (std::strcmp(isa, "avx512bf16") == 0) return bf16;
  const bool vbmi = bf16 && __builtin_cpu_supports("avx512vbmi");
  if (std::strcmp(isa, "amx") == 0) return vbmi && MayUseTiles();
#endif
  return true;  // scalar; NEON, which every AArch64 has
}

template <size_t n>
void List(char (&text)[n], size_t at, bool only_here) noexcept {
  size_t count = 0;
  const Compiled* compiled = CompiledKernels(&count);
  const char* comma = "";
  for (size_t i = 0; i < count && at < n; ++i) {
    if (only_here && !compiled[i].runs_here) continue;
    at += static_cast<size_t>(
        std::snprintf(text + at, n - at, "%s%s", comma, compiled[i].table->isa));
    comma = ", ";
  }
}

}  // namespace

const Compiled* CompiledKernels(size_t* count) noexcept {
#define X(isa) {&isa::kTable, CpuHas(#isa)},
  static const Compiled compiled[] = {RLX_COMPILED_ISAS};
#undef X
  *count = sizeof(compiled) / sizeof(compiled[0]);
  return compiled;
}

Choice ChooseKernels(const char* wanted) noexcept {
  Choice choice = {nullptr, ""};
  const bool any = wanted == nullptr || *wanted == '\0';
  size_t count = 0;
  const Compiled* compiled = CompiledKernels(&count);
  bool known = false;
  for (size_t i = 0; i < count && choice.table == nullptr; ++i) {
    const bool fits = any || std::strcmp(wanted, compiled[i].table->isa) == 0;
    known |= fits;
    if (fits && compiled[i].runs_here) choice.table = compiled[i].table;
  }
  if (choice.table != nullptr) return choice;
  const int at = std::snprintf(choice.error, sizeof(choice.error),
                               known ? "RLX_KERNELS_ISA=%.40s: this CPU lacks it; it runs "
                                     : "RLX_KERNELS_ISA=%.40s: no such kernels; there are ",
                               wanted);
  List(choice.error, static_cast<size_t>(at), known);
  return choice;
}

const Choice& ChosenKernels() noexcept {
  static const Choice choice = ChooseKernels(std::getenv("RLX_KERNELS_ISA"));
  return choice;
}

}  // namespace rlx
