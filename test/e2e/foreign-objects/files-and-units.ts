import type { Kind } from './kind.ts'

const file = (path: string, text = 'frgn') => ({
  plant: `mkdir -p "$(dirname '${path}')" && printf '%s\\n' '${text}' > '${path}'`,
  look: `stat -c '%i %a %u:%g' '${path}'; cat '${path}'`,
})
const unit = (name: string) => `systemctl show -P MainPID -P ActiveState -P UnitFileState ${name}`

export const FILES: readonly Kind[] = [
  { name: 'a setting', ...file('/etc/frgn{n}/settings.conf') },
  { name: 'a tool of a person', ...file('/usr/local/bin/kubectx-frgn{n}') },
  { name: 'a program below /opt', ...file('/opt/frgn{n}/bin/tool') },
  { name: 'a table of cron', ...file('/etc/cron.d/frgn{n}', '0 3 * * * root true frgn') },
  {
    name: 'a crontab of a user',
    ...file('/var/spool/cron/crontabs/frgn{n}', '0 4 * * * true frgn'),
    marks: /^file \/var\/spool\/cron(\/crontabs)? d /,
  },
  { name: 'parameters for the next boot', ...file('/etc/sysctl.d/60-frgn{n}.conf', 'net.ipv4.tcp_ecn = 2') },
  { name: 'modules for the next boot', ...file('/etc/modules-load.d/frgn{n}.conf', '# none') },
  {
    name: 'a network of systemd-networkd',
    ...file('/etc/systemd/network/60-frgn{n}.network', '[Match]\nName=frgn-nothing'),
  },
  {
    name: 'rules of udev',
    ...file('/etc/udev/rules.d/99-frgn{n}.rules', '# none'),
    marks: /^file \/etc\/udev(\/rules\.d)? d /,
  },
  { name: 'a profile of the shell', ...file('/etc/profile.d/frgn{n}.sh', 'true') },
  { name: 'a key for ssh', ...file('/root/.ssh/frgn{n}') },
  { name: 'data of a service', ...file('/srv/frgn{n}/data') },
  { name: 'state of a service', ...file('/var/lib/frgn{n}/state') },
  { name: 'a log', ...file('/var/log/frgn{n}.log') },
  { name: 'a file in shared memory', ...file('/dev/shm/frgn{n}') },
  {
    name: "podman's CNI configuration",
    ...file('/etc/cni/net.d/87-frgn{n}.conflist', '{"cniVersion":"1.0.0","name":"frgn{n}","plugins":[]}'),
    marks: /^file \/etc\/cni(\/net\.d)? d /,
  },
  { name: 'a CNI plugin', ...file('/opt/cni/bin/frgn{n}'), marks: /^file \/opt\/cni(\/bin)? d / },
  { name: "podman's addresses", ...file('/var/lib/cni/networks/frgn{n}/10.88.{n}.2'), marks: /^file \/var\/lib\/cni/ },
  {
    name: "podman's record of a container",
    ...file('/var/lib/cni/results/frgn{n}-id-eth0', '{"kind":"cniCacheV1","networkName":"frgn{n}"}'),
  },
  {
    name: "a plugin for kubelet's volumes",
    ...file('/usr/libexec/kubernetes/kubelet-plugins/volume/exec/frgn{n}/driver'),
    from: 'provisioned',
    marks: /^file \/usr\/libexec\/kubernetes/,
  },
  {
    name: 'files with odd names',
    plant: `mkdir -p /srv/odd-frgn{n} && cd /srv/odd-frgn{n} && touch "$(printf 'a\\nb')" "$(printf '\\377\\376')" "$(printf '\\033[2J')" ' ' -- '-rf' '*' "it's" '%s' && mkdir "$(printf 'd\\351')" && ln -s /nowhere "$(printf 'l\\377')"`,
    look: 'cd /srv/odd-frgn{n} && ls -1bA',
    marks: /^file b f 644/,
  },
  {
    name: 'a line in /etc/hosts',
    plant: "echo '192.0.2.{n} frgn{n}.example' >> /etc/hosts",
    look: 'grep frgn{n} /etc/hosts',
    marks: /^(file|hash) \/etc\/hosts /,
  },
  {
    name: 'a mounted file system',
    plant: 'mkdir -p /mnt/frgn{n} && mount -t tmpfs frgn{n} /mnt/frgn{n} && echo frgn > /mnt/frgn{n}/file',
    look: 'cat /mnt/frgn{n}/file; findmnt -no ID,SOURCE /mnt/frgn{n}',
  },
  {
    name: 'a bind mount',
    plant:
      'mkdir -p /mnt/bind-frgn{n} /srv/bound-frgn{n} && echo frgn > /srv/bound-frgn{n}/file && mount --bind /srv/bound-frgn{n} /mnt/bind-frgn{n}',
    look: 'cat /mnt/bind-frgn{n}/file; findmnt -no ID /mnt/bind-frgn{n}',
  },
]

