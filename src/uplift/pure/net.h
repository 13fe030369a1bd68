/*
 * The uplift network: options, tensors, and what its outputs mean.
 *
 * A projection of a user's features (standardised; a missing value is 0 and sets
 * a mask channel) makes the hidden vector h. Each of k layers then listens to the
 * neighbours (breadth, uplift/pure/gat.h), is told how many they are, and merges what it
 * heard with what it knew (depth, uplift/pure/gate.h); a linear head reads the last h.
 * With R relations a layer listens to the neighbours of each by attention of its own, with all matrices its own, to the
 * user by one more matrix, and adds up what it heard (Schlichtkrull et al. 2018, with attention in place of their mean).
 *
 * Responders are of three classes: 1 respond always, 2 only when treated, 3
 * never. P1 = P(class 1 or 2), P2 = P(class 2 or 3), uplift = P(class 2) =
 * P1 + P2 - 1. Estimators differ in what the head learns (docs/uplift.md):
 *   - partial_label: a = P(class 1) and c = P(class 3), each against users who
 *     cannot be of that class. The raw minimiser is biased,
 *         pA = m / (1 + r c), pC = c / (1 + m / r), r = p / (1 - p),
 *     and `corrected` inverts that exactly:
 *         a = pA (1 + r pC) / (1 - pA pC), c = pC (1 + pA / r) / (1 - pA pC),
 *     both then clamped to [0, 1];
 *   - two_head: P1 learned from the treated, P2 from the others. With several
 *     treatments each has a head, and so a P1, of its own; the others have two
 *     arms alone;
 *   - three_losses: head 1 answers yes to every set that holds class 1 and no to
 *     {2, 3}, head 2 yes to every set that holds class 3 and no to {1, 2}; {3}
 *     does not teach head 1, nor {1} head 2. With p = P(treated) the heads
 *     converge to P1 = 1 - v / (1 - p + u), P2 = 1 - u / (p + v), where
 *     u = P(treated, responds) and v = P(untreated, does not);
 *     `corrected` solves for these,
 *         v = (1 - P1) (1 - p P2) / (1 - (1 - P1) (1 - P2)),
 *         u = (1 - P2) (1 - (1 - p) P1) / (1 - (1 - P1) (1 - P2)),
 *     and a = 1 - v / (1 - p), c = 1 - u / p;
 *   - class_transform: the head learns y (t - p) / (p (1 - p)) by least squares:
 *     any numeric outcome, but no P1 and P2.
 * With outcome "number" two_head learns the mean of each arm by least squares, of
 * outcomes standardised over all arms: uplift is the difference of two means, and
 * there are no P1 and P2.
 */
#ifndef USERCLS_UPLIFT_PURE_NET_H
#define USERCLS_UPLIFT_PURE_NET_H

#include <stdbool.h>
#include <stddef.h>

#include "model/config.h"
#include "model/ensemble.h"
#include "model/params.h"
#include "nn/real.h"

typedef enum UpliftEstimator
{
	ESTIMATOR_PARTIAL_LABEL,
	ESTIMATOR_TWO_HEAD,
	ESTIMATOR_CLASS_TRANSFORM,
	ESTIMATOR_THREE_LOSSES
} UpliftEstimator;

typedef enum UpliftOutcome
{
	OUTCOME_YES_NO,
	OUTCOME_NUMBER
} UpliftOutcome;

typedef enum UpliftDepth
{
	DEPTH_GATED,
	DEPTH_RESIDUAL,
	DEPTH_NONE
} UpliftDepth;

typedef enum UpliftAggregate
{
	AGGREGATE_ATTENTION,
	AGGREGATE_SUM,
	AGGREGATE_ATTENTION_SUM
} UpliftAggregate;

typedef enum UpliftMonitor
{
	MONITOR_LOSS,
	MONITOR_QINI
} UpliftMonitor;

#define UPLIFT_LAYERS_MAX 4
#define UPLIFT_TREATMENTS_MAX 100
#define UPLIFT_HEADS_MAX 16
#define UPLIFT_RELATIONS_MAX 16

