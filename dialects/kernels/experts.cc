// Part of rlxflow, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE in the root of the project.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "experts.h"

#include <algorithm>

namespace rlx {
namespace {

// What lies in the workspace. A row is one choice of one token; rows are sorted by expert.
struct Space {
  Space(void* workspace, const ExpertsSizes& sizes, ExpertsNeeds needs) noexcept;

  int64_t* starts;  // [experts + 1], the first row of each expert, and the end
  int64_t* tokens;  // [rows], whose row it is
  int64_t* places;  // [tokens, choices], the row of each choice
  float* inner;     // [rows, inner_dim], act(gate) * up
  float* answers;   // [rows, in_dim]
  void* wide;       // of the rows of x
  void* down;       // of those of inner
  int64_t end;      // of no workspace it is the size of one
};

// Cuts pieces of a workspace off, each on a line of its own.
class Cuts {
 public:
  explicit Cuts(void* workspace) noexcept
      : at_(RoundUp(static_cast<int64_t>(reinterpret_cast<uintptr_t>(workspace)), 64)) {}
  void* Bytes(int64_t count) noexcept {
    void* piece = reinterpret_cast<void*>(at_);
    at_ = RoundUp(at_ + count, 64);
    return piece;
  }
  template <class T>
  T* Take(int64_t count) noexcept {
    return static_cast<T*>(Bytes(count * static_cast<int64_t>(sizeof(T))));
  }
  int64_t End() const noexcept { return at_; }

 private:
  int64_t at_;
};

// How many rows an expert has, about.
int64_t AtOnce(const ExpertsSizes& sizes) noexcept {
  return sizes.tokens * sizes.choices / sizes.experts;
}

Space::Space(void* workspace, const ExpertsSizes& sizes, ExpertsNeeds needs) noexcept {
  const int64_t rows = sizes.tokens * sizes.choices;
  Cuts cuts(workspace);
  starts = cuts.Take<int64_t>(sizes.experts + 1);
  tokens = cuts.Take<int64_t>(rows);
  places = cuts.Take<int64_t>(rows);
  inner = cuts.Take<float>(rows * sizes.inner_dim);
  answers = cuts.Take<float>(rows * sizes.in_dim);
  wide = cuts.Bytes(ReadyRows::Bytes(needs.wide, rows, sizes.in_dim, AtOnce(sizes)));
  down = cuts.Bytes(ReadyRows::Bytes(needs.down, rows, sizes.inner_dim, AtOnce(sizes)));
  end = cuts.End();
}

// Sorts choices by expert; those of one expert stay in the order of their tokens.
void Sort(const ExpertsJob& job, const Space& space) noexcept {
  const ExpertsSizes& sizes = job.sizes;
  const int64_t rows = sizes.tokens * sizes.choices;
  const auto expert = [&](int64_t i) {
    return std::clamp<int64_t>(job.ids[i], 0, sizes.experts - 1);
  };
  std::fill_n(space.starts, sizes.experts + 1, 0);
  for (int64_t i = 0; i < rows; ++i) ++space.starts[expert(i)];
  int64_t before = 0;  // starts become where each expert's next row goes, which ends at its end
  for (int64_t e = 0; e < sizes.experts; ++e) {
    before += space.starts[e];
    space.starts[e] = before - space.starts[e];
  }
  for (int64_t i = 0; i < rows; ++i) {
    const int64_t place = space.starts[expert(i)]++;
    space.places[i] = place;
    space.tokens[place] = i / sizes.choices;
  }
  for (int64_t e = sizes.experts; e > 0; --e) space.starts[e] = space.starts[e - 1];
  space.starts[0] = 0;
}

// A product of every expert with its own rows: of one bank, or of two that are gated.
class Phase {
 public:
  Phase(const Bank& bank, const Bank* up, Act act, int64_t in_dim, int64_t out_dim, float* y)
      : bank_(bank), up_(up), act_(act), in_dim_(in_dim), out_dim_(out_dim), y_(y) {}

  void Run(const Space& space, const ReadyRows& x, int64_t experts, const LinearKernels& kernels,
           const Parallel& parallel) const {
    int64_t cost = 0, work = 0;
    for (int64_t e = 0; e < experts; ++e) {
      const int64_t rows = space.starts[e + 1] - space.starts[e];
      cost += Cost(rows);
      work += Bytes() * std::min<int64_t>(rows, x.tile_rows());
    }
    cost *= PanelCount(out_dim_);
    const int64_t tasks = TaskCount(work, cost, parallel.threads);
    parallel.For(tasks, [&](int64_t task) {
      RunShare(space, x, experts, cost * task / tasks, cost * (task + 1) / tasks, kernels);
    });
  }

 private:
  // Of a panel; reading one costs about as much as multiplying it with so many rows.
  static int64_t Cost(int64_t rows) noexcept { return rows == 0 ? 0 : std::max<int64_t>(rows, 4); }

  int64_t Bytes() const noexcept {
    const int64_t one = PackedBytes(bank_.format, out_dim_, in_dim_);
    return up_ == nullptr ? one : one + PackedBytes(up_->format, out_dim_, in_dim_);
  }

