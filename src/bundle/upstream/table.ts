import { ARCH, type Arch } from '../arch.ts'
import type { VersionSet } from '../versions/sets.ts'

/**
 * A published file. In paths, `{component}` is the component's version, `{component:bare}` the version without `v`, and
 * `{arch}` the architecture as Go names it.
 */
interface Published {
  host: string
  path: string
  /** The file with its checksum, in the same directory. */
  checksum?: string
  /** Other names under which the same file is published. */
  aliases?: readonly string[]
  /** The path in a bundle of the file itself, or of members of the archive by their path in it. */
  gives: string | Readonly<Record<string, string>>
  /** It contains what other files give too. */
  spare?: true
}

const RELEASE = 'release/{kubernetes}/bin/linux/{arch}'

const kubernetes = (name: string, gives: string): Published => ({
  host: 'dl.k8s.io',
  path: `${RELEASE}/${name}`,
  checksum: `${name}.sha256`,
  gives,
})

const controlPlane = ['kube-apiserver', 'kube-controller-manager', 'kube-scheduler', 'kube-proxy']
const same = (from: string, to: string, names: readonly string[]) =>
  Object.fromEntries(names.map((name) => [`${from}${name}`, `${to}${name}`]))

/** Where the projects publish the files of a bundle. */
const TABLE: readonly Published[] = [
  kubernetes('kubeadm', 'bin/kubeadm'),
  kubernetes('kubelet', 'bin/kubelet'),
  kubernetes('kubectl', 'bin/kubectl'),
  {
    host: 'github.com',
    path: 'containerd/containerd/releases/download/{containerd}/containerd-{containerd:bare}-linux-{arch}.tar.gz',
    checksum: 'containerd-{containerd:bare}-linux-{arch}.tar.gz.sha256sum',
    aliases: ['containerd-static-{containerd:bare}-linux-{arch}.tar.gz'],
    gives: same('bin/', 'bin/', ['containerd', 'containerd-shim-runc-v2', 'ctr']),
  },
  {
    host: 'github.com',
    path: 'opencontainers/runc/releases/download/{runc}/runc.{arch}',
    checksum: 'runc.sha256sum',
    gives: 'bin/runc',
  },
  {
    host: 'github.com',
    path: 'etcd-io/etcd/releases/download/{etcd}/etcd-{etcd}-linux-{arch}.tar.gz',
    checksum: 'SHA256SUMS',
    gives: same('etcd-{etcd}-linux-{arch}/', 'bin/', ['etcd', 'etcdctl', 'etcdutl']),
  },
  {
    host: 'github.com',
    path: 'coredns/coredns/releases/download/{coredns}/coredns_{coredns:bare}_linux_{arch}.tgz',
    checksum: 'coredns_{coredns:bare}_linux_{arch}.tgz.sha256',
    gives: { coredns: 'bin/coredns' },
  },
  {
    host: 'github.com',
    path: 'containernetworking/plugins/releases/download/{cniPlugins}/cni-plugins-linux-{arch}-{cniPlugins}.tgz',
    checksum: 'cni-plugins-linux-{arch}-{cniPlugins}.tgz.sha256',
    gives: same('', 'cni/', ['bridge', 'loopback', 'host-local', 'portmap', 'bandwidth']),
  },
  {
    host: 'github.com',
    path: 'flannel-io/cni-plugin/releases/download/{flannelPlugin}/cni-plugin-flannel-linux-{arch}-{flannelPlugin}.tgz',
    checksum: 'cni-plugin-flannel-linux-{arch}-{flannelPlugin}.tgz.sha256',
    aliases: ['cni-plugin-flannel-linux-{arch}-{flannelPlugin:short}.tgz'],
    gives: { 'flannel-{arch}': 'cni/flannel' },
  },
  {
    host: 'github.com',
    path: 'flannel-io/flannel/releases/download/{flannel}/kube-flannel.yml',
    gives: 'manifests/flannel.yaml',
  },
  {
    host: 'github.com',
    path: 'projectcalico/calico/raw/{calico}/manifests/calico.yaml',
    gives: 'manifests/calico.yaml',
    spare: true,
  },
  {
    host: 'github.com',
    path: 'projectcalico/calico/releases/download/{calico}/release-{calico}.tgz',
    checksum: 'SHA256SUMS',
    // It has images of other modes too, which the manifest does not name.
    gives: {
      'release-{calico}/manifests/calico.yaml': 'manifests/calico.yaml',
      ...same('release-{calico}/images/', 'images/', [
        'calico-node.tar',
        'calico-cni.tar',
        'calico-kube-controllers.tar',
      ]),
    },
    spare: true,
  },
  {
    host: 'dl.k8s.io',
    path: '{kubernetes}/kubernetes-server-linux-{arch}.tar.gz',
    checksum: 'kubernetes-server-linux-{arch}.tar.gz.sha256',
    gives: {
      ...same('kubernetes/server/bin/', 'bin/', ['kubeadm', 'kubelet', 'kubectl']),
      ...same(
        'kubernetes/server/bin/',
        'images/',
        controlPlane.map((name) => `${name}.tar`),
      ),
    },
    spare: true,
  },
]

export interface UpstreamFile {
  /** `HOST/PATH`, as `wget -x` stores it and a mirror serves it. */
  place: string
  url: string
  /** The URL of the file with its checksum. */
  checksumUrl?: string
  /** Its own name and its other names. */
  names: readonly string[]
  /** What it gives to a bundle: a member of the archive, or the file itself. */
  gives: readonly { member?: string; path: string }[]
  /** Not needed if the other files are there. */
  spare: boolean
}

/** The files that the projects publish for these versions. */
export function upstreamFiles(versions: VersionSet, arch: Arch): UpstreamFile[] {
  const fill = (template: string) => filled(template, versions, arch)
  return TABLE.map(({ host, path, checksum, aliases = [], gives, spare = false }) => {
    const place = `${host}/${fill(path)}`
    const directory = place.slice(0, place.lastIndexOf('/'))
    return {
      ...{ place, url: `https://${place}`, spare },
      names: [place.slice(directory.length + 1), ...aliases.map(fill)],
      gives:
        typeof gives === 'string'
          ? [{ path: gives }]
          : Object.entries(gives).map(([member, to]) => ({ member: fill(member), path: to })),
      ...(checksum === undefined ? {} : { checksumUrl: `https://${directory}/${fill(checksum)}` }),
    }
  })
}

function filled(template: string, versions: VersionSet, arch: Arch): string {
  return template.replace(/\{(\w+)(?::(\w+))?\}/g, (_, name: string, form?: string) => {
    if (name === 'arch') return ARCH[arch].go
    const version = String(versions[name as keyof VersionSet])
    if (form === 'bare') return version.replace(/^v/, '')
    return form === 'short' ? version.replace(/-.*/, '') : version
  })
}