/*
 * A row an option, and a member of UpliftConfig. Defaults were chosen on inner folds of bench/uplift: see
 * bench/results/uplift.md.
 */
/* clang-format off */
#define UPLIFT_OPTIONS(OPTION) \
	OPTION(CHOICE, estimator, ESTIMATOR_TWO_HEAD, 0, 0, estimators, \
		   "What the heads learn.") \
	OPTION(CHOICE, outcome, OUTCOME_YES_NO, 0, 0, outcomes, \
		   "Whether the outcome is 0 or 1, or any number, of which two_head learns a mean for each arm.") \
	OPTION(BOOL, corrected, true, 0, 1, NULL, \
		   "Undo the bias of partial_label and three_losses exactly; false: the heads as they were learned.") \
	OPTION(REAL, propensity, 0, 0, 0.999, NULL, \
		   "Share of users who are treated by design; 0: as in the training part.") \
	OPTION(INT, layers, 2, 1, UPLIFT_LAYERS_MAX, NULL, \
		   "Attention layers: how many edges away a user's surroundings reach.") \
	OPTION(INT, heads, 1, 1, UPLIFT_HEADS_MAX, NULL, \
		   "Attention heads of a layer; hidden_size is divided among them.") \
	OPTION(INT, hidden_size, 16, 1, GAT_HEAD_MAX, NULL, \
		   "Size of the vector that stands for a user.") \
	OPTION(CHOICE, depth, DEPTH_RESIDUAL, 0, 0, depths, \
		   "How a layer merges what it heard with what it knew.") \
	OPTION(CHOICE, aggregate, AGGREGATE_ATTENTION, 0, 0, aggregates, \
		   "How neighbours are put together.") \
	OPTION(BOOL, log_degree, true, 0, 1, NULL, \
		   "Tell each layer how many neighbours a user has.") \
	OPTION(REAL, dropout, 0.5, 0, 0.9, NULL, \
		   "Share of hidden values dropped while training.") \
	OPTION(REAL, attention_dropout, 0.3, 0, 0.9, NULL, \
		   "Share of neighbours dropped while training.") \
	ENSEMBLE_OPTION(OPTION) \
	OPTION(REAL, learning_rate, 0.01, 1e-7, 1, NULL, \
		   "Step size of AdamW.") \
	OPTION(REAL, weight_decay, 1, 0, 10, NULL, \
		   "Decoupled weight decay of AdamW; biases do not decay.") \
	OPTION(REAL, clip_norm, 1, 0, 1e6, NULL, \
		   "Gradients are scaled down to this norm; 0: never.") \
	OPTION(INT, max_epochs, 0, 0, 100000, NULL, \
		   "Steps over the whole graph, or passes by mini-batches, at most; 0: 300, or 5 to 300 passes: docs/uplift.md.") \
	OPTION(INT, patience, 30, 0, 100000, NULL, \
		   "Epochs without improvement on held-out users that end the training; 0: never.") \
	OPTION(CHOICE, monitor, MONITOR_LOSS, 0, 0, monitors, \
		   "What must improve on held-out users.")
/* clang-format on */

typedef struct UpliftConfig
{
	UPLIFT_OPTIONS(OPTION_MEMBER)
} UpliftConfig;

extern const Option uplift_options[];
extern const size_t uplift_option_count;

/* Options that do not go together: STATUS_BAD_VALUE, which names heads that do not divide hidden_size, or the outcome. */
extern Status uplift_config_check(const UpliftConfig *config);

/* Whether outcomes are numbers, which heads learn by least squares. */
extern bool uplift_of_numbers(const UpliftConfig *config);

/* Whether the estimator can tell so many treatments apart. */
extern bool uplift_tells_apart(const UpliftConfig *config, size_t treatments);

/* Sizes of a network beside its options. */
typedef struct UpliftShape
{
	size_t F;          /* features */
	size_t treatments; /* arms beside the control; 0 is 1 */
	size_t relations;  /* kinds of edges; 0 is 1 */
} UpliftShape;

