#!/bin/sh
# contain-v1.sh CGROUP... -- COMMAND...: becomes COMMAND in those cgroups (directories below /sys/fs/cgroup/HIERARCHY),
# in a cgroup namespace and with mounts that show each of them as the root of its hierarchy. Without these mounts
# nspawn would put the node into cgroups at the host's root, the same ones for every node.
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
