import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { debianPackage } from '../testbed/debian-package.ts'
import { must } from '../testbed/run.ts'

const LIBRARIES = ['libgpgme11', 'libassuan0', 'libdevmapper1.02.1']

export type Skopeo = (...argv: string[]) => Promise<string>

/**
 * Debian's skopeo. It finds the images of these registries at a registry of this machine: `docker://registry.k8s.io/pause:1` is
 * `HOST/registry.k8s.io/pause:1`. `inside`: the argv that starts it in another network.
 */
export async function skopeoWith(
  host: string,
  registries: readonly string[],
  directory: string,
  inside: (argv: readonly string[]) => readonly string[] = (argv) => argv,
): Promise<Skopeo> {
  const program = join(await debianPackage('skopeo'), 'usr/bin/skopeo')
  const found = await Promise.all(LIBRARIES.map((name) => debianPackage(name)))
  const libraries = found.flatMap((place) => ['lib', 'usr/lib'].map((each) => join(place, each, TRIPLET)))
  const settings = join(directory, '.config/containers')
  await mkdir(settings, { recursive: true })
  const lines = registries.map(
    (name) => `[[registry]]\nprefix = "${name}"\nlocation = "${host}/${name}"\ninsecure = true\n`,
  )
  await writeFile(join(settings, 'registries.conf'), lines.join(''))
  const env = {
    ...{ PATH: process.env.PATH ?? '', HOME: directory, TMPDIR: directory },
    LD_LIBRARY_PATH: libraries.join(':'),
  }
  return (...argv) => must(inside([program, '--insecure-policy', ...argv]), { env, cwd: directory, timeoutMs: 60_000 })
}

const TRIPLET = process.arch === 'arm64' ? 'aarch64-linux-gnu' : 'x86_64-linux-gnu'
