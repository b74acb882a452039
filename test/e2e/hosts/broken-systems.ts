import { FAILS, fails, type Host, warns } from './host.ts'

/** Hosts with file systems, programs or settings on which a cluster would fail. */
export const BROKEN_SYSTEMS: readonly Host[] = [
  {
    host: 'fapolicyd that is active',
    make: 'SERVICE fapolicyd sleep 600',
    ...fails('fapolicyd'),
  },
  {
    host: 'a noexec mount of /usr/local/bin',
    make: 'mount --bind /usr/local/bin /usr/local/bin; mount -o remount,bind,noexec /usr/local/bin',
    restore: 'umount /usr/local/bin',
    found: /noexec/,
    ...fails('filesystems'),
  },
  {
    host: 'a read-only file system',
    make: 'mkdir -p /etc/cni/net.d; mount --bind /etc/cni /etc/cni; mount -o remount,bind,ro /etc/cni',
    restore: 'umount /etc/cni; rm -r /etc/cni',
    found: /\/etc\/cni\/net\.d is read-only/,
    ...fails('filesystems'),
  },
  {
    host: 'an overlay file system below containerd',
    make: 'mkdir -p /run/l /run/u /run/w /var/lib/cantrip-containerd; mount -t overlay overlay -o lowerdir=/run/l,upperdir=/run/u,workdir=/run/w /var/lib/cantrip-containerd',
    restore: 'umount /var/lib/cantrip-containerd; rmdir /var/lib/cantrip-containerd; rm -r /run/l /run/u /run/w',
    found: /\/var\/lib\/cantrip-containerd is on overlay/,
    ...fails('filesystems'),
  },
  {
    host: 'a small disk for images',
    make: 'mkdir -p /var/lib/cantrip-containerd; mount -t tmpfs -o size=300m tmpfs /var/lib/cantrip-containerd',
    restore: 'umount /var/lib/cantrip-containerd; rmdir /var/lib/cantrip-containerd',
    found: /^300 MiB free on \/var\/lib\/cantrip-containerd/,
    ...FAILS,
    verdicts: { disk: 'fail', filesystems: 'warn' },
  },
  {
    host: 'no inodes left for images',
    make: 'mkdir -p /var/lib/cantrip-containerd; mount -t tmpfs -o size=20g,nr_inodes=2000 tmpfs /var/lib/cantrip-containerd',
    restore: 'umount /var/lib/cantrip-containerd; rmdir /var/lib/cantrip-containerd',
    found: /free inodes for \/var\/lib\/cantrip-containerd/,
    ...fails('filesystems'),
  },
  {
    host: 'a tmpfs for the kubelet',
    make: 'mkdir -p /var/lib/kubelet; mount -t tmpfs -o size=20g tmpfs /var/lib/kubelet',
    restore: 'umount /var/lib/kubelet; rmdir /var/lib/kubelet',
    found: /\/var\/lib\/kubelet is in memory/,
    ...warns('filesystems'),
  },
  {
    host: 'a file where a directory is needed',
    make: "PUT /opt/cni/bin <<< ''",
    restore: 'rm -r /opt/cni',
    found: /\/opt\/cni\/bin is a file/,
    ...fails('filesystems'),
  },
  {
    host: 'a program of the system is missing',
    make: 'mv /usr/bin/nsenter /usr/bin/nsenter.away',
    restore: 'mv /usr/bin/nsenter.away /usr/bin/nsenter',
    found: /nsenter/,
    ...fails('commands'),
  },
  {
    host: 'no machine-id',
    make: "PUT /etc/machine-id <<< ''",
    ...warns('identity'),
  },
  {
    host: 'data directories that are links',
    make: 'mkdir -p /var/lib/data/containerd /var/lib/data/kubelet; ln -s /var/lib/data/containerd /var/lib/cantrip-containerd; ln -s /var/lib/data/kubelet /var/lib/kubelet',
    restore: 'rm /var/lib/cantrip-containerd /var/lib/kubelet; rm -r /var/lib/data',
    found: /\/var\/lib\/cantrip-containerd is a link to \/var\/lib\/data\/containerd/,
    ...warns('filesystems'),
  },
  {
    host: 'a user who is not root',
    make: 'chmod 755 /root',
    restore: 'chmod 700 /root',
    through: ['setpriv', '--reuid=1000', '--regid=1000', '--clear-groups'],
    alone: true,
    precheck: 3,
    install: 4,
    verdicts: {
      ...{ privilege: 'fail', firewall: 'skipped', controller: 'skipped' },
      // Only root can read what these check.
      ...{ 'previous-kubernetes': 'error', 'other-managers': 'error', fapolicyd: 'error', firewalld: 'error' },
    },
  },
  {
    host: 'a directory that another user can write to',
    make: 'chown 1000 /opt',
    restore: 'chown 0 /opt',
    found: /directory \/opt belongs to user 1000/,
    fixed: true,
    ...warns('owners'),
  },
  {
    host: 'a sysctl file that disables forwarding at the next boot',
    make: "PUT /etc/sysctl.d/99-hardening.conf <<< 'net.ipv4.ip_forward = 0'",
    ...warns('sysctl'),
  },
  {
    host: 'files that Ansible manages',
    make: "{ echo '# Ansible managed'; cat /etc/hosts; } > /run/new; PUT /etc/hosts < /run/new",
    found: /\/etc\/hosts belongs to ansible/,
    ...warns('other-managers'),
  },
  {
    host: 'no time server',
    make: "PUT /etc/systemd/timesyncd.conf <<< ''; systemctl stop systemd-timesyncd; systemctl mask --runtime systemd-timedated",
    restore: 'systemctl unmask --runtime systemd-timedated; systemctl start systemd-timesyncd',
    ...warns('ntp'),
  },
]
