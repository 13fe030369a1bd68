/* What a summary holds of the trend that is to be forecast: see docs/sequence.md. */
#ifndef USERCLS_SEQUENCE_PURE_INPUT_TREND_H
#define USERCLS_SEQUENCE_PURE_INPUT_TREND_H

#include "sequence/pure/input.h"

#define SUMMARY_TREND 22

/* Writes SUMMARY_TREND numbers of order 1, and answers where the next one goes. Only with a trend_feature. */
extern real *summarise_trend(real *out, const InputSequence *s, const SequenceConfig *config);

#endif
