import { readFile, rename, writeFile } from 'node:fs/promises'
import { setTimeout } from 'node:timers/promises'
import { askMaster } from '../../../operator/api-watch/ask-master.ts'
import { ApiWatchSettings } from '../../../operator/api-watch/settings.ts'
import { watchApi } from '../../../operator/api-watch/watch.ts'

/** `agent api-watch FILE`: a separate service, which runs even if the agent does not. */
export async function runApiWatch([file = '']: readonly string[]): Promise<number> {
  const stop = new AbortController()
  for (const name of ['SIGTERM', 'SIGINT'] as const) process.once(name, () => stop.abort())
  await watchApi({
    settings: ApiWatchSettings.parse(JSON.parse(await readFile(file, 'utf8'))),
    ask: askMaster,
    read: (path) => readFile(path, 'utf8').catch(() => undefined),
    async write(path, text) {
      await writeFile(`${path}.new`, text, { mode: 0o644 })
      await rename(`${path}.new`, path)
    },
    log: (line) => console.log(line),
    nowMs: () => performance.now(),
    sleep: async (ms, signal) => void (await setTimeout(ms, undefined, { signal })),
    signal: stop.signal,
  })
  return 0
}
