# Sourced: a private throw-away server with usercls installed, gone when the script ends.
#
# private_begin                        copies the server's programs: sets `private` (a folder) and PG_CONFIG
# private_install [make variable...]   begins, builds here and installs into the copy
# private_start [setting=value...]     starts it and exports the PG* variables
# tree_copy DIR                        copies the sources (not what is built) where the user postgres can read them

cd "$(dirname "${BASH_SOURCE[0]}")/.."
unset MAKEFLAGS MAKELEVEL
jobs=$(nproc)

private_end() {
	[ ! -d "$private/cluster" ] || scripts/cluster stop "$private/cluster" "$PG_CONFIG"
	rm -rf "$private"
}

private_begin() {
	private=$(mktemp -d "${TMPDIR:-/tmp}/usercls-XXXXXX")
	chmod 755 "$private"
	trap private_end EXIT
	trap 'exit 130' INT TERM
	PG_CONFIG=$(scripts/server-copy "$private/server" "${PG_CONFIG:-pg_config}")
	export PG_CONFIG
}

private_install() {
	private_begin
	make -s -j"$jobs" with_llvm=no "$@" install >/dev/null
}

private_start() {
	local variables
	variables=$(scripts/cluster start "$private/cluster" "$PG_CONFIG" "$@")
	eval "$variables"
}

tree_copy() {
	mkdir -p "$1"
	if [ -e .git ]; then
		git -c safe.directory='*' ls-files -co --exclude-standard -z
	else
		find . -type f ! -path './build/*' ! -name '*.o' ! -name '*.so' -print0
	fi | tar --null --ignore-failed-read -T - -cf - | tar -xf - -C "$1"
	chmod -R a+rX "$1"
	[ "$(id -u)" != 0 ] || chown -R postgres "$1"
}
