import { gunzipSync, gzipSync } from 'node:zlib'
import type { Machine } from '../host/machine.ts'
import type { Snapshot } from './facts.ts'

/** Writes base64 of gzipped JSON, which is text for HostView.read. About 40 kB. */
export async function writeSnapshot(machine: Machine, path: string, snapshot: Snapshot): Promise<void> {
  await machine.writeFile(path, `${gzipSync(JSON.stringify(snapshot)).toString('base64')}\n`, 0o600)
}

/** Undefined if there is no snapshot, or it is damaged. */
export async function readSnapshot(machine: Machine, path: string): Promise<Snapshot | undefined> {
  const text = await machine.read(path)
  if (text === undefined) return undefined
  try {
    const snapshot = JSON.parse(gunzipSync(Buffer.from(text, 'base64')).toString()) as Snapshot
    return snapshot.format === 1 ? snapshot : undefined
  } catch {
    return undefined
  }
}
