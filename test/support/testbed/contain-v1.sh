#!/bin/sh
# contain-v1.sh CGROUP... -- COMMAND...: executes COMMAND in these cgroups (directories below /sys/fs/cgroup/HIERARCHY),
# in a cgroup namespace with mounts that make each of them the root of its hierarchy. Without these mounts nspawn would put
# every node into the same cgroups at the root of the host.
set -e
if [ "$1" != --contained ]; then
  for cgroup; do
    [ "$cgroup" != -- ] || exec unshare --cgroup --mount "$0" --contained "$@"
    echo $$ > "$cgroup/cgroup.procs"
  done
fi
while shift; [ "$1" != -- ]; do
  hierarchy=${1#/sys/fs/cgroup/}
  mount --bind "$1" "/sys/fs/cgroup/${hierarchy%%/*}"
done
shift
exec "$@"
