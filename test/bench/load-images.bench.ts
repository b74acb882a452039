/**
 * Ratio 4: all images of a bundle with the steps of a master ÷ `ctr images import`, one archive after the other. Each has a new containerd
 * of the bundle, in a directory of its own, and the archives on its disk. Also printed: when the images are there without which no API
 * server starts.
 */
import { execFile } from 'node:child_process'
import { chmodSync, copyFileSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { CONTAINERD } from '../../src/base/kubernetes-paths.ts'
import { containerdPrograms, STANDARD } from '../../src/base/layout.ts'
import { BundleManifest, MANIFEST_NAME } from '../../src/bundle/format.ts'
import { addOnImages } from '../../src/components/add-on-images/component.ts'
import { apiServerImages } from '../../src/components/api-server-images/component.ts'
import { controllerImages } from '../../src/components/controller-images/component.ts'
import { networkImages } from '../../src/components/network-images/component.ts'
import { type Containerd, startContainerd } from '../support/containerd/containerd.ts'
import { fakeKubernetes, runComponent } from '../support/fake-kubernetes.ts'
import { bundleDirectory } from '../support/site/artefacts.ts'
import { runHere } from '../support/site/run-here.ts'
import { median, report } from './measure.ts'

const ROUNDS = Number(process.env.CANTRIP_BENCH_PAIRS ?? 3)
const COMPONENTS = [apiServerImages, controllerImages, networkImages, addOnImages]
const run = promisify(execFile)

const directory = await bundleDirectory(runHere, (line) => console.log(line))
const programs = mkdtempSync(join(tmpdir(), 'bench-load-images-'))
for (const name of ['containerd', 'containerd-shim-runc-v2', 'ctr']) {
  copyFileSync(join(directory, 'bin', name), join(programs, name))
  chmodSync(join(programs, name), 0o755)
}
const executable = join(programs, 'containerd')
const manifest = BundleManifest.parse(JSON.parse(readFileSync(join(directory, MANIFEST_NAME), 'utf8')))
const images = manifest.files.filter(({ role }) => role === 'image')

async function serial({ socket }: Containerd): Promise<void> {
  for (const { path } of images) {
    const argv = ['--address', socket, '--namespace', 'k8s.io', 'images', 'import', '--local', join(directory, path)]
    await run(join(programs, 'ctr'), argv)
  }
}

/** Seconds until the images of the API server are there. */
async function own({ socket }: Containerd): Promise<number> {
  const fake = fakeKubernetes()
  fake.host.files.seed(CONTAINERD.socket, '')
  fake.host.on([`${containerdPrograms(STANDARD)}/ctr`], async (argv) => {
    const own = argv.slice(1).map((word) => (word === CONTAINERD.socket ? socket : word))
    return run(join(programs, 'ctr'), own).catch(({ code, stdout, stderr }) => ({
      exitCode: code,
      stdout,
      stderr,
    }))
  })
  fake.params.bundleStore = {
    ...fake.params.bundleStore,
    manifest,
    fetch: async (_, { path }) => join(directory, path),
  }
  const began = performance.now()
  let firstMs = 0
  for (const component of COMPONENTS) {
    const applied = await runComponent(component, fake)
    if (applied.length !== component.steps(fake.params).length) throw new Error(`${component.id} did nothing`)
    firstMs ||= performance.now() - began
  }
  return firstMs / 1000
}

async function timed<T>(work: (containerd: Containerd) => Promise<T>): Promise<{ seconds: number; result: T }> {
  const containerd = await startContainerd(executable)
  try {
    await run('sync')
    const began = performance.now()
    const result = await work(containerd)
    return { seconds: (performance.now() - began) / 1000, result }
  } finally {
    await containerd.stop()
  }
}

const ratios: number[] = []
for (let round = 0; round < ROUNDS; round++) {
  const script = await timed(serial)
  const steps = await timed(own)
  console.log(
    `one after the other ${script.seconds.toFixed(1)} s; own steps ${steps.seconds.toFixed(1)} s, API server after ${steps.result.toFixed(1)} s`,
  )
  ratios.push(steps.seconds / script.seconds)
}
rmSync(programs, { recursive: true })
report('load-images', median(ratios), 0.65, `${images.length} images`)
