/*
 * Weights as bytes: the safetensors format, so that a model trained here opens
 * in PyTorch and the reverse.
 *
 *   8 bytes   length n of the header, little-endian
 *   n bytes   JSON: {"__metadata__": {"key": "value", ...},
 *                    "name": {"dtype": "F32", "shape": [4, 2], "data_offsets": [0, 32]}, ...}
 *   the rest  the tensors, row-major, little-endian, without a gap
 *
 * The reader believes nothing: it checks every length, offset, name and
 * character of the header, that the tensors tile the data exactly, and answers
 * STATUS_DAMAGED with the byte offset in the file. It allocates nothing; the
 * bytes stay with the caller and must outlive the Codec.
 *
 * Metadata is a flat map of strings in UTF-8. In files of ours: "usercls" = "1"
 * (the version of the format), "kind" = "sequence" | "uplift", "architecture",
 * every option by its name (config_text), "features" and "classes" as JSON
 * arrays of names, and what else the kind needs to score.
 */
#ifndef USERCLS_MODEL_CODEC_H
#define USERCLS_MODEL_CODEC_H

#include <stdbool.h>
#include <stddef.h>

#include "model/params.h"
#include "model/status.h"

#define CODEC_PREFIX 8                 /* bytes before the header: its length */
#define CODEC_METADATA_MAX 128         /* entries */
#define CODEC_HEADER_MAX (1024 * 1024) /* bytes */

typedef enum CodecType
{
	CODEC_F32, /* the only type that is written */
	CODEC_F64,
	CODEC_F16,
	CODEC_BF16
} CodecType;

typedef struct CodecTensor
{
	char name[PARAM_NAME_MAX];
	CodecType type;
	int dims; /* 0 for a scalar, which matches a tensor of shape [1] */
	size_t dim[PARAM_DIMS_MAX];
	size_t size;       /* elements */
	size_t begin, end; /* bytes, from the start of the data */
} CodecTensor;

typedef struct CodecEntry
{
	const char *key;
	const char *value;
} CodecEntry;

/* Some 40 kB: not for the stack of a deep call. */
typedef struct Codec
{
	const unsigned char *bytes;
	size_t size;
	size_t data; /* offset of the first tensor's first byte in the file */
	size_t count;
	CodecTensor tensor[PARAM_COUNT_MAX];
	size_t entries;
	struct
	{
		char key[PARAM_NAME_MAX];
		size_t value; /* offset of the value's opening quote in the file */
	} entry[CODEC_METADATA_MAX];
} Codec;

extern Status codec_open(Codec *codec, const void *bytes, size_t size);

/* The tensor of that name, or NULL. */
extern const CodecTensor *codec_find(const Codec *codec, const char *name);

/*
 * Whether the file holds the tensors of the table in its shapes, and nothing else: STATUS_MISSING_TENSOR,
 * STATUS_WRONG_SHAPE, STATUS_EXTRA_TENSOR. Ask before getting memory for the table: its sizes come from metadata,
 * and only now are they backed by as many bytes.
 */
extern Status codec_check(const Codec *codec, const ParamTable *table);

/* Fill w[table->total], with codec_check's errors, and STATUS_NOT_FINITE: all numbers must be finite. */
extern Status codec_read(const Codec *codec, const ParamTable *table, float *w);

/* The elements of one tensor; STATUS_NOT_FINITE. */
extern Status codec_read_tensor(const Codec *codec, const CodecTensor *tensor, float *w);

/*
 * The value of a metadata key, with a NUL behind it. false when the key is not
 * there or the value does not fit in cap bytes: ask codec_metadata_size for
 * what it takes, the NUL included (0: not there).
 */
extern bool codec_metadata(const Codec *codec, const char *key, char *out, size_t cap);
extern size_t codec_metadata_size(const Codec *codec, const char *key);

/*
 * Write the file and return its size; out NULL measures it. Returns 0 and writes
 * nothing sensible when cap is too small. The same input gives the same bytes.
 */
extern size_t codec_write(void *out, size_t cap, const ParamTable *table, const float *w,
						  const CodecEntry *metadata, size_t entries);

#endif
