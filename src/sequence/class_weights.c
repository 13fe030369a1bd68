/* The argument class_weights of train_sequence(), once the classes are known. */
#include "postgres.h"

#include "sequence/request.h"
#include "server/errors.h"

ClassBalance
sequence_class_balance(double *weight, const SequenceRequest *request, const char *const *classes, int C)
{
	static const char *const range =
		"\"balanced\" | \"resample\" | \"none\" | an object of class names and weights";
	const Jsonb *given = request->class_weights;
	JsonbIterator *it = NULL;
	JsonbValue value;
	const char *key;

	for (int c = 0; c < C; c++)
		weight[c] = 1;
	if (JB_ROOT_IS_SCALAR(given) && JsonbExtractScalar((JsonbContainer *) &given->root, &value))
	{
		const char *text = jsonb_scalar_text(&value);

		if (strcmp(text, "balanced") == 0)
			return BALANCE_WEIGHTS;
		if (strcmp(text, "resample") == 0)
			return BALANCE_RESAMPLE;
		if (strcmp(text, "none") != 0)
			error_out_of_range("class_weights", text, range);
		return BALANCE_NONE;
	}
	if (!JB_ROOT_IS_OBJECT(given))
		error_out_of_range("class_weights", "[...]", range);
	while (jsonb_next_member(&it, given, &key, &value))
	{
		int c = 0;

		while (c < C && strcmp(classes[c], key) != 0)
			c++;
		if (c == C)
			error_unknown_option("class_weights", key, classes, C);
		weight[c] = value.type == jbvNumeric ? strtod(jsonb_scalar_text(&value), NULL) : -1;
		if (!(weight[c] > 0 && weight[c] <= 1e6))
			error_out_of_range(key, jsonb_scalar_text(&value), "a number above 0 and up to 1000000");
	}
	return BALANCE_GIVEN;
}
