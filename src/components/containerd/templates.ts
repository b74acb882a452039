import { CONTAINERD } from '../../base/kubernetes-paths.ts'
import { containerdPrograms, type Layout } from '../../base/layout.ts'

const { configuration: directory, root, state, socket } = CONTAINERD

/** The cluster's overrides: the only file that is merged over the main configuration, key by key. */
export const OVERRIDES = `${directory}/conf.d/50-cluster.toml`
/** Environment of the service. */
export const PROXY = `${directory}/proxy.env`
export const CONFIGURATION = `${directory}/config.toml`

/**
 * The main configuration of containerd 2. All paths differ from those of another containerd, except the registry
 * configuration, which applies to both.
 */
export function configuration(
  layout: Layout,
  sandboxImage: string,
  { restrictOomScoreAdj }: { restrictOomScoreAdj: boolean },
): string {
  const runtime = restrictOomScoreAdj
    ? "\n[plugins.'io.containerd.cri.v1.runtime']\n  restrict_oom_score_adj = true\n"
    : ''
  return `version = 3
root = '${root}'
state = '${state}'
imports = ['${OVERRIDES}']

[grpc]
  address = '${socket}'

[plugins.'io.containerd.internal.v1.opt']
  path = '${root}/opt'

[plugins.'io.containerd.image-verifier.v1.bindir']
  bin_dir = '${root}/image-verifier/bin'

[plugins.'io.containerd.nri.v1.nri']
  socket_path = '${state}/nri.sock'
  plugin_path = '${root}/nri/plugins'
  plugin_config_path = '${root}/nri/conf.d'

[plugins.'io.containerd.shim.v1.manager']
  socket_dir = '${state}/s'

[plugins.'io.containerd.cri.v1.images'.pinned_images]
  sandbox = '${sandboxImage}'

[plugins.'io.containerd.cri.v1.images'.registry]
  config_path = '/etc/containerd/certs.d'
${runtime}
[plugins.'io.containerd.cri.v1.runtime'.containerd.runtimes.runc]
  runtime_type = 'io.containerd.runc.v2'

[plugins.'io.containerd.cri.v1.runtime'.containerd.runtimes.runc.options]
  BinaryName = '${containerdPrograms(layout)}/runc'
  Root = '${state}/runc'
  SystemdCgroup = true
`
}

/** `hasProxy`: without one, the unit is the same as before there was such a setting, and nothing restarts. */
export function unit(layout: Layout, { hasProxy }: { hasProxy: boolean }): string {
  const binaries = containerdPrograms(layout)
  return `[Unit]
Description=containerd container runtime of Kubernetes
Documentation=https://containerd.io
After=network.target local-fs.target dbus.service

[Service]
Type=notify
# It looks for its shim in PATH.
Environment=PATH=${binaries}:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
${hasProxy ? `EnvironmentFile=${PROXY}\n` : ''}ExecStart=${binaries}/containerd --config ${CONFIGURATION}
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
