import { createHash } from 'node:crypto'
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { Readable } from 'node:stream'
import { buffer } from 'node:stream/consumers'
import { create } from 'tar'
import { ARCH, type Arch } from '../../src/bundle/arch.ts'
import { BINARIES, CNI_PLUGINS, IMAGES } from '../../src/bundle/contents.ts'
import { imageArchive } from '../../src/bundle/make/image.ts'
import { contentOf, tarBytes } from '../../src/bundle/make/tar.ts'
import { writeHashed } from '../../src/bundle/make/write-hashed.ts'
import { DEFAULT_VERSIONS as V } from '../../src/bundle/versions/sets.ts'
import { printingElf } from './elf.ts'

const bare = (version: string) => version.replace(/^v/, '')
const hash = (bytes: Uint8Array, algorithm: string) => createHash(algorithm).update(bytes).digest('hex')

/** What the program of a bundle prints as its version, in the words of the real one. */
export function versionText(name: string): string {
  const component = { ...BINARIES, ...CNI_PLUGINS }[name as 'kubelet']
  const version: string = V[component]
  const texts: Record<string, string> = {
    kubeadm: version,
    kubelet: `Kubernetes ${version}`,
    kubectl: `Client Version: ${version}\nKustomize Version: v5.8.1`,
    containerd: `containerd github.com/containerd/containerd/v2 ${version} 0123abc`,
    ctr: `ctr github.com/containerd/containerd/v2 ${version}`,
    'containerd-shim-runc-v2': `containerd-shim-runc-v2:\n  Version:  ${version}\n  Revision: `,
    runc: `runc version ${bare(version)}\nspec: 1.3.0\ngo: go1.26.8`,
    etcd: `etcd Version: ${bare(version)}\nGo Version: go1.26.8`,
    coredns: `CoreDNS-${bare(version)}\nlinux/amd64, go1.26.8, `,
    flannel: 'CNI flannel plugin version unknown',
  }
  const isPlugin = name in CNI_PLUGINS
  return texts[name] ?? (isPlugin ? `CNI ${name} plugin ${version}` : `${name} version: ${bare(version)}`)
}

export async function put(path: string, content: string | Uint8Array): Promise<void> {
  await mkdir(dirname(path), { recursive: true })
  await writeFile(path, content)
}

/** bin/, cni/, images/ and manifests/, as a bundle has them. */
export async function putLayout(root: string, arch: Arch): Promise<void> {
  for (const name of Object.keys(BINARIES)) await put(join(root, 'bin', name), printingElf(versionText(name), arch))
  for (const name of Object.keys(CNI_PLUGINS)) await put(join(root, 'cni', name), printingElf(versionText(name), arch))
  await put(join(root, 'manifests/flannel.yaml'), 'kind: List\n')
  await putImages(join(root, 'images'), arch)
}

export async function putImages(directory: string, arch: Arch): Promise<void> {
  await mkdir(directory, { recursive: true })
  for (const [index, [name, { version }]] of Object.entries(IMAGES).entries()) {
    await putImage(join(directory, `${index}.tar`), `${name}:${V[version]}`, arch)
  }
}

export async function putImage(path: string, name: string, arch: Arch): Promise<void> {
  await mkdir(dirname(path), { recursive: true })
  await rm(path, { force: true })
  await writeHashed(path, (await imageArchive({ name, arch, layer: new Map([['/name', { text: name }]]) })).bytes())
}

/** A tar.gz with these files. */
export async function putArchive(path: string, members: Readonly<Record<string, Uint8Array>>): Promise<void> {
  const scratch = await mkdtemp(join(tmpdir(), 'cantrip-members-'))
  try {
    for (const [member, bytes] of Object.entries(members)) await put(join(scratch, member), bytes)
    await mkdir(dirname(path), { recursive: true })
    await create({ cwd: scratch, gzip: true, file: path }, ['.'])
  } finally {
    await rm(scratch, { recursive: true, force: true })
  }
}

/**
 * The files of a bundle as the projects publish them, each with its checksum in the form that the project uses: in a tree
 * HOST/PATH, or all in one directory.
 */
