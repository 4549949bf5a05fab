// Part of rlxflow, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE in the root of the project.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// Functions over lanes that are the same for every instruction set.

#ifndef RLX_KERNELS_LANES_MATH_H_
#define RLX_KERNELS_LANES_MATH_H_

namespace rlx::RLX_ISA {

// e^r for |r| <= ln 2 / 2, where x = n ln 2 + r: what is left of e^x to be scaled by 2^n.
RLX_INLINE F32 ExpRest(F32 x, F32 n) noexcept {
  F32 r = Fma(n, Set(-0.693359375f), x);
  r = Fma(n, Set(2.12194440e-4f), r);
  F32 p = Set(1.0f / 5040.0f);
  p = Fma(p, r, Set(1.0f / 720.0f));
  p = Fma(p, r, Set(1.0f / 120.0f));
  p = Fma(p, r, Set(1.0f / 24.0f));
  p = Fma(p, r, Set(1.0f / 6.0f));
  p = Fma(p, r, Set(0.5f));
  return Fma(p * r, r, r) + Set(1.0f);
}

// e^x within 2 units in the last place; 0 below -103.97, inf above 88.72, NaN for NaN. Scaled in
// two steps, so that results below the normal numbers come out right.
RLX_INLINE F32 Exp(F32 x) noexcept {
  const F32 low = Max(Min(Set(89.0f), x), Set(-104.0f));  // NaN is put back at the end
  const F32 n = Round(low * Set(1.44269504f));
  const F32 half = Round(n * Set(0.5f));
  const F32 result = Scale(Scale(ExpRest(low, n), half), n - half);
  return Select(Equal(x, x), result, x);
}

// The same for x <= 0, but 0 below -87: what softmax needs, in two thirds of the instructions.
RLX_INLINE F32 ExpBelow(F32 x) noexcept {
  const F32 n = Round(Max(x, Set(-88.0f)) * Set(1.44269504f));  // whole, also for NaN
  return Select(Less(x, Set(-87.0f)), Zero(), Scale(ExpRest(x, n), n));
}

// tanh(x) within 3 units in the last place, NaN for NaN: a polynomial near 0, else by Exp.
RLX_INLINE F32 Tanh(F32 x) noexcept {
  const F32 size = Max(x, Zero() - x), square = x * x;
  F32 p = Set(-0.005704987f);
  p = Fma(p, square, Set(0.020639088f));
  p = Fma(p, square, Set(-0.053739715f));
  p = Fma(p, square, Set(0.13331442f));
  p = Fma(p, square, Set(-0.3333328f));
  const F32 small = Fma(x * square, p, x);
  const F32 large = Set(1.0f) - Set(2.0f) / (Exp(size + size) + Set(1.0f));
  const F32 signed_large = Select(Less(x, Zero()), Zero() - large, large);
  return Select(Less(size, Set(0.625f)), small, signed_large);
}

// 1 / (1 + e^-x).
RLX_INLINE F32 Logistic(F32 x) noexcept { return Set(1.0f) / (Set(1.0f) + Exp(Zero() - x)); }

RLX_INLINE F32 Silu(F32 x) noexcept { return x * Logistic(x); }

// x/2 (1 + tanh(u)) = x logistic(2 u) with u = sqrt(2/pi) (x + 0.044715 x^3).
RLX_INLINE F32 GeluTanh(F32 x) noexcept {
  const F32 cube = x * x * x;
  return x * Logistic(Fma(cube, Set(0.044715f), x) * Set(1.5957691216f));
}

// The error function within 2e-7: polynomials fitted to erf(z) / z in z^2 below 1, and to
// e^(z^2) erfc(z) in 1 / (1 + z / 2) above.
RLX_INLINE F32 Erf(F32 x) noexcept {
  const F32 z = Max(Zero() - x, x), square = z * z;
  F32 p = Set(7.882497448e-05f);
  p = Fma(p, square, Set(-8.018855006e-04f));
  p = Fma(p, square, Set(5.189312156e-03f));
  p = Fma(p, square, Set(-2.685432881e-02f));
  p = Fma(p, square, Set(0.1128359735f));
  p = Fma(p, square, Set(-0.3761262596f));
  p = Fma(p, square, Set(1.1283791065f));
  const F32 t = Set(1.0f) / Fma(z, Set(0.5f), Set(1.0f));
  F32 q = Set(-5.980060250e-02f);
  q = Fma(q, t, Set(-3.831472993e-02f));
  q = Fma(q, t, Set(0.3799970448f));
  q = Fma(q, t, Set(0.1170335859f));
  q = Fma(q, t, Set(0.3250410259f));
  q = Fma(q, t, Set(0.2747432291f));
  q = Fma(q, t, Set(5.165090552e-04f));
  const F32 large = Set(1.0f) - q * Exp(Zero() - square);
  const F32 signed_large = Select(Less(x, Zero()), Zero() - large, large);
  return Select(Less(z, Set(1.0f)), p * x, signed_large);
}

RLX_INLINE F32 Gelu(F32 x) noexcept {
  return x * Set(0.5f) * (Set(1.0f) + Erf(x * Set(0.70710678f)));
}

}  // namespace rlx::RLX_ISA

#endif  // RLX_KERNELS_LANES_MATH_H_