export const SYSTEM: readonly Kind[] = [
  {
    name: 'an account',
    plant: 'useradd --create-home frgn{n}',
    look: 'getent passwd frgn{n}; getent group frgn{n}; ls -dl /home/frgn{n}',
    marks: /^(file|hash) \/etc\/(passwd|group|shadow|gshadow|sub[ug]id)-? /,
  },
  {
    name: 'a service with its link for the boot',
    plant: `printf '[Service]\\nExecStart=/usr/bin/sleep infinity\\n[Install]\\nWantedBy=multi-user.target\\n' > /etc/systemd/system/frgn{n}.service && systemctl daemon-reload && systemctl enable --now frgn{n}.service`,
    look: unit('frgn{n}.service'),
  },
  { name: 'a drop-in', ...file('/etc/systemd/system/frgn{n}.service.d/limits.conf', '[Service]') },
  {
    name: "a drop-in for kubelet's unit",
    ...file('/etc/systemd/system/kubelet.service.d/90-frgn{n}.conf', '[Service]'),
    from: 'provisioned',
    marks: /kubelet\.service\.d/,
  },
  {
    name: 'a timer',
    plant: `printf '[Timer]\\nOnCalendar=2099-01-01\\n' > /etc/systemd/system/frgn{n}.timer && systemctl daemon-reload && systemctl start frgn{n}.timer`,
    look: unit('frgn{n}.timer'),
  },
  {
    name: 'a service with a network of its own',
    plant: 'systemd-run --unit=private-frgn{n} --property=PrivateNetwork=yes sleep infinity',
    look: unit('private-frgn{n}'),
  },
  {
    name: 'a listener',
    plant: 'systemd-run --unit=listen-frgn{n} socat TCP-LISTEN:1234{n},reuseaddr,fork EXEC:/bin/cat',
    look: `${unit('listen-frgn{n}')}; ss -Hlnt 'sport = 1234{n}' | grep -c LISTEN`,
    marks: /:1234\d\b|^process socat/,
  },
  {
    name: "a container of another program's containerd, whose namespace is called k8s.io too",
    plant: `systemd-run --unit=shim-frgn{n} bash -c 'exec -a /usr/bin/containerd-shim-runc-v2 bash -c "sleep infinity & wait" x -namespace k8s.io -id frgn{n} -address /run/k3s/containerd/containerd.sock'`,
    look: `${unit('shim-frgn{n}')}; cat /sys/fs/cgroup/systemd/system.slice/shim-frgn{n}.service/cgroup.procs 2>/dev/null || true`,
    from: 'provisioned',
    marks: /^process (bash|sleep|containerd-shim)/,
  },
  {
    name: 'a control group',
    plant:
      'for h in /sys/fs/cgroup/memory /sys/fs/cgroup/pids; do [ ! -d $h ] || mkdir -p $h/kubepods-frgn{n}; done; true',
    look: 'ls -d /sys/fs/cgroup/*/kubepods-frgn{n} 2>/dev/null; true',
  },
  {
    name: 'a parameter of a link',
    plant: 'sysctl -qw net.ipv4.conf.frgnbr{n}.rp_filter=2',
    look: 'sysctl net.ipv4.conf.frgnbr{n}.rp_filter',
  },
  {
    name: 'a parameter',
    plant:
      'case {n} in 1) sysctl -qw net.ipv4.tcp_keepalive_time=7001;; 2) sysctl -qw net.ipv4.ip_default_ttl=99;; 3) sysctl -qw net.ipv4.tcp_fin_timeout=59;; esac',
    look: 'case {n} in 1) sysctl net.ipv4.tcp_keepalive_time;; 2) sysctl net.ipv4.ip_default_ttl;; 3) sysctl net.ipv4.tcp_fin_timeout;; esac',
    marks: /^sysctl net\.ipv4\.(tcp_keepalive_time|ip_default_ttl|tcp_fin_timeout) /,
  },
]
