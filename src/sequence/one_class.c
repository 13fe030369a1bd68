#include "postgres.h"

#include "sequence/one_class.h"

#include "registry/modelcache.h"
#include "sequence/evaluate.h"
#include "sequence/stored.h"
#include "server/arguments.h"
#include "server/memory.h"

void
one_class_read(OneClass *one, FunctionCallInfo fcinfo, int arg, EvaluateArguments at)
{
	const char *name = arg_text(fcinfo, arg, "class");
	const EvaluateCall call = evaluate_call(fcinfo, &sequence_kind, at);
	const int class = sequence_model_class_named(modelcache_get(call.model, CurrentMemoryContext), name);

	one->sample = sequence_sample(&call);
	memory_check(one->sample->rows.n * (2 * sizeof(double) + sizeof(Cut) + sizeof(uint32_t) + 1),
				 "evaluation");
	class_rank(&one->ranking, &one->sample->scores, (size_t) class);
	one->scores =
		(BinaryScores){.score = one->ranking.score, .label = one->ranking.label, .n = one->sample->rows.n};
}

Cut *
one_class_cuts(size_t *n, const OneClass *one)
{
	Cut *cut = memory_array(one->scores.n, sizeof(*cut));

	*n = curve_cuts(cut, &one->scores);
	return cut;
}
