# Sourced, by root: machines of Debian in a folder, made from nothing and gone when the script ends. Nothing of them touches
# the machine that they are made on but its network: no service starts, mounts and processes end with the command.
#
# machine_make RELEASE PACKAGE...   a new one: sets `machine` (its folder), which has the packages and a plain user, dev
# machine_run USER COMMAND          runs a line of bash there, in the user's home
# machine_files                     lists what is installed there, as a test of traces compares it
#
# Archives and proxies are those of this machine's apt-get. Bare systems and packages are kept in CHROOTS.

CHROOTS=${CHROOTS:-${XDG_CACHE_HOME:-$HOME/.cache}/usercls-chroots}
machines=$(mktemp -d "${TMPDIR:-/var/tmp}/usercls-machines-XXXXXX")
trap 'rm -rf --one-file-system "$machines"' EXIT
trap 'exit 130' INT TERM

mirror() { apt-get indextargets --format '$(REPO_URI)' | grep "/$1/\$" | sort -u | head -1 || true; }

machine_bare() {
	local release=$1 bare=$machines/bare debian security
	[ ! -e "$CHROOTS/$release.tar" ] || return 0
	mkdir -p "$CHROOTS"
	debian=$(mirror debian) security=$(mirror debian-security)
	debian=${debian:-http://deb.debian.org/debian/} security=${security:-http://deb.debian.org/debian-security/}
	debootstrap --variant=minbase "$release" "$bare" "$debian" >"$CHROOTS/$release.log" || return 1
	printf 'deb %s main\n' "$debian $release" "$debian $release-updates" "$security $release-security" >"$bare/etc/apt/sources.list"
	tar -C "$bare" -cf "$machines/$release.tar" . && mv "$machines/$release.tar" "$CHROOTS/" || return 1
	rm -rf --one-file-system "$bare"
}

machine_make() {
	machine_bare "$1" || return 1
	machine=$machines/$1-$RANDOM
	mkdir -p "$machine" "$CHROOTS/$1-packages/partial"
	tar -C "$machine" -xf "$CHROOTS/$1.tar"
	packages=$CHROOTS/$1-packages
	cp /etc/resolv.conf "$machine/etc/"
	local file
	for file in $(grep -ls '^Acquire' /etc/apt/apt.conf.d/* /etc/apt/apt.conf || true); do
		cp "$file" "$machine/etc/apt/apt.conf.d/host-$(basename "$file")"
	done
	echo 'APT::Get::Assume-Yes "true";' >"$machine/etc/apt/apt.conf.d/assume-yes"
	# No service of it may start: the network is this machine's.
	printf '#!/bin/sh\nexit 101\n' >"$machine/usr/sbin/policy-rc.d"
	chmod +x "$machine/usr/sbin/policy-rc.d"
	machine_run root "apt-get -qq update && apt-get -qq install ${*:2} && useradd -m -s /bin/bash dev"
}

machine_run() {
	local home=/root as=()
	[ "$1" = root ] || home=/home/$1 as=(runuser -u "$1" --)
	[ "$1" != postgres ] || home=/var/lib/postgresql
	# The outer bash is the first process, which no signal ends: it stays, and does not become the command.
	machine=$machine packages=$packages unshare --mount --pid --ipc --fork --kill-child bash -c '
		mount -t proc proc "$machine/proc" && mount -t tmpfs -o mode=1777 shm "$machine/dev/shm" &&
			mount --bind "$packages" "$machine/var/cache/apt/archives" && "$@"; exit $?' -- \
		chroot "$machine" "${as[@]}" env -i HOME="$home" PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin \
		LANG=C.UTF-8 DEBIAN_FRONTEND=noninteractive ${http_proxy:+http_proxy="$http_proxy"} ${https_proxy:+https_proxy="$https_proxy"} \
		bash -c "cd && $2" </dev/null
}

machine_files() {
	(cd "$machine" && find . -xdev -regextype egrep -regex \
		'\./(proc|tmp|run|root|home|srv|var/cache|var/log|var/lib/(apt|dpkg|postgresql))' -prune -o -print | sort)
}
