import type { VersionSet } from '../../versions/sets.ts'
import { tencentStandIn } from './tencent-stand-in.ts'

/** Go modules and the executables that are built from them. */
export interface GoComponent {
  id: string
  version: string
  modules: Readonly<Record<string, string>>
  /** Packages, by name of the executable. */
  outputs: Readonly<Record<string, string>>
  /** Values for `-X`, by variable. */
  variables?: Readonly<Record<string, string>>
  tags?: readonly string[]
  /** It is linked against C libraries, statically. */
  cgo?: 'static' | 'static-pie'
  /**
   * Modules from the repository of module `of` that are published separately, with this version. `at`: the version of `of`, if it is
   * not one of `modules`.
   */
  staging?: { of: string; at?: string; version: string }
  /** Own Go sources, by module and path, for modules that are not published. */
  standIns?: Readonly<Record<string, Readonly<Record<string, string>>>>
}

const named = (prefix: string, names: readonly string[]) =>
  Object.fromEntries(names.map((name) => [name, `${prefix}/${name}`]))

const PLUGINS = 'github.com/containernetworking/plugins'
const CONTAINERD = 'github.com/containerd/containerd/v2'
const FLANNEL = 'github.com/flannel-io/flannel'
const RUNC = 'github.com/opencontainers/runc'
const COREDNS = 'github.com/coredns/coredns'

/** The components of a bundle that are built, and helm, which renders a manifest. */
export function goComponents(versions: VersionSet) {
  const { kubernetes, etcd, containerd, cniPlugins, flannel, runc, coredns, sources } = versions
  const [, minor = '', patch = ''] = kubernetes.split('.')
  return {
    kubernetes: {
      id: 'kubernetes',
      version: kubernetes,
      modules: { 'k8s.io/kubernetes': kubernetes },
      staging: { of: 'k8s.io/kubernetes', version: `v0.${minor}.${patch}` },
      outputs: named('k8s.io/kubernetes/cmd', [
        'kubeadm',
        'kubelet',
        'kubectl',
        'kube-apiserver',
        'kube-controller-manager',
        'kube-scheduler',
        'kube-proxy',
      ]),
      variables: kubernetesVersion(kubernetes, minor),
    },
    etcd: {
      id: 'etcd',
      version: etcd,
      modules: {
        'go.etcd.io/etcd/server/v3': etcd,
        'go.etcd.io/etcd/etcdctl/v3': etcd,
        'go.etcd.io/etcd/etcdutl/v3': etcd,
      },
      outputs: {
        etcd: 'go.etcd.io/etcd/server/v3',
        etcdctl: 'go.etcd.io/etcd/etcdctl/v3',
        etcdutl: 'go.etcd.io/etcd/etcdutl/v3',
      },
    },
    containerd: {
      id: 'containerd',
      version: containerd,
      modules: { [CONTAINERD]: containerd },
      outputs: named(`${CONTAINERD}/cmd`, ['containerd', 'containerd-shim-runc-v2', 'ctr']),
      variables: { [`${CONTAINERD}/version.Version`]: containerd },
    },
    runc: {
      id: 'runc',
      version: runc,
      modules: { [RUNC]: runc },
      outputs: { runc: RUNC },
      tags: ['seccomp', 'urfave_cli_no_docs', 'netgo', 'osusergo'],
      cgo: 'static-pie',
    },
    coredns: {
      id: 'coredns',
      version: coredns,
      modules: { [COREDNS]: coredns },
      outputs: { coredns: COREDNS },
    },
    'cni-plugins': {
      id: 'cni-plugins',
      version: cniPlugins,
      modules: { [PLUGINS]: cniPlugins },
      outputs: {
        bridge: `${PLUGINS}/plugins/main/bridge`,
        loopback: `${PLUGINS}/plugins/main/loopback`,
        'host-local': `${PLUGINS}/plugins/ipam/host-local`,
        portmap: `${PLUGINS}/plugins/meta/portmap`,
        bandwidth: `${PLUGINS}/plugins/meta/bandwidth`,
      },
      variables: { [`${PLUGINS}/pkg/utils/buildversion.BuildVersion`]: cniPlugins },
    },
    // v1.0 removed the plugin from that module, and its new repository is not published as a module.
    'flannel-plugin': {
      id: 'flannel-plugin',
      version: sources.flannelPlugin,
      modules: { [PLUGINS]: sources.flannelPlugin },
      outputs: { flannel: `${PLUGINS}/plugins/meta/flannel` },
    },
    flannel: {
      id: 'flannel',
      version: flannel,
      modules: { [FLANNEL]: flannel },
      outputs: { flanneld: FLANNEL },
      variables: { [`${FLANNEL}/pkg/version.Version`]: flannel },
      cgo: 'static',
      standIns: tencentStandIn,
    },
    helm: {
      id: 'helm',
      version: sources.helm,
      modules: { 'helm.sh/helm/v3': sources.helm },
      outputs: { helm: 'helm.sh/helm/v3/cmd/helm' },
    },
  } as const satisfies Record<string, GoComponent>
}

/** Variables for `-X`: the output of `--version`. */
function kubernetesVersion(kubernetes: string, minor: string): Record<string, string> {
  return Object.fromEntries(
    ['k8s.io/component-base/version', 'k8s.io/client-go/pkg/version'].flatMap((place) => [
      [`${place}.gitVersion`, kubernetes],
      [`${place}.gitMajor`, '1'],
      [`${place}.gitMinor`, minor],
      [`${place}.gitTreeState`, 'clean'],
    ]),
  )
}
