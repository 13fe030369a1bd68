/*
 * The uplift network over blocks of rows: what scoring and training are made of.
 *
 * A layer needs the products of all rows before it can listen, so both go by
 * stages over all rows: input, products 0, layer 0, products 1, ...; backward
 * the same way round. Within a stage rows are independent.
 */
#ifndef USERCLS_UPLIFT_PURE_NET_PASS_H
#define USERCLS_UPLIFT_PURE_NET_PASS_H

#include "uplift/pure/graph.h"
#include "uplift/pure/net.h"
#include "uplift/pure/gat.h"

/* Rows of a call, at most: a worker's scratch then stays in the second cache. */
#define UPLIFT_BLOCK 256

/* Rows of all nodes; with R relations nodes have R of some. When scoring, the arrays of all layers are the same. */
typedef struct UpliftRows
{
	real *hidden[UPLIFT_LAYERS_MAX]; /* N × H: what layer l reads; after its backward pass not of use */
	real *
		memory[UPLIFT_LAYERS_MAX]; /* N × H, gated depth: C after layer l, then the gradient of C before it */
	real *att[UPLIFT_LAYERS_MAX];  /* N × R × H, training: attention before bias */
	real *dhidden
		[UPLIFT_LAYERS_MAX]; /* N × H, training: the gradient of hidden[l]; of one relation in the place of att[l] */
	real *sum[UPLIFT_LAYERS_MAX]; /* N × R × H, training with sums */
	real *lse[UPLIFT_LAYERS_MAX]; /* N × R × K, training with attention */
	real *pair;                   /* of one layer at a time, N × R rows: see uplift/pure/gat.h */
	real *own;
	size_t own_stride;
	real *level;     /* training with attention */
	real *u;         /* L × R × H: -2 v */
	real *sum_scale; /* R, with sums */
	real *linear,
		*linear_heard; /* N × linear_width(), scoring with a linear path: levels, and those of one layer before */
} UpliftRows;

/* Room to work in, of one process. */
typedef struct UpliftScratch
{
	real *x;         /* UPLIFT_BLOCK × D */
	real *product;   /* × R × 3H */
	real *dropped;   /* × H: a layer's input or the head's after dropout */
	real *att, *sum; /* × R × H, where they are not kept */
	real *degree;    /* × R: standardised log(1 + degree), with log_degree */
	real *own;       /* × H, with relations: what users say to themselves */
	real *m;         /* × H */
	real *gate;      /* × 4H */
	real *h, *dh;    /* × H: after the last layer */
	real *dm;        /* × H */
	real *logit;     /* × C */
	real *dlogit;
	real *du; /* R × H */
} UpliftScratch;

typedef struct UpliftPass
{
	const UpliftNet *net;
	const real *w;
	const Graph *graph; /* NULL: there are no edges, and a row needs no other one */
	const float *feature;
	const uint32_t *node; /* rows of feature that the graph's nodes have; NULL: in their order */
	const real *
		linear; /* what the linear path adds to the logits, in the order of feature: C numbers of each level; or NULL */
	size_t levels; /* of a row of linear */
	UpliftRows rows;
	bool training; /* keep what a backward pass needs */
	real drop, attention_drop;
	uint32_t key; /* of this pass's dropout */
} UpliftPass;

extern void upliftrows_carve(UpliftRows *rows, Arena *arena, const UpliftNet *net, size_t N, bool training);
extern void upliftscratch_carve(UpliftScratch *scratch, Arena *arena, const UpliftNet *net);

/* To be called once after each change of the weights, by one process. */
extern void upliftnet_prepare(UpliftPass *pass);

/* Rows from .. from + n - 1, n <= UPLIFT_BLOCK, of hidden[0]. */
extern void upliftnet_input(UpliftPass *pass, UpliftScratch *scratch, size_t from, size_t n);

/* Of pair and own, from hidden[l]. */
extern void upliftnet_products(UpliftPass *pass, UpliftScratch *scratch, size_t l, size_t from, size_t n);

/* h (n × H) after layer l, which may be rows of hidden[l + 1]. */
extern void upliftnet_layer(real *h, UpliftPass *pass, UpliftScratch *scratch, size_t l, size_t from,
							size_t n);

/* Shares of attention of row i of the graph in layer l, once its products are there; false: the layers sum, and do not attend. */
extern bool upliftnet_attention(real *share, const UpliftPass *pass, size_t l, size_t i);

/* logit (n × C) of h after the last layer. */
extern void upliftnet_head(real *logit, UpliftPass *pass, UpliftScratch *scratch, const real *h, size_t from,
						   size_t n);

/* The backward of each, in turn. dw is a vector of net.total that is added to. dh (n × H) is overwritten... */
extern void upliftnet_head_backward(real *dh, real *dw, UpliftPass *pass, UpliftScratch *scratch,
									const real *dlogit, const real *h, size_t from, size_t n);

/* ... here it is what flows into h after layer l; own is filled, and dhidden[l] gets what goes past the attention ... */
extern void upliftnet_layer_backward(real *dw, UpliftPass *pass, UpliftScratch *scratch, const real *dh,
									 size_t l, size_t from, size_t n);

/*
 * ... and here the gradient of hidden[l] is added to dhidden[l]: what listening does to it, which may follow at once when
 * pair is filled, and what being listened to does, for which all rows must have come to here.
 */
extern void upliftnet_self_backward(real *dw, UpliftPass *pass, UpliftScratch *scratch, size_t l, size_t from,
									size_t n);
extern void upliftnet_others_backward(real *dw, UpliftPass *pass, UpliftScratch *scratch, size_t l,
									  size_t from, size_t n);
extern void upliftnet_input_backward(real *dw, UpliftPass *pass, UpliftScratch *scratch, size_t from,
									 size_t n);

#endif
