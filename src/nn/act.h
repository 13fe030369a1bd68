/*
 * Activations that the compiler turns into vector code: no branch, no table.
 *
 * Inline, so that a loop over them vectorises in its caller. Largest errors over
 * every 4099th float (test/unit/nn/test_act.c): exp 2 ulp and sigmoid 3 ulp where the
 * result is normal, tanh 5 ulp. In the double build they are the C library's.
 */
#ifndef USERCLS_NN_ACT_H
#define USERCLS_NN_ACT_H

#include <math.h>
#include <stdint.h>

#include "nn/real.h"

#ifdef USERCLS_DOUBLE

static inline real
act_exp(real x)
{
	return exp(x);
}

static inline real
act_tanh(real x)
{
	return tanh(x);
}

#else

typedef union FloatBits
{
	float f;
	uint32_t i;
} FloatBits;

/*
 * x cut to [-limit, limit]; NaN becomes a limit. Done over the bits as integers, which have the order of the positive
 * floats: a vector of integers has a minimum, while comparing floats costs a mask and a blend.
 */
static inline float
act_clamp(float x, float limit)
{
	const FloatBits most = {.f = limit};
	FloatBits v = {.f = x};
	const uint32_t sign = v.i & 0x80000000;
	const uint32_t size = v.i & 0x7fffffff;

	v.i = sign | (size < most.i ? size : most.i);
	return v.f;
}

/*
 * exp(x) = 2^n · exp(r), r = x - n·ln 2 in ±ln 2 / 2, with Cephes' polynomial for exp(r). Below -87.3 the
 * result is 2^-126, the least normal float, and above 87.3 it is 8.5e37: never 0, infinite or denormal.
 */
static inline real
act_exp(real x)
{
	x = act_clamp(x, 87.3365f);

	/* Adding 1.5 · 2^23 rounds to an integer, which is then in the low bits. */
	const FloatBits n = {.f = x * 1.44269504088896341f + 12582912.0f};
	const uint32_t exponent = n.i << 23;
	const float k = n.f - 12582912.0f;
	const float r = (x - k * 0.693359375f) - k * -2.12194440e-4f;
	float p = 1.9875691500e-4f;

	p = p * r + 1.3981999507e-3f;
	p = p * r + 8.3334519073e-3f;
	p = p * r + 4.1665795894e-2f;
	p = p * r + 1.6666665459e-1f;
	p = p * r + 5.0000001201e-1f;
	p = p * (r * r) + r + 1.0f;

	FloatBits y = {.f = p};

	y.i += exponent;
	return y.f;
}

/* tanh(x) by a rational minimax approximation, odd powers over even ones; beyond ±7.9 tanh is ±1 in float. */
static inline real
act_tanh(real x)
{
	x = act_clamp(x, 7.90531110763549805f);

	const float z = x * x;
	float p = -2.76076847742355e-16f;
	float q = 1.19825839466702e-06f;

	p = p * z + 2.00018790482477e-13f;
	p = p * z + -8.60467152213735e-11f;
	p = p * z + 5.12229709037114e-08f;
	p = p * z + 1.48572235717979e-05f;
	p = p * z + 6.37261928875436e-04f;
	p = p * z + 4.89352455891786e-03f;
	q = q * z + 1.18534705686654e-04f;
	q = q * z + 2.26843463243900e-03f;
	q = q * z + 4.89352518554385e-03f;
	return x * (p / q);
}

#endif

static inline real
act_sigmoid(real x)
{
	return 1 / (1 + act_exp(-x));
}

#endif
