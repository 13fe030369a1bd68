/*
 * Accuracy on UCR data sets with the product's defaults.
 *
 * usage: ucr FOLDER test|choose none|fifth SEEDS SET[,SET...] [option=value ...]
 *
 * test: trained on the official training part and measured on the official test part. choose: a fifth of the
 * training part takes the test part's place, so that options are chosen without a look at the test part.
 * Held out for early stopping: none (validation => '{"method": "none"}'), so that all of max_epochs are run,
 * or a fifth. Each seed is another split and other initial weights. SEEDS: how many, or FIRST-LAST; what is tested
 * has other seeds than what was chosen by.
 */
#include "learn.h"

#define LINE_MAX_BYTES (1 << 16)
#define STEPS_MAX (1 << 20)
#define SEQUENCES_MAX (1 << 14)
#define CLASSES_MAX 32

typedef struct Part
{
	SequenceSet set;
	size_t start[SEQUENCES_MAX + 1];
	float *value;
	int32_t label[SEQUENCES_MAX];
	uint8_t held_out[SEQUENCES_MAX];
} Part;

static char class_name[CLASSES_MAX][32];
static size_t C;

static int32_t
class_of(const char *name)
{
	size_t c = 0;

	while (c < C && strcmp(class_name[c], name) != 0)
		c++;
	if (c == C)
		snprintf(class_name[C++], sizeof(class_name[0]), "%s", name);
	return (int32_t) c;
}

/* Mean 0 and variance 1 of one series, as the archive's users do. */
static void
normalise(float *v, size_t n)
{
	double sum = 0;
	double square = 0;
	size_t known = 0;

	for (size_t i = 0; i < n; i++)
		if (!isnan(v[i]))
		{
			sum += v[i];
			square += (double) v[i] * v[i];
			known++;
		}

	const double mean = known ? sum / (double) known : 0;
	const double variance = known ? square / (double) known - mean * mean : 0;
	const double sd = variance > 1e-12 ? sqrt(variance) : 1;

	for (size_t i = 0; i < n; i++)
		v[i] = (float) ((v[i] - mean) / sd);
}

/* The class, then the series, separated by tabs. */
static void
read_tsv(Part *part, char *line)
{
	char *rest;
	char name[32];
	size_t n = part->start[part->set.N];

	snprintf(name, sizeof(name), "%g", atof(strtok_r(line, "\t\n", &rest)));
	for (char *field; (field = strtok_r(NULL, "\t\r\n", &rest));)
		part->value[n++] = strtof(field, NULL);
	normalise(part->value + part->start[part->set.N], n - part->start[part->set.N]);
	part->label[part->set.N] = class_of(name);
	part->start[++part->set.N] = n;
}

/* Channels separated by colons, values by commas, the class last; not normalised: levels tell speakers apart.
 */
static void
read_ts(Part *part, char *line, size_t F)
{
	char *rest;
	const size_t begin = part->start[part->set.N];
	size_t n = 0;
	char *channel = strtok_r(line, ":\r\n", &rest);

	for (size_t f = 0; f < F; f++, channel = strtok_r(NULL, ":\r\n", &rest))
	{
		char *more;

		n = 0;
		for (char *field = strtok_r(channel, ",", &more); field; field = strtok_r(NULL, ",", &more))
			part->value[(begin + n++) * F + f] = strtof(field, NULL);
	}
	part->label[part->set.N] = class_of(channel);
	part->start[++part->set.N] = begin + n;
}

static Part *
read_part(const char *folder, const char *set, const char *which)
{
	static char line[LINE_MAX_BYTES];
	char path[512];
	size_t F = 1;
	bool data = true;

	snprintf(path, sizeof(path), "%s/%s_%s.tsv", folder, set, which);

	FILE *file = fopen(path, "r");

	if (!file)
	{
		snprintf(path, sizeof(path), "%s/%s_%s.ts", folder, set, which);
		file = fopen(path, "r");
		data = false;
	}
	if (!file)
	{
		fprintf(stderr, "cannot open %s\n", path);
		exit(1);
	}

	const bool tsv = data;
	Part *part = calloc(1, sizeof(*part));

	part->value = malloc(STEPS_MAX * sizeof(float));
	while (fgets(line, sizeof(line), file))
	{
		if (strncmp(line, "@dimensions", 11) == 0)
			F = (size_t) atoi(line + 12);
		if (strncmp(line, "@data", 5) == 0)
			data = true;
		else if (data && tsv)
			read_tsv(part, line);
		else if (data)
			read_ts(part, line, F);
	}
	fclose(file);
	part->set = (SequenceSet){part->set.N, F, part->start, part->value, part->label, NULL, part->held_out};
	return part;
}

