import type { AdminClient } from '../session/client.ts'
import { print } from '../session/session.ts'
import { jsonLine } from './list.ts'
import { openFile } from './open-file.ts'
import { pagesOf } from './pages.ts'

/** Writes all entries as lines of JSON, which controller audit verify --file reads, and returns how many. */
export async function exportLog(client: AdminClient, path: string): Promise<number> {
  let count = 0
  const file = path === '-' ? undefined : await openFile(path, 'w')
  try {
    for await (const { entries } of pagesOf(client, {})) {
      count += entries.length
      const text = entries.map(jsonLine).join('')
      if (file) await file.write(text)
      else print(text)
    }
    await file?.sync()
  } finally {
    await file?.close()
  }
  return count
}
