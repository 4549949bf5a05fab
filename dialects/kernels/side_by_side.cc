// Part of rlxflow, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE in the root of the project.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// One row of x, or few: panels side by side, from several places of matrices.

#include <algorithm>

#include "panels_run.h"

namespace rlx {
namespace {

// Panels that the rows meet together.
class Turn {
 public:
  // Adds a panel, counted through all products, or both if gated.
  void Add(std::span<const RowsTimesMatrix> products, int64_t panel) noexcept {
    const RowsTimesMatrix* product = products.data();
    for (int64_t panels; panel >= (panels = PanelCount(product->matrix->out_dim)); ++product) {
      panel -= panels;
    }
    results_[count_] = {product, panel};
    Add(*product, *product->matrix, panel);
    if (product->up != nullptr) Add(*product, *product->up, panel);
  }

  void Run(const LinearKernels& kernels) noexcept {
    for (int i = 0; i < count_; ++i) Multiply(i, kernels);
    for (int i = 0; i < count_; ++i) {
      const RowsTimesMatrix& product = *results_[i].product;
      Finish finish = FinishOf(product);
      finish.TakePanel(results_[i].panel);
      finish.rows = static_cast<int>(product.rows);
      finish.tile = sums_[i];
      if (product.up != nullptr) finish.up = sums_[++i];
      (*kernels.finish)(finish);
    }
  }

 private:
  struct Result {
    const RowsTimesMatrix* product;
    int64_t panel;
  };

  void Add(const RowsTimesMatrix& product, const Matrix& matrix, int64_t panel) noexcept {
    formats_[count_] = matrix.format;
    std::fill_n(sums_[count_], product.rows * kPanelRows, 0.0f);
    panels_[count_++] = matrix.panels + panel * PanelBytes(matrix.format, product.in_dim);
  }

  // Multiplies panel i and all behind it that are of its format, unless one before it is.
  void Multiply(int i, const LinearKernels& kernels) noexcept {
    const Format format = formats_[i];
    if (std::find(formats_, formats_ + i, format) != formats_ + i) return;
    const RowsTimesMatrix& product = *results_[0].product;
    const Ready x = product.x->Part(0);
    PanelPart part = {};
    part.end = product.in_dim;
    part.x = x;
    part.row = product.first_row;
    part.rows = static_cast<int>(product.rows);
    for (; i < count_; ++i) {
      if (formats_[i] != format) continue;
      part.panel[part.panels] = panels_[i];
      part.tile[part.panels++] = sums_[i];
    }
    kernels.Panel(format, x)(part);
  }

  int count_ = 0;
  Result results_[kMostStreams];  // those of second matrices are left out
  Format formats_[kMostStreams];
  const uint8_t* panels_[kMostStreams];
  alignas(64) float sums_[kMostStreams][kFewRows * kPanelRows];
};

}  // namespace

void RunSideBySide(std::span<const RowsTimesMatrix> products, std::span<const PanelRange> ranges,
                   const LinearKernels& kernels) noexcept {
  int64_t longest = 0;
  for (const PanelRange& range : ranges) longest = std::max(longest, range.Count());
  for (int64_t i = 0; i < longest; ++i) {
    Turn turn;
    for (const PanelRange& range : ranges) {
      if (i < range.Count()) turn.Add(products, range.begin + i);
    }
    turn.Run(kernels);
  }
}

}  // namespace rlx
