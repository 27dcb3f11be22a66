// Gates, cell and hidden state of one block of 16 units, forward and backward, in place over what the products left.
//
// tanh and sigmoid are within 5e-7 of the true value.
#pragma once

#include <stddef.h>

#include "lstm.h"
#include "vector.h"

namespace lstm {
namespace LSTM_VARIANT {

/**
 * A gradient fades by the forget gate with every step back, and after some hundred steps becomes subnormal, where a
 * multiply-add takes a hundred times as long (measured at T = 200: 271 sequences/s instead of 6,900). Below this it is zero.
 */
constexpr float LEAST_GRADIENT = 0x1p-80f;

struct Fraction {
  vf numerator, denominator;
};

/**
 * tanh(x) as a fraction, x·p(x²) / q(x²): a minimax fit of degrees 3 and 4 on [-7.9, 7.9], beyond which tanh is 1 within
 * the error, 4.2e-7. It never exceeds 1. (Degrees 6 and 3, as in Eigen, reach 2.8e-7 with two more multiply-adds.)
 */
constexpr float TANH_BOUND = 7.9f;
constexpr float P0 = 9.9999988e-01f, P1 = 1.2932310e-01f, P2 = 2.9581711e-03f, P3 = 1.1505835e-05f;
constexpr float Q1 = 4.6265534e-01f, Q2 = 2.3844777e-02f, Q3 = 2.3968024e-04f, Q4 = 2.4840114e-07f;

/** The fit for tanh(x / 2^HALVINGS) · 2^-HALVINGS; powers of two change no bit of the coefficients. */
template <int HALVINGS>
LSTM_INLINE Fraction scaledTanhFraction(vf x) {
  constexpr float r = HALVINGS ? 0.25f : 1.0f;
  constexpr float bound = HALVINGS ? 2.0f * TANH_BOUND : TANH_BOUND;
  x = atLeast(atMost(x, splat(bound)), splat(-bound));
  const vf s = x * x;
  vf p = fma(s, splat(P3 * r * r * r * r), splat(P2 * r * r * r));
  p = fma(p, s, splat(P1 * r * r));
  p = fma(p, s, splat(P0 * r));
  vf q = fma(s, splat(Q4 * r * r * r * r), splat(Q3 * r * r * r));
  q = fma(q, s, splat(Q2 * r * r));
  q = fma(q, s, splat(Q1 * r));
  q = fma(q, s, splat(1.0f));
  return {p * x, q};
}

LSTM_INLINE Fraction tanhFraction(vf x) { return scaledTanhFraction<0>(x); }

/** sigmoid(x) - 1/2 = tanh(x / 2) / 2 as a fraction. */
LSTM_INLINE Fraction sigmoidFraction(vf x) { return scaledTanhFraction<1>(x); }

LSTM_INLINE vf tanhOf(vf x) {
  const Fraction f = tanhFraction(x);
  return f.numerator / f.denominator;
}

/** Where VW units of one gate of one block stand inside a step's gates. */
LSTM_INLINE ptrdiff_t gateOffset(int gate, int unit, int shardRows) {
  const int column = gate * BLOCK + unit;
  return (ptrdiff_t)(column / PANEL) * shardRows * PANEL + column % PANEL;
}

/**
 * Gates, cell and hidden state of one block of units, in place over the pre-activations.
 * The four gates share one division: 1/a = (1/ab)·b.
 */
static void runCells(int rows, int shardRows, float* gates, const float* cellBefore, float* cell, float* cellTanh,
                     int cellStride, float* hidden, int hiddenStride) {
  const vf half = splat(0.5f), one = splat(1.0f);
  for (int b = 0; b < rows; b++) {
    for (int u = 0; u < BLOCK; u += VW) {
      float* iAt = gates + gateOffset(0, u, shardRows);
      float* fAt = gates + gateOffset(1, u, shardRows);
      float* gAt = gates + gateOffset(2, u, shardRows);
      float* oAt = gates + gateOffset(3, u, shardRows);
      const Fraction in = sigmoidFraction(load(iAt));
      const Fraction forget = sigmoidFraction(load(fAt));
      const Fraction candidate = tanhFraction(load(gAt));
      const Fraction out = sigmoidFraction(load(oAt));
      const vf left = in.denominator * forget.denominator;
      const vf right = candidate.denominator * out.denominator;
      const vf inverse = one / (left * right);
      const vf inverseLeft = inverse * right, inverseRight = inverse * left;
      const vf i = fma(in.numerator, inverseLeft * forget.denominator, half);
      const vf f = fma(forget.numerator, inverseLeft * in.denominator, half);
      const vf g = candidate.numerator * (inverseRight * out.denominator);
      const vf o = fma(out.numerator, inverseRight * candidate.denominator, half);
      const vf c = fma(f, load(cellBefore + u), i * g);
      const vf t = tanhOf(c);
      store(iAt, i);
      store(fAt, f);
      store(gAt, g);
      store(oAt, o);
      store(cell + u, c);
      store(cellTanh + u, t);
      store(hidden + u, o * t);
    }
    gates += PANEL;
    cellBefore += cellStride;
    cell += cellStride;
    cellTanh += cellStride;
    hidden += hiddenStride;
  }
}

/** Turns the gates of one block into the gradients of their pre-activations, in place; carries dCell one step back. */
static void runCellsBackward(int rows, int shardRows, float* gates, const float* cellBefore, const float* cellTanh,
                             const float* dHidden, float* dCell, int stride) {
  const vf one = splat(1.0f), least = splat(LEAST_GRADIENT);
  for (int b = 0; b < rows; b++) {
    for (int u = 0; u < BLOCK; u += VW) {
      float* iAt = gates + gateOffset(0, u, shardRows);
      float* fAt = gates + gateOffset(1, u, shardRows);
      float* gAt = gates + gateOffset(2, u, shardRows);
      float* oAt = gates + gateOffset(3, u, shardRows);
      const vf i = load(iAt), f = load(fAt), g = load(gAt), o = load(oAt), t = load(cellTanh + u);
      const vf dh = dropBelow(load(dHidden + u), least);
      const vf dc = dropBelow(fma(dh * o, fnma(t, t, one), load(dCell + u)), least);
      const vf di = dc * i, df = dc * f;
      store(iAt, (di * g) * (one - i));
      store(fAt, (df * load(cellBefore + u)) * (one - f));
      store(gAt, di * fnma(g, g, one));
      store(oAt, (dh * t) * (o * (one - o)));
      store(dCell + u, df);
    }
    gates += PANEL;
    cellBefore += stride;
    cellTanh += stride;
    dHidden += stride;
    dCell += stride;
  }
}

}  // namespace LSTM_VARIANT
}  // namespace lstm
