/*
 * The processor's mode for denormal numbers: gradients that fade away over time become such, and cost five times as much
 * as others.
 *
 * denormals_flush() makes them count as 0 from now on and returns the mode before, for denormals_restore(). The mode
 * belongs to the thread.
 *
 * NB: only job_next() and job_item() in model/job.h call these, and put the mode back before anything can raise an error.
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