extern void uplift_params(ParamTable *table, const UpliftConfig *config, const UpliftShape *shape);

/* Tensors of a model: of its only network, or of those of an ensemble; as ensemble_params() answers (model/ensemble.h). */
extern Status upliftmodel_params(ParamTable *table, const UpliftConfig *config, const UpliftShape *shape);

typedef struct UpliftLayer
{
	size_t products;        /* R × 3H × H: self, neighbour and value weights, one below the other */
	size_t self_bias;       /* R × H */
	size_t score;           /* R × H: the vector v, each head its H / K */
	size_t own;             /* H × H, R > 1 only: what the user itself says */
	size_t value_bias;      /* H */
	size_t gain;            /* R × H, aggregates with a sum only */
	size_t degree;          /* R × H, log_degree only */
	size_t gate, gate_bias; /* 4H × H and 4H, depth gated only: i, f, o, c */
} UpliftLayer;

/* Where the tensors of a network lie in the flat vector. In that of an ensemble its networks follow each other. */
typedef struct UpliftNet
{
	UpliftConfig config;
	size_t networks; /* of the model */
	size_t F;
	size_t D; /* input channels: 2F */
	size_t H, K, L;
	size_t R;          /* relations; more than one: a user is no neighbour of its own */
	size_t treatments; /* arms beside the control: arm 0 is the control, arms 1 .. treatments follow */
	size_t C;          /* outputs of the head: P1 of each treatment, then P2; class_transform 1 */
	size_t levels;     /* L × C: what layers sum of a linear path (uplift/pure/linear.h); 0: there is none */
	size_t total;      /* reals of all tensors */
	size_t mean, scale;                 /* fixed, F each, and with log_degree R more for log(1 + degree) */
	size_t degree_mean;                 /* fixed, R: what sums over neighbours are divided by */
	size_t propensity;                  /* fixed, treatments: share of each; p of the correction */
	size_t outcome_mean, outcome_scale; /* fixed: of numbers */
	size_t linear;                      /* fixed, C × (L + 1) × (F + 1): of a linear path */
	size_t input, input_bias;           /* H × D, H */
	size_t head, head_bias;             /* C × H, C */
	UpliftLayer layer[UPLIFT_LAYERS_MAX];
} UpliftNet;

extern void uplift_net(UpliftNet *net, const UpliftConfig *config, const UpliftShape *shape);

extern UpliftShape uplift_shape(const UpliftNet *net);

/* Which of the two aggregates a layer has; one at least. */
static inline bool
uplift_attends(const UpliftNet *net)
{
	return net->config.aggregate != AGGREGATE_SUM;
}

static inline bool
uplift_sums(const UpliftNet *net)
{
	return net->config.aggregate != AGGREGATE_ATTENTION;
}

/* What one treatment does to a user. p_first and p_second are NaN where outcomes are numbers; otherwise all are in range and finite. */
typedef struct UpliftScore
{
	double p_first;  /* P1: responds when treated */
	double p_second; /* P2: does not respond when left alone */
	double uplift;
	double sd; /* standard deviation of the uplift among the networks of an ensemble; NaN of a single one */
} UpliftScore;

/* What networks say together: the means of their answers. */
extern UpliftScore uplift_mean(const UpliftScore *each, size_t networks);

/* The one definition of what a user is, by whether the decision treats him. */
typedef enum UpliftSegment
{
	SEGMENT_PERSUADABLE,  /* is treated */
	SEGMENT_SURE_THING,   /* is not, and is likelier than not to respond anyway */
	SEGMENT_LOST_CAUSE,   /* is not, and is likelier not to respond */
	SEGMENT_SLEEPING_DOG, /* treating him does harm */
	SEGMENT_NONE          /* is not treated, and without P2 nobody can say what he does then */
} UpliftSegment;

extern UpliftSegment uplift_segment(const UpliftScore *score, bool treated);

/* What the C outputs of a network's head mean for a treatment, from 1 on; with the correction. */
extern UpliftScore uplift_answer(const UpliftNet *net, const real *w, const real *logit, size_t treatment);

#endif
