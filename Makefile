# Plain PGXS: make && make install && make installcheck PG_CONFIG=...
# Everything else (demo, test, bench, ...) runs on private throw-away servers: see the end.

EXTENSION = usercls
MODULE_big = usercls
PG_CONFIG ?= pg_config

NN_SRCS = $(sort $(wildcard src/nn/*.c))
MODEL_SRCS = $(sort $(wildcard src/model/*.c))
PG_SRCS = $(sort $(wildcard src/pg/*.c))
OBJS = $(patsubst %.c,%.o,$(NN_SRCS) $(MODEL_SRCS) $(PG_SRCS))
SQL_PARTS = $(sort $(wildcard sql/1.0.0/*.sql))

DATA_built = sql/usercls--1.0.0.sql
REGRESS = $(patsubst test/sql/%.sql,%,$(sort $(wildcard test/sql/*.sql)))
REGRESS_OPTS = --inputdir=test

# The serial flavour of OpenBLAS adds no thread to the backend.
OPENBLAS ?= $(firstword $(wildcard /usr/lib/*/openblas-serial))
BLAS_CFLAGS = $(if $(OPENBLAS),-I$(firstword $(wildcard /usr/include/*/openblas-serial)))
BLAS_LIBS = $(if $(OPENBLAS),-L$(OPENBLAS) -Wl$(comma)-rpath$(comma)$(OPENBLAS)) -lopenblas -lm
comma = ,

PG_CPPFLAGS = -Isrc $(BLAS_CFLAGS)
PG_CFLAGS = -O3 -Wno-declaration-after-statement
SHLIB_LINK = $(BLAS_LIBS)
EXTRA_CLEAN = build

PGXS := $(shell $(PG_CONFIG) --pgxs)
include $(PGXS)

# PGXS does not track headers here, and the backend would export what nn and model call their own.
$(OBJS) $(OBJS:.o=.bc): $(wildcard src/*/*.h)
src/nn/%.o src/model/%.o: CFLAGS += -fvisibility=hidden

sql/usercls--1.0.0.sql: $(SQL_PARTS)
	cat $^ > $@
