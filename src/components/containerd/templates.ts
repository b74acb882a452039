/** Where the cluster's overrides are: the one file that is merged over the main configuration, key by key. */
export const OVERRIDES = '/etc/containerd/conf.d/50-cluster.toml'
export const CONFIGURATION = '/etc/containerd/config.toml'

/** containerd 2's main configuration. Other files of conf.d may be those of another containerd: they are not read. */
export function configuration(sandboxImage: string, { restrictOomScoreAdj }: { restrictOomScoreAdj: boolean }): string {
  const runtime = restrictOomScoreAdj
    ? "\n[plugins.'io.containerd.cri.v1.runtime']\n  restrict_oom_score_adj = true\n"
    : ''
  return `version = 3
imports = ['${OVERRIDES}']

[plugins.'io.containerd.cri.v1.images'.pinned_images]
  sandbox = '${sandboxImage}'

[plugins.'io.containerd.cri.v1.images'.registry]
  config_path = '/etc/containerd/certs.d'
${runtime}
[plugins.'io.containerd.cri.v1.runtime'.containerd.runtimes.runc]
  runtime_type = 'io.containerd.runc.v2'

[plugins.'io.containerd.cri.v1.runtime'.containerd.runtimes.runc.options]
  BinaryName = '/usr/local/bin/runc'
  SystemdCgroup = true
`
}

export function unit(): string {
  return `[Unit]
Description=containerd container runtime
Documentation=https://containerd.io
After=network.target local-fs.target dbus.service

[Service]
Type=notify
ExecStart=/usr/local/bin/containerd --config ${CONFIGURATION}
Restart=always
RestartSec=5
# Containers outlive a restart of containerd, and have control groups of their own.
KillMode=process
Delegate=yes
LimitNPROC=infinity
LimitCORE=infinity
TasksMax=infinity
OOMScoreAdjust=-999

[Install]
WantedBy=multi-user.target
`
}