export async function putUpstream(root: string, arch: Arch, shape: 'tree' | 'heap'): Promise<void> {
  const { go } = ARCH[arch]
  const at = (place: string) => join(root, shape === 'tree' ? place : place.slice(place.lastIndexOf('/') + 1))
  const program = (name: string) => printingElf(versionText(name), arch)
  const releases = (project: string, version: string) => `github.com/${project}/releases/download/${version}`
  const archive = async (place: string, members: Readonly<Record<string, Uint8Array>>) => {
    await putArchive(at(place), members)
    return at(place)
  }
  const named = async (path: string, algorithm = 'sha256') =>
    `${hash(await readFile(path), algorithm)}  ${path.slice(path.lastIndexOf('/') + 1)}\n`

  for (const name of ['kubeadm', 'kubelet', 'kubectl']) {
    const place = `dl.k8s.io/release/${V.kubernetes}/bin/linux/${go}/${name}`
    await put(at(place), program(name))
    await put(`${at(place)}.sha256`, hash(program(name), 'sha256'))
    await put(`${at(place)}.sha512`, hash(program(name), 'sha512'))
  }
  const containerd = await archive(
    `${releases('containerd/containerd', V.containerd)}/containerd-${bare(V.containerd)}-linux-${go}.tar.gz`,
    Object.fromEntries(['containerd', 'containerd-shim-runc-v2', 'ctr'].map((name) => [`bin/${name}`, program(name)])),
  )
  await put(`${containerd}.sha256sum`, await named(containerd))
  const runc = at(`${releases('opencontainers/runc', V.runc)}/runc.${go}`)
  await put(runc, program('runc'))
  await put(
    join(dirname(runc), 'runc.sha256sum'),
    `-----BEGIN PGP SIGNED MESSAGE-----\nHash: SHA512\n\n${await named(runc)}-----BEGIN PGP SIGNATURE-----\n\n=abcd\n-----END PGP SIGNATURE-----\n`,
  )
  const etcdName = `etcd-${V.etcd}-linux-${go}`
  const etcd = await archive(
    `${releases('etcd-io/etcd', V.etcd)}/${etcdName}.tar.gz`,
    Object.fromEntries(['etcd', 'etcdctl', 'etcdutl'].map((name) => [`${etcdName}/${name}`, program(name)])),
  )
  await put(join(dirname(etcd), 'SHA256SUMS'), `${'0'.repeat(64)}  etcd-other.zip\n${await named(etcd)}`)
  const coredns = await archive(
    `${releases('coredns/coredns', V.coredns)}/coredns_${bare(V.coredns)}_linux_${go}.tgz`,
    { coredns: program('coredns') },
  )
  await put(`${coredns}.sha256`, await named(coredns))
  const plugins = await archive(
    `${releases('containernetworking/plugins', V.cniPlugins)}/cni-plugins-linux-${go}-${V.cniPlugins}.tgz`,
    Object.fromEntries(['bridge', 'loopback', 'host-local', 'portmap', 'bandwidth'].map((n) => [n, program(n)])),
  )
  for (const algorithm of ['sha256', 'sha512']) await put(`${plugins}.${algorithm}`, await named(plugins, algorithm))
  const flannel = await archive(
    `${releases('flannel-io/cni-plugin', V.flannelPlugin)}/cni-plugin-flannel-linux-${go}-${V.flannelPlugin}.tgz`,
    { [`flannel-${go}`]: program('flannel') },
  )
  await put(`${flannel}.sha256`, await named(flannel))
  await put(at(`${releases('flannel-io/flannel', V.flannel)}/kube-flannel.yml`), 'kind: List\n')
  await putImages(join(root, 'images'), arch)
}

/** The images of Calico's release archive, of which its manifest names the first three. */
const CALICO = ['node', 'cni', 'kube-controllers', 'typha', 'dikastes', 'pod2daemon-flexvol'] as const
export const calicoImage = (name: string) => `docker.io/calico/${name}:${V.calico}`

/** Calico's release archive beside its checksums. `without`: members that it lacks. */
export async function putCalicoRelease(directory: string, arch: Arch, without: readonly string[] = []): Promise<void> {
  const containers = CALICO.slice(0, 3).map((name) => ({ name, image: calicoImage(name) }))
  const manifest = { kind: 'DaemonSet', spec: { template: { spec: { containers } } } }
  const members: Record<string, Uint8Array> = {
    'manifests/calico.yaml': Buffer.from(JSON.stringify(manifest)),
    'bin/cni/amd64/bandwidth': printingElf('CNI bandwidth plugin v0.0.1', arch),
  }
  for (const name of CALICO)
    members[`images/calico-${name}.tar`] = await savedByDocker(`calico/${name}:${V.calico}`, arch)
  const kept = Object.entries(members).filter(([name]) => !without.includes(name))
  const file = join(directory, `release-${V.calico}.tgz`)
  await putArchive(file, Object.fromEntries(kept.map(([name, bytes]) => [`release-${V.calico}/${name}`, bytes])))
  await put(join(directory, 'SHA256SUMS'), `${hash(await readFile(file), 'sha256')}  release-${V.calico}.tgz\n`)
}

/** An archive as `docker save` makes it. */
function savedByDocker(name: string, arch: Arch): Promise<Buffer> {
  const layer = Buffer.from(name)
  const diffIds = [`sha256:${hash(layer, 'sha256')}`]
  const config = { architecture: ARCH[arch].oci, os: 'linux', rootfs: { type: 'layers', diff_ids: diffIds } }
  const files = {
    'config.json': JSON.stringify(config),
    'layer/layer.tar': layer,
    'manifest.json': JSON.stringify([{ Config: 'config.json', RepoTags: [name], Layers: ['layer/layer.tar'] }]),
  }
  const entries = Object.entries(files).map(([path, text]) => ({ path, content: contentOf(text) }))
  return buffer(Readable.from(tarBytes(entries.map((each) => ({ kind: 'file', mode: 0o644, ...each })))))
}
