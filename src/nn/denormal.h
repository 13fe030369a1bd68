/*
 * Gradients that fade away over time become denormal numbers, which cost five times as much.
 *
 * The setting belongs to the thread, so whoever flushes them around long work restores it after.
 */
#ifndef USERCLS_NN_DENORMAL_H
#define USERCLS_NN_DENORMAL_H

#ifdef __SSE2__
#include <xmmintrin.h>

#define FLUSH_TO_ZERO 0x8000
#define DENORMALS_ARE_ZERO 0x0040

static inline unsigned
denormals_flush(void)
{
	const unsigned before = _mm_getcsr();

	_mm_setcsr(before | FLUSH_TO_ZERO | DENORMALS_ARE_ZERO);
	return before;
}

static inline void
denormals_restore(unsigned before)
{
	_mm_setcsr(before);
}
#else
static inline unsigned
denormals_flush(void)
{
	return 0;
}

static inline void
denormals_restore(unsigned before)
{
	(void) before;
}
#endif

#endif
