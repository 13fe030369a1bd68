/*
 * A trend while rows arrive: an expanded object with slots to add to in place.
 *
 * The transition state is a real type, as engines that ship partial states need
 * (and a stored trend is one), yet nothing is allocated per row: the executor
 * keeps the pointer to an expanded object and calls back to flatten it only
 * when the state leaves the aggregate.
 *
 * Unlike the core's expanded objects these share one memory context per
 * aggregate context, and are carved from its blocks: a context each would cost
 * more than the numbers in it. So a state is never deleted alone; a transition
 * function of ours must always return the pointer it was given.
 */
#ifndef USERCLS_LABELER_STATE_H
#define USERCLS_LABELER_STATE_H

#include "postgres.h"

#include "fmgr.h"
#include "utils/expandeddatum.h"

#include "labeler/pure/trend.h"
#include "server/majors.h"

/* Values beyond the slots' 8 bits of count. */
typedef struct TrendCarry
{
	int64 cell; /* period × width + number */
	uint64 times;
} TrendCarry;

typedef struct TrendState
{
	ExpandedObjectHeader header;
	const TrendShape
		*shape;        /* shared by the states of an aggregate; `periods` of a given window is all of it */
	TrendSlot *slot;   /* of `periods` periods from `first`, width slots each */
	TrendCarry *carry; /* NULL, or carries of them */
	int64 first;
	uint32 periods;
	uint32 carries : 31;
	uint32 lossy : 1; /* some sum was rounded: nothing can be taken away exactly */
} TrendState;

#define TREND_STATE_SLOT_MAX 64 /* a window of at most that many is allocated whole */

/* A state without values under the aggregate context; shape is copied once per context. */
extern TrendState *trend_state_make(MemoryContext aggcontext, const TrendShape *shape);

extern const ExpandedObjectMethods trend_state_methods;

/*
 * States in memory of the caller's: the bytes of one with its slots, and how to make it. shape and context must outlive
 * the state.
 */
extern size_t trend_state_size(const TrendShape *shape);
extern void trend_state_init(TrendState *state, const TrendShape *shape, MemoryContext context);
extern void trend_state_move(TrendState *to, const TrendState *from); /* from's memory is free afterwards */
extern void trend_state_release(TrendState *state);                   /* free what it got from the context */

/*
 * Bytes that the state got from the context for slots that have moved out of its head, rounded up as the allocator
 * does.
 */
static inline size_t
trend_state_grown(const TrendState *state)
{
	const size_t slots = sizeof(TrendSlot) * state->periods * state->shape->width;

	return state->slot != (const TrendSlot *) (state + 1) ? slots / 2 * 3 : 0;
}

/* All bytes of memory that the state takes. */
static inline size_t
trend_state_bytes(const TrendState *state)
{
	const size_t slots = sizeof(TrendSlot) * state->periods * state->shape->width;

	/* Slots that have moved out are rounded up by the allocator, and the room behind the head is lost. */
	return sizeof(TrendState) + slots +
		   (state->slot != (const TrendSlot *) (state + 1) ? slots / 2 + 1024 : 0);
}

/* NULL when the datum is a flat trend. */
static inline TrendState *
trend_state_of(Datum datum)
{
	varattrib_1b_e *pointer = (varattrib_1b_e *) DatumGetPointer(datum);

	if (!VARATT_IS_EXTERNAL_EXPANDED(pointer))
		return NULL;

	TrendState *state = (TrendState *) DatumGetEOHP(datum);

	return state->header.eoh_methods == &trend_state_methods ? state : NULL;
}

static inline Datum
trend_state_datum(TrendState *state)
{
	return EOHPGetRWDatum(&state->header);
}

/* Give the state another shape (a wider window); the shape is copied once per context. */
extern void trend_state_set_shape(TrendState *state, const TrendShape *shape);
extern void trend_state_error_span(void) pg_attribute_noreturn();

/* Make room for a period; an error when the trend would span too many. */
extern void trend_state_grow(TrendState *state, int64 index);

/* The slots of a period, with room made when there is none. */
static inline TrendSlot *
trend_state_slots(TrendState *state, int64 index)
{
	if (unlikely((uint64) index - (uint64) state->first >= state->periods))
		trend_state_grow(state, index);
	return &state->slot[(size_t) (index - state->first) * state->shape->width];
}

/* Note that the slot holds `times` × TREND_COUNT_MAX values more than its 16 bits of count say. */
extern void trend_state_carry(TrendState *state, const TrendSlot *slot, uint64 times);

/* How many values a slot holds, carries included; and set that number. */
extern uint64 trend_state_count(const TrendState *state, const TrendSlot *slot);
extern void trend_state_set_count(TrendState *state, TrendSlot *slot, uint64 count);

/* Add one finite value. An error when the sum leaves the range of float8, or the value is not finite. */
extern void trend_state_error(double value) pg_attribute_noreturn();

static inline void
trend_state_add(TrendState *state, TrendSlot *slot, double value)
{
	if (unlikely(!trend_slot_add(slot, value)))
		trend_state_carry(state, slot, 1);
	if (unlikely(!(slot->sum - slot->sum == 0.0)))
		trend_state_error(value);
}

/* The error for stored bytes that are not a trend. */
extern void trend_damaged(const TrendReader *reader) pg_attribute_noreturn();

/* Add all of a flat or expanded trend. */
extern void trend_state_merge(TrendState *state, Datum other);

/* The stored form of the state, palloc'd; NULL for a user's own window without any value. */
extern struct varlena *trend_state_flat(const TrendState *state);

/* The shape of a flat or expanded trend. */
extern TrendShape trend_datum_shape(Datum datum);

#endif
