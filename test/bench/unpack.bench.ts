/**
 * Ratio 3: what the builder of a bundle takes from an archive of another project, which has many small files beside it ÷ `tar -x` of the
 * archive. No node extracts archives: it gets each file of a bundle by itself, and containerd unpacks images.
 */
import { execFileSync } from 'node:child_process'
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { unpack } from '../../src/bundle/intake/archives/unpack.ts'
import { seededRandom } from '../support/random.ts'
import { bundleDirectory } from '../support/site/artefacts.ts'
import { runHere } from '../support/site/run-here.ts'
import { median, report } from './measure.ts'

const ROUNDS = Number(process.env.CANTRIP_BENCH_PAIRS ?? 3)
const WANTED = ['etcd', 'etcdctl', 'etcdutl']
const DIRECTORIES = 100
const FILES_EACH = 50
const MOST_BYTES = 8 * 1024

const bundle = await bundleDirectory(runHere, (line) => console.log(line))
/** In memory if possible: a disk writes the files of one round during the next. */
const scratch = mkdtempSync(join(existsSync('/dev/shm') ? '/dev/shm' : tmpdir(), 'bench-unpack-'))
const random = seededRandom(1)
for (let each = 0; each < DIRECTORIES; each++) {
  const directory = join(scratch, 'release/Documentation', String(each))
  mkdirSync(directory, { recursive: true })
  for (let file = 0; file < FILES_EACH; file++) {
    const text = Array.from({ length: 1 + Math.floor(random() * MOST_BYTES) }, () => Math.floor(32 + random() * 90))
    writeFileSync(join(directory, `${file}.md`), Buffer.from(text))
  }
}
for (const name of WANTED) copyFileSync(join(bundle, 'bin', name), join(scratch, 'release', name))
const archive = join(scratch, 'release.tar.gz')
execFileSync('tar', ['-C', scratch, '-czf', archive, 'release'])

/** As the builder does, which knows the members of each archive. */
async function own(to: string): Promise<void> {
  const wanted = WANTED.map((name) => `release/${name}`)
  await unpack(archive, to, (path) => wanted.includes(path))
}

/** Into a new directory each time. */
async function timed(name: string, work: (to: string) => Promise<void> | void): Promise<number> {
  const to = join(scratch, name)
  mkdirSync(to)
  const startedMs = performance.now()
  await work(to)
  const ms = performance.now() - startedMs
  for (const file of WANTED) execFileSync('cmp', [join(bundle, 'bin', file), join(to, 'release', file)])
  rmSync(to, { recursive: true })
  return ms
}

const ratios: number[] = []
for (let round = 0; round < ROUNDS; round++) {
  const tarMs = await timed('tar', (to) => void execFileSync('tar', ['-C', to, '-xzf', archive]))
  const ownMs = await timed('own', own)
  console.log(`tar -x ${tarMs.toFixed(0)} ms; own ${ownMs.toFixed(0)} ms`)
  ratios.push(ownMs / tarMs)
}
rmSync(scratch, { recursive: true })
report('unpack', median(ratios), 1, `${WANTED.length} executables of ${DIRECTORIES * FILES_EACH + WANTED.length} files`)