  // Computes the panels whose cost, all before them added up, is from `begin` to below `end`.
  void RunShare(const Space& space, const ReadyRows& x, int64_t experts, int64_t begin, int64_t end,
                const LinearKernels& kernels) const noexcept {
    const int64_t panels = PanelCount(out_dim_);
    int64_t before = 0;
    for (int64_t e = 0; e < experts && before < end; ++e) {
      const int64_t first_row = space.starts[e], rows = space.starts[e + 1] - first_row;
      const int64_t cost = Cost(rows);
      if (cost == 0) continue;
      const auto panel = [&](int64_t at) {
        return std::clamp<int64_t>((at - before + cost - 1) / cost, 0, panels);
      };
      const Matrix matrix = MatrixOf(bank_, e), up = MatrixOf(up_ == nullptr ? bank_ : *up_, e);
      const RowsTimesMatrix one = {.matrix = &matrix,
                                   .up = up_ == nullptr ? nullptr : &up,
                                   .act = act_,
                                   .residual = {},
                                   .x = &x,
                                   .in_dim = in_dim_,
                                   .first_row = first_row,
                                   .rows = rows};
      RunPanels(one, {panel(begin), panel(end)}, kernels);
      before += panels * cost;
    }
  }

  Matrix MatrixOf(const Bank& bank, int64_t expert) const noexcept {
    return {bank.format, bank.panels + expert * bank.stride, out_dim_, {}, {y_, Element::kF32}};
  }

  const Bank& bank_;
  const Bank* up_;
  Act act_;
  int64_t in_dim_, out_dim_;
  float* y_;
};

// y[token] = the sum of its answers, each times its share.
void Mix(const ExpertsJob& job, const Space& space, const ConvertKernels& convert,
         int64_t token) noexcept {
  constexpr int64_t kPart = 64;
  const int64_t columns = job.sizes.in_dim, choices = job.sizes.choices;
  for (int64_t at = 0; at < columns; at += kPart) {
    const int64_t count = std::min(kPart, columns - at), index = token * columns + at;
    float sums[kPart] = {};
    for (int64_t i = token * choices; i < (token + 1) * choices; ++i) {
      const float* answer = space.answers + space.places[i] * columns + at;
      for (int64_t c = 0; c < count; ++c) sums[c] += job.shares[i] * answer[c];
    }
    if (job.y.element == Element::kF32) {
      std::copy_n(sums, count, static_cast<float*>(job.y.data) + index);
    } else {
      convert.to_bf16(sums, count, static_cast<uint16_t*>(job.y.data) + index);
    }
  }
}

}  // namespace

ExpertsNeeds NeedsOf(const ExpertsJob& job) noexcept {
  ExpertsNeeds needs = {};
  Add(&needs.wide, job.gate.format);
  Add(&needs.wide, job.up.format);
  Add(&needs.down, job.down.format);
  return needs;
}

ExpertsNeeds NeedsOf(const Formats* formats, int count) noexcept {
  ExpertsNeeds needs = {};
  for (int i = 0; i < count; ++i) Add(i + 1 < count ? &needs.wide : &needs.down, formats[i]);
  return needs;
}

int64_t ExpertsBytes(const ExpertsSizes& sizes, ExpertsNeeds needs) noexcept {
  return Space(nullptr, sizes, needs).end + 64;
}

void RunExperts(const ExpertsJob& job, const KernelTable& kernels, const Parallel& parallel) {
  const ExpertsSizes& sizes = job.sizes;
  const int64_t rows = sizes.tokens * sizes.choices;
  if (rows == 0) return;
  const ReadyKernels& make = *kernels.linear.ready;
  const Parallel some = rows < 16 ? Serial() : parallel;
  const ExpertsNeeds needs = NeedsOf(job);
  const Space space(job.workspace, sizes, needs);
  Sort(job, space);
  const Needs forms = FormsOf(needs.wide, job.x.element, rows, AtOnce(sizes), kernels.linear);
  const ReadyRows x(space.wide, forms, rows, sizes.in_dim, AtOnce(sizes));
  some.For(rows, [&](int64_t row) { x.MakeRow(job.x, space.tokens[row], row, make); });
  const Phase wide(job.gate, &job.up, job.act, sizes.in_dim, sizes.inner_dim, space.inner);
  wide.Run(space, x, sizes.experts, kernels.linear, parallel);
  const View inner = {space.inner, Element::kF32};
  const Needs down_forms = FormsOf(needs.down, inner.element, rows, AtOnce(sizes), kernels.linear);
  const ReadyRows ready(space.down, down_forms, rows, sizes.inner_dim, AtOnce(sizes));
  some.For(rows, [&](int64_t row) { ready.MakeRow(inner, row, row, make); });
  const Phase down(job.down, nullptr, Act::kNone, sizes.inner_dim, sizes.in_dim, space.answers);
  down.Run(space, ready, sizes.experts, kernels.linear, parallel);
  some.For(sizes.tokens, [&](int64_t token) { Mix(job, space, *kernels.convert, token); });
}

}  // namespace rlx
