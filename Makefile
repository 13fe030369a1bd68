# Plain PGXS: make && make install && make installcheck PG_CONFIG=...
# Everything else (demo, test, bench, ...) runs on private throw-away servers: see the end.

EXTENSION = usercls
MODULE_big = usercls
PG_CONFIG ?= pg_config

# Numbers and models know no server; everything else is what PostgreSQL sees.
PURE_SRCS = $(sort $(wildcard src/nn/*.c src/model/*.c src/*/pure/*.c))
SRCS = $(sort $(wildcard src/*/*.c src/*/pure/*.c))
PURE_OBJS = $(PURE_SRCS:.c=.o)
OBJS = $(SRCS:.c=.o)
SQL_PARTS = $(sort $(wildcard sql/1.0.0/*.sql))

DATA_built = sql/usercls--1.0.0.sql
DOCS = README.md CHANGELOG.md
MANUALS = $(sort $(wildcard docs/*.md))
PICTURES = $(sort $(wildcard docs/images/*.png))
REGRESS = $(patsubst test/sql/%.sql,%,$(sort $(wildcard test/sql/*.sql)))
REGRESS_OPTS = --inputdir=test --load-extension=usercls
ifneq ($(wildcard test/specs/*.spec),)
ISOLATION = $(patsubst test/specs/%.spec,%,$(sort $(wildcard test/specs/*.spec)))
ISOLATION_OPTS = --inputdir=test --load-extension=usercls
endif

# The serial flavour of OpenBLAS adds no thread to the backend.
OPENBLAS ?= $(firstword $(wildcard /usr/lib/*/openblas-serial))
BLAS_CFLAGS = $(if $(OPENBLAS),-I$(firstword $(wildcard /usr/include/*/openblas-serial)))
BLAS_LIBS = $(if $(OPENBLAS),-L$(OPENBLAS) -Wl$(comma)-rpath$(comma)$(OPENBLAS)) -lopenblas -lm
comma = ,

PG_CPPFLAGS = -Isrc $(BLAS_CFLAGS)
PG_CFLAGS = -O3 -Wno-declaration-after-statement
SHLIB_LINK = $(BLAS_LIBS)
EXTRA_CLEAN = build $(OBJS:.o=.d)

PGXS := $(wildcard $(shell $(PG_CONFIG) --pgxs 2>/dev/null))
SERVER_HEADER := $(wildcard $(shell $(PG_CONFIG) --includedir-server 2>/dev/null)/postgres.h)
no_headers = echo "No PostgreSQL server headers for PG_CONFIG = $(PG_CONFIG). scripts/prepare build installs them." >&2; exit 1
ifneq ($(PGXS),)
include $(PGXS)
else
all install installcheck:
	@$(no_headers)
endif
# Debian's client package has pgxs.mk, too: enough to test an installed package, not to build one.
ifeq ($(SERVER_HEADER),)
$(OBJS): no-headers
no-headers:
	@$(no_headers)
endif

# Every extension has a README.md, so ours is in a folder of its own, with docs/ beside it as its links have it.
docmoduledir = extension/usercls
installed_docs = '$(DESTDIR)$(docdir)/$(docmoduledir)'
install: install-manuals
install-manuals: installdirs
	$(MKDIR_P) $(installed_docs)/docs/images
	$(INSTALL_DATA) $(MANUALS) $(installed_docs)/docs/
	$(INSTALL_DATA) $(PICTURES) $(installed_docs)/docs/images/
uninstall: uninstall-manuals
uninstall-manuals:
	rm -f $(addprefix $(installed_docs)/, $(DOCS) $(MANUALS) $(PICTURES))
	cd '$(DESTDIR)$(docdir)' 2>/dev/null && rmdir -p --ignore-fail-on-non-empty $(docmoduledir)/docs/images || true
	rmdir --ignore-fail-on-non-empty '$(DESTDIR)$(docdir)' 2>/dev/null || true

# PGXS does not track headers here.
override CFLAGS += -MMD -MP
-include $(OBJS:.o=.d)
$(OBJS): build/server
$(OBJS:.o=.bc): $(wildcard src/*/*.h src/*/pure/*.h) build/server

# The backend would export what these call their own.
$(PURE_OBJS): CFLAGS += -fvisibility=hidden
# Nobody reads floating-point exception flags or errno here; without these loops that clamp do not vectorise.
$(PURE_OBJS): CFLAGS += -fno-trapping-math -fno-math-errno

# Programs of bench/ that need no server: they measure the very objects that the extension is linked from.
-include $(wildcard build/bench/*/*.d)
build/bench/%: bench/%.c test/unit/rng_posix.c $(PURE_OBJS)
	@mkdir -p $(@D)
	$(CC) $(CFLAGS) -MF $@.d -MT $@ $(PG_CPPFLAGS) -D_GNU_SOURCE -o $@ $(filter %.c %.o,$^) $(SHLIB_LINK) -lpthread

sql/usercls--1.0.0.sql: $(SQL_PARTS)
	cat $^ > $@

# Objects made for another server's headers, or with other flags, are made anew.
built_for := $(shell $(PG_CONFIG) --version 2>/dev/null) $(CFLAGS)
build/server: FORCE
	@mkdir -p build
	@echo '$(built_for)' | cmp -s - $@ || echo '$(built_for)' > $@

# Everything below installs what is missing, works in a private copy of the server, and leaves nothing running.
export PG_CONFIG COPT
demo:
	scripts/demo
test:
	scripts/test
unit regress tap:
	scripts/test $@
fuzz:
	FUZZ_SECONDS=$${FUZZ_SECONDS:-3600} scripts/test fuzz
# Hostile statements for a server under the sanitizers.
fuzz-statements:
	FUZZ_SECONDS=$${FUZZ_SECONDS:-3600} scripts/sanitize statements
sanitize valgrind interop clients soak browser dbt reference:
	scripts/$@
test-other-majors:
	scripts/other-majors
dist deb test-install:
	scripts/$@
# Beside their peers: PYTHON has torch, torch-geometric, duckdb, aeon, scikit-learn, lightgbm, psycopg and scikit-uplift.
PYTHON ?= python3
bench:
	PYTHON=$(PYTHON) bench/labeler/run
	bench/sequence/run $(PYTHON)
	bench/sequence/endtoend $(PYTHON)
	bench/sequence/workers
	bench/sequence/minirocket $(PYTHON)
	bench/accuracy/retail
	bench/accuracy/peers $(PYTHON)
	$(PYTHON) bench/graph/run.py
	bench/metrics/run
	$(PYTHON) bench/uplift/run.py demo/data/cai2015_insurance
	$(PYTHON) bench/uplift/spillover.py demo/data/cai2015_insurance
	$(PYTHON) bench/uplift/simulated.py
# Twenty cancels of each phase of long work, each within 100 ms; the machine must be quiet.
cancel:
	CANCELS=20 CANCEL_MS=100 TAP=090_cancel scripts/test tap
format:
	clang-format-14 -i $(wildcard src/*/*.[ch] src/*/pure/*.[ch] test/unit/*.[ch] test/unit/*/*.[ch] test/fuzz/*.c test/module/*.c bench/*/*.[ch])

.PHONY: FORCE no-headers install-manuals uninstall-manuals demo test unit regress tap fuzz fuzz-statements sanitize valgrind interop clients soak browser dbt reference test-other-majors test-install dist deb bench cancel format
