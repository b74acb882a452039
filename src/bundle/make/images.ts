import { ARCH } from '../arch.ts'
import { AGENT_IMAGE, IMAGES } from '../contents.ts'
import type { VersionSet } from '../versions/sets.ts'
import type { Image, LayerEntry } from './image.ts'
import { addLibraries, type BaseSystem, plugins, programs, USR_MERGED } from './libraries.ts'

type Control = 'kube-apiserver' | 'kube-controller-manager' | 'kube-scheduler'
/** The executables in the images; all are linked statically. */
export type ImageBinary = Control | 'kube-proxy' | 'coredns' | 'pause' | 'flanneld' | 'flannel'

/** The agent in its image: the last file of the archive (ADR 91). */
export const AGENT_PATH = '/usr/local/bin/cantrip-agent'

/** The user of upstream's images that do not run as root. */
const NOT_ROOT = '65532:65532'

/** All images of a bundle except the agent's, with the paths of the upstream images. */
export async function componentImages(
  base: BaseSystem,
  versions: VersionSet,
  binary: (name: ImageBinary) => string,
): Promise<Image[]> {
  const network = await networkTools(base)
  const image = (
    repository: keyof typeof IMAGES,
    layer: Image['layer'],
    settings: Pick<Image, 'entrypoint' | 'user'> = {},
  ): Image => {
    const name = `${repository}:${versions[IMAGES[repository].version]}`
    return { name, arch: base.arch, layer, ...settings }
  }
  const control = (name: Control) =>
    image(`registry.k8s.io/${name}`, new Map([[`/usr/local/bin/${name}`, { file: binary(name) }]]))
  return [
    image('registry.k8s.io/pause', new Map([['/pause', { file: binary('pause') }]]), { entrypoint: ['/pause'] }),
    control('kube-apiserver'),
    control('kube-controller-manager'),
    control('kube-scheduler'),
    image(
      'registry.k8s.io/kube-proxy',
      new Map([...network, ['/usr/local/bin/kube-proxy', { file: binary('kube-proxy') }]]),
    ),
    image('registry.k8s.io/coredns/coredns', new Map([['/coredns', { file: binary('coredns') }]]), {
      entrypoint: ['/coredns'],
      user: NOT_ROOT,
    }),
    image('ghcr.io/flannel-io/flannel', new Map([...network, ['/opt/bin/flanneld', { file: binary('flanneld') }]]), {
      entrypoint: ['/opt/bin/flanneld'],
    }),
    image(
      'ghcr.io/flannel-io/flannel-cni-plugin',
      new Map([...(await programs(base, ['/bin/cp'])), ['/flannel', { file: binary('flannel') }]]),
    ),
  ]
}

/** The agent with its libraries, for the operator; runs as an unprivileged user. */
export async function agentImage(base: BaseSystem, agent: string, version: string): Promise<Image> {
  const layer = new Map<string, LayerEntry>(USR_MERGED)
  await addLibraries(base, agent, layer)
  layer.set(AGENT_PATH, { file: agent })
  layer.set('/etc/passwd', { text: 'root:x:0:0:root:/:/sbin/nologin\ncantrip:x:65532:65532:cantrip:/:/sbin/nologin\n' })
  layer.set('/etc/group', { text: 'root:x:0:\ncantrip:x:65532:\n' })
  layer.set('/tmp', { directory: 0o1777 })
  return {
    name: `${AGENT_IMAGE}:${version}`,
    arch: base.arch,
    layer,
    entrypoint: [AGENT_PATH],
    user: NOT_ROOT,
  }
}

/** The programs that kube-proxy and flannel run. iptables loads its extensions by name, so `ldd` does not list them. */
async function networkTools(base: BaseSystem): Promise<Map<string, LayerEntry>> {
  const tools = ['/usr/sbin/xtables-nft-multi', '/usr/sbin/conntrack', '/usr/sbin/nft', '/usr/bin/kmod', '/bin/ip']
  const shell = ['/bin/sh', '/bin/cp', '/bin/cat', '/bin/sleep']
  const layer = new Map([
    ...(await programs(base, [...tools, ...shell])),
    ...(await plugins(base, `/usr/lib/${ARCH[base.arch].triplet}/xtables`)),
  ])
  for (const family of ['iptables', 'ip6tables']) {
    for (const suffix of ['', '-save', '-restore'])
      layer.set(`/usr/sbin/${family}${suffix}`, { target: 'xtables-nft-multi' })
  }
  layer.set('/usr/sbin/modprobe', { target: '../bin/kmod' })
  layer.set('/run', { directory: 0o755 })
  layer.set('/tmp', { directory: 0o1777 })
  return layer
}
