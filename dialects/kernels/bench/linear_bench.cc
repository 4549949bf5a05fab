// Part of rlxflow, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE in the root of the project.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// How fast products run, beside what this machine reads: each in turns of a few panels, so that
// the turns that nobody disturbed say what the kernel can do.
//
//   rlx-linear-bench [rows] [threads] [in_dim] [formats] [f32|bf16, what x is]
//   rlx-linear-bench 1 2 2048 bf16,q8_0
//   rlx-linear-bench 512 2 2048 q4_0 bf16
//
// One line a format: GB/s of packed bytes, GB/s of plain reads of the same memory in the same
// minute, their ratio, GFLOP/s, and time of one row and weight in picoseconds.

#include <sched.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <thread>
#include <vector>

#include "capi.h"
#include "linear_run.h"
#include "tables.h"
#include "turns.h"

namespace rlx::bench {
namespace {

constexpr int64_t kMemory = int64_t{1} << 27;  // larger than caches
constexpr int64_t kTurn = int64_t{1} << 20;    // bytes of weights in a turn

struct Measured {
  double product, read;  // seconds a byte
};

// What one thread does.
class Worker {
 public:
  Worker(Format format, int rows, int64_t in_dim, Element x, const LinearKernels& kernels)
      : kernels_(kernels), x_(static_cast<size_t>(rows * in_dim), 0.5f) {
    panel_bytes_ = PanelBytes(format, in_dim);
    panels_ = std::max<int64_t>(kMemory / panel_bytes_, 1);
    per_turn_ = rows > 8 ? 128 : std::max<int64_t>(kTurn / panel_bytes_, 1);
    weights_ = memory_.Of(panels_ * panel_bytes_, 0x11);  // a small scale
    y_.resize(static_cast<size_t>(rows * 16 * per_turn_));
    Needs needs = {};
    Add(&needs, format);
    workspace_.resize(static_cast<size_t>(WorkspaceBytes(needs, rows, in_dim)));
    matrix_.format = format;
    matrix_.out_dim = 16 * per_turn_;
    matrix_.y = {y_.data(), Element::kF32};
    product_.x = {x_.data(), x};  // as bf16 half of it: 0 and 0.5 in turns
    product_.rows = rows;
    product_.in_dim = in_dim;
    product_.matrices = &matrix_;
    product_.count = 1;
    product_.workspace = workspace_.data();
  }

  Measured Run() {
    std::vector<double> product, read;
    int64_t panel = 0;
    for (const auto begin = Clock::now(); Since(begin) < 2 * kSeconds || product.size() < 20;) {
      panel = panel + 2 * per_turn_ > panels_ ? 0 : panel;
      product.push_back(Time([&] { Multiply(panel); }));
      panel += per_turn_;
      read.push_back(Time([&] { Read(weights_ + panel * panel_bytes_, Bytes()); }));
      panel += per_turn_;
    }
    const auto bytes = static_cast<double>(Bytes());
    return {Undisturbed(product) / bytes, Undisturbed(read) / bytes};
  }

 private:
  int64_t Bytes() const { return per_turn_ * panel_bytes_; }
  void Multiply(int64_t panel) {
    matrix_.panels = weights_ + panel * panel_bytes_;
    rlx::Run(product_, kernels_, Serial());
  }

  const LinearKernels& kernels_;
  std::vector<float> x_, y_;
  Matrix matrix_ = {};
  Product product_ = {};
  int64_t panel_bytes_, panels_, per_turn_;
  HugePages memory_;
  std::vector<uint8_t> workspace_;
  uint8_t* weights_;
};

void Pin(int cpu) {
  cpu_set_t set;
  CPU_ZERO(&set);
  CPU_SET(static_cast<size_t>(cpu), &set);
  sched_setaffinity(0, sizeof(set), &set);
}

void Bench(Format format, int rows, int threads, int64_t in_dim, Element x,
           const KernelTable& table) {
  std::vector<Measured> measured(static_cast<size_t>(threads));
  std::vector<std::thread> team;
  for (int i = 0; i < threads; ++i) {
    team.emplace_back([&, i] {
      Pin(i);
      measured[static_cast<size_t>(i)] = Worker(format, rows, in_dim, x, table.linear).Run();
    });
  }
  for (std::thread& thread : team) thread.join();
  double product = 0, read = 0;
  for (const Measured& one : measured) {
    product += 1e-9 / one.product;
    read += 1e-9 / one.read;
  }
  const double weights_per_byte = 16.0 * static_cast<double>(in_dim) / PanelBytes(format, in_dim);
  const double gflops = 2 * product * weights_per_byte * rows;
  std::printf("%-7s %-5s rows %-3d threads %d  %6.2f GB/s of %6.2f: %.2f  %7.1f GFLOP/s %7.2f ps\n",
              table.isa, Info(format).name, rows, threads, product, read, product / read, gflops,
              2000 / gflops);
  std::fflush(stdout);
}

}  // namespace
}  // namespace rlx::bench

int main(int argc, char** argv) {
  const int rows = argc > 1 ? std::atoi(argv[1]) : 1;
  const int threads = argc > 2 ? std::atoi(argv[2]) : 1;
  const int64_t in_dim = argc > 3 ? std::atoll(argv[3]) : 2048;
  const std::string list = argc > 4 ? argv[4] : rlx_formats();
  const std::string x = argc > 5 ? argv[5] : "f32";
  rlx::Formats formats[rlx::kFormats];
  const int count = rlx::ParseFormats(list, formats, rlx::kFormats);
  const rlx::Choice& choice = rlx::ChosenKernels();
  if (choice.table == nullptr || count == 0 || rows < 1 || threads < 1 || in_dim < 1 ||
      (x != "f32" && x != "bf16")) {
    std::printf("usage: rlx-linear-bench [rows] [threads] [in_dim] [formats] [f32|bf16]; %s\n",
                choice.error);
    return 1;
  }
  for (int i = 0; i < count; ++i) {
    formats[i].ForEach([&](rlx::Format format) {
      const rlx::Element element = x == "f32" ? rlx::Element::kF32 : rlx::Element::kBf16;
      rlx::bench::Bench(format, rows, threads, in_dim, element, *choice.table);
    });
  }
}
