#!/bin/sh
# Runs cloud-init with the datasource NoCloud as at a first boot, in namespaces and a copy of a root directory, without an init.
# Usage: unshare --mount --uts --net --pid --ipc --fork first-boot.sh ROOT DIRECTORY SERIAL; DIRECTORY/seed has the user data.
# What it prints at the end is the ruleset of the kernel, after the rules that the user data brought were loaded as at a boot.
set -eu
root=$2/root
mkdir -p "$2/upper" "$2/work" "$root"
mount --make-rprivate /
mount -t overlay overlay -o "lowerdir=$1,upperdir=$2/upper,workdir=$2/work" "$root"
mount -t proc proc "$root/proc"
mount -t tmpfs tmpfs "$root/run"
# No disk of this machine is seen.
mount -t tmpfs tmpfs "$root/sys"
mount -t tmpfs tmpfs "$root/dev"
cp -a /dev/null /dev/zero /dev/random /dev/urandom "$root/dev"
mkdir -p "$root/run/systemd/system" "$root/sys/class/dmi/id" "$root/sys/class/net" "$root/var/lib/cloud/seed/nocloud"
printf '%s\n' "$3" >"$root/sys/class/dmi/id/product_serial"
cp "$2"/seed/* "$root/var/lib/cloud/seed/nocloud"
printf '%s\n' 'datasource_list: [NoCloud, None]' 'growpart: {mode: "off"}' 'resize_rootfs: false' \
  'apt: {preserve_sources_list: true}' >"$root/etc/cloud/cloud.cfg.d/99_test.cfg"
printf 'UUID=1 none swap sw 0 0\nUUID=2 / ext4 defaults 0 1\n' >"$root/etc/fstab"
hostname before
printf '%s\n' 0123456789abcdef0123456789abcdef >"$root/etc/machine-id"
for stage in 'init --local' 'init' 'modules --mode=config' 'modules --mode=final'; do
  # shellcheck disable=SC2086  # words of a stage
  chroot "$root" cloud-init $stage >>"$2/log" 2>&1 || tail -n 40 "$2/log" >&2
done
(
  cd "$root"
  set -- etc/systemd/system/cantrip-*.service
  chroot "$root" systemd-analyze verify "$@"
) >"$2/verified" 2>&1 || true
hostname >"$2/hostname"
cp "$root/run/cloud-init/result.json" "$2/result.json"
if [ -f "$root/etc/cantrip-firewall.nft" ]; then
  chroot "$root" nft -f /etc/cantrip-firewall.nft
  chroot "$root" nft -f /etc/cantrip-firewall.nft # a reload
  chroot "$root" nft -j list ruleset >"$2/ruleset.json"
fi
