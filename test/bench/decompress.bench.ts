/**
 * Ratio 2: verify, decompress and write the compressed files of a bundle, as a download does ÷ `zstd -d`, then `sha256sum`, one file after
 * the other. Both write to the same file system; the agent's files are also synced.
 */
import { execFileSync } from 'node:child_process'
import { createReadStream, globSync, mkdirSync, rmSync } from 'node:fs'
import { basename, join } from 'node:path'
import { copiesDirectory } from '../../src/bundle/compression/copies.ts'
import { ZstdPart } from '../../src/host/linux/files/zstd-part.ts'
import { storedBundle } from './delivery/stored-bundle.ts'
import { median, report } from './measure.ts'

const ROUNDS = Number(process.env.CANTRIP_BENCH_PAIRS ?? 3)
/** As in src/bundle/store.ts. */
const LANES = 3
/** What a connection delivers at once. */
const PIECE_BYTES = 64 * 1024

const { dataDirectory, directory, manifest } = await storedBundle()
const copies = copiesDirectory(directory)
const files = globSync('**/*.zst', { cwd: copies }).map((path) => {
  const file = manifest.files.find((each) => `${each.path}.zst` === path)
  if (!file) throw new Error(`${path} is not in the manifest`)
  return { from: join(copies, path), name: basename(file.path), size: file.size, sha256: file.sha256 }
})

async function own(to: string): Promise<void> {
  const queue = files.values()
  const lane = async () => {
    for (const { from, name, size, sha256 } of queue) {
      const part = await ZstdPart.open(join(to, name), size)
      for await (const piece of createReadStream(from, { highWaterMark: PIECE_BYTES })) await part.add(piece)
      if ((await part.sha256()) !== sha256) throw new Error(`${name} is damaged`)
      await part.finish(join(to, name), 0o644)
      await part.close()
    }
  }
  await Promise.all(Array.from({ length: LANES }, lane))
}

function plain(to: string): void {
  for (const { from, name, sha256 } of files) {
    execFileSync('zstd', ['-dqf', from, '-o', join(to, name)])
    if (!execFileSync('sha256sum', [join(to, name)], { encoding: 'utf8' }).startsWith(sha256)) throw new Error(name)
  }
}

async function timed(work: (to: string) => Promise<void> | void): Promise<number> {
  const to = join(dataDirectory, 'unpacked')
  mkdirSync(to)
  execFileSync('sync')
  const startedMs = performance.now()
  await work(to)
  const ms = performance.now() - startedMs
  rmSync(to, { recursive: true })
  return ms
}

const ratios: number[] = []
for (let round = 0; round < ROUNDS; round++) {
  const [plainMs, ownMs] = [await timed(plain), await timed(own)]
  console.log(`zstd and sha256sum ${plainMs.toFixed(0)} ms; own ${ownMs.toFixed(0)} ms`)
  ratios.push(ownMs / plainMs)
}
rmSync(dataDirectory, { recursive: true })
report('decompress', median(ratios), 0.6, `${files.length} executables`)
