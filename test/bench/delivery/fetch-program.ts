/** Downloads files as an agent does, in a process that can be killed. */
import { createReadStream, existsSync } from 'node:fs'
import { mkdir } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { digestOf } from '../../../src/bundle/make/write-hashed.ts'
import type { Download } from '../../../src/host/host.ts'
import { downloader } from '../../../src/host/linux/network/download.ts'
import { answerCalls } from '../program.ts'

export interface FetchOrder {
  files: readonly { path: string; size: number; sha256: string }[]
  /** The URL of the bundle. */
  base: string
  tls: Download['tls']
  directory: string
}

/** As in src/bundle/store.ts. */
const LANES = 3

const isComplete = async (file: string, sha256: string) =>
  existsSync(file) && (await digestOf(createReadStream(file))).sha256 === sha256

answerCalls({
  async fetch({ files, base, tls, directory }: FetchOrder) {
    const download = downloader()
    const queue = files.values()
    const lane = async () => {
      for (const { path, size, sha256 } of queue) {
        const to = join(directory, path)
        await mkdir(dirname(to), { recursive: true })
        if (await isComplete(to, sha256)) continue
        await download({ url: `${base}/${path}`, path: to, size, sha256, tls })
      }
    }
    await Promise.all(Array.from({ length: LANES }, lane))
  },
})