/*
 * Held out: one in five of each class. For `choose` five seeds make a cross-validation: each has another
 * fifth (held_out 2) in the test part's place, and the next fifth held out.
 */
static void
split(Part *part, uint64_t seed, bool choose, bool hold_out)
{
	static uint32_t order[SEQUENCES_MAX];
	Rng rng = rng_seed(choose ? (seed + 4) / 5 : seed, 99);
	const size_t fold = choose ? seed % 5 : 4;
	size_t seen[CLASSES_MAX] = {0};

	for (size_t i = 0; i < part->set.N; i++)
		order[i] = (uint32_t) i;
	rng_shuffle(&rng, order, part->set.N);
	for (size_t i = 0; i < part->set.N; i++)
	{
		const size_t turn = seen[part->label[order[i]]]++ % 5;

		part->held_out[order[i]] = turn == fold && choose ? 2 : turn == (fold + 1) % 5 && hold_out;
	}
}

static void
score(double *accuracy, double *loss, const SequenceTask *task, const SequenceSet *set, const uint8_t *only)
{
	real *p = malloc(set->N * C * sizeof(real));
	size_t right = 0;
	size_t n = 0;

	*loss = 0;
	predict(p, task, set);
	for (size_t i = 0; i < set->N; i++)
	{
		size_t best = 0;

		if (only && only[i] != 2)
			continue;
		for (size_t c = 1; c < C; c++)
			if (p[i * C + c] > p[i * C + best])
				best = c;
		right += (int32_t) best == set->label[i];
		*loss -= log(fmax((double) p[i * C + (size_t) set->label[i]], 1e-12));
		n++;
	}
	*accuracy = 100.0 * (double) right / (double) n;
	*loss /= (double) n;
	free(p);
}

static void
measure(const char *name, const char *folder, bool choose, bool hold_out, const char *range, char **options,
		int n)
{
	double sum = 0;
	double square = 0;
	double total_loss = 0;
	double epochs = 0;
	const double begin = cpu_seconds();
	const char *dash = strchr(range, '-');
	const int first = dash ? atoi(range) : 1;
	const int seeds = dash ? atoi(dash + 1) - first + 1 : atoi(range);

	C = 0;

	Part *train = read_part(folder, name, "TRAIN");
	Part *test = read_part(folder, name, "TEST");

	for (int seed = first; seed < first + seeds; seed++)
	{
		SequenceSetup setup = {.C = C, .seed = (uint64_t) seed};
		SequenceTask *task = malloc(sizeof(*task));
		void *block;
		double accuracy;
		double loss;
		int32_t kept[SEQUENCES_MAX];

		config_defaults(&setup.config, sequence_options, sequence_option_count);
		setup.config.architecture = SEQUENCE_GRU;
		for (int i = 0; i < n; i++)
			set_option(&setup, options[i]);
		split(train, (uint64_t) seed, choose, hold_out);
		memcpy(kept, train->label, sizeof(kept));
		for (size_t i = 0; i < train->set.N; i++)
			if (train->held_out[i] == 2)
				train->label[i] = -1;
		learn(task, &block, setup, &train->set, getenv("VERBOSE") != NULL);
		memcpy(train->label, kept, sizeof(kept));
		score(&accuracy, &loss, task, choose ? &train->set : &test->set, choose ? train->held_out : NULL);
		sum += accuracy;
		square += accuracy * accuracy;
		total_loss += loss;
		epochs += seqtrain_report(task)->epoch;
		free(block);
		free(task);
	}

	const double mean = sum / seeds;

	printf("%s\t%.2f\t%.2f\t%.3f\t%.0f\t%.1f\n", name, mean, sqrt(fmax(square / seeds - mean * mean, 0)),
		   total_loss / seeds, epochs / seeds, cpu_seconds() - begin);
	fflush(stdout);
	free(train->value);
	free(test->value);
	free(train);
	free(test);
}

int
main(int argc, char **argv)
{
	if (argc < 6)
	{
		fprintf(stderr, "usage: ucr FOLDER test|choose none|fifth SEEDS SET[,SET...] [option=value ...]\n");
		return 1;
	}

	char *rest;

	for (char *name = strtok_r(argv[5], ",", &rest); name; name = strtok_r(NULL, ",", &rest))
		measure(name, argv[1], strcmp(argv[2], "choose") == 0, strcmp(argv[3], "fifth") == 0, argv[4],
				argv + 6, argc - 6);
	return 0;
}
