/** The plain script that provisioning is compared with, run in a node of the test bed with the files of a bundle. */
import { copyFile, mkdir, readFile, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { type BundleFile, BundleManifest, MANIFEST_NAME } from '../../../src/bundle/format.ts'
import { copyIn, execOk, type Node, path, testbedOverrides } from '../../support/testbed/testbed.ts'
import { kubeadmConfiguration } from './kubeadm.ts'

export interface Lap {
  /** Seconds from the script's start to the end of this step. */
  readonly seconds: number
  readonly step: string
}

/** The directory of the script in the node: below /var, which the host can write to. */
const DIRECTORY = '/var/lib/plain'

/** Copies the files of the bundle to the node (not timed), runs the script, and returns its laps. The last one is "all pods Ready". */
export async function plainBringUp(node: Node, bundle: string, onLap: (lap: Lap) => void = () => {}): Promise<Lap[]> {
  const manifest = BundleManifest.parse(JSON.parse(await readFile(join(bundle, MANIFEST_NAME), 'utf8')))
  const target = join(path(node), DIRECTORY)
  for (const file of manifest.files) {
    const place = join(target, placeOf(file))
    await mkdir(dirname(place), { recursive: true })
    await copyFile(join(bundle, file.path), place)
  }
  const images = manifest.files.filter((file) => file.role === 'image').map((file) => `"${file.name}"\n`)
  await writeFile(join(target, 'images.txt'), images.join(''))
  await writeFile(join(target, 'containerd.toml'), testbedOverrides().containerd)
  await writeFile(join(target, 'kubeadm.yaml'), kubeadmConfiguration(node.address, manifest.kubernetesVersion))
  await execOk(node, ['chmod', '-R', '0755', `${DIRECTORY}/binaries`, `${DIRECTORY}/cni-plugins`])
  await copyIn(node, join(import.meta.dirname, 'bring-up.sh'), `${DIRECTORY}/bring-up.sh`)

  const output = await execOk(node, [`${DIRECTORY}/bring-up.sh`, DIRECTORY], { timeoutMs: 900_000 })
  const laps = [...output.matchAll(/^([\d.]+) (.+)$/gm)].map(([, seconds, step = '']) => ({
    seconds: Number(seconds),
    step,
  }))
  for (const lap of laps) onLap(lap)
  return laps
}

function placeOf(file: BundleFile): string {
  const name = file.name.replaceAll(/[/:]/g, '_')
  switch (file.role) {
    case 'binary':
      return `binaries/${name}`
    case 'cni-plugin':
      return `cni-plugins/${name}`
    case 'image':
      return `images/${name}.tar`
    case 'manifest':
      return name === 'flannel.yaml' ? 'cni.yaml' : `manifests/${name}`
  }
}
