import { gunzipSync, gzipSync } from 'node:zlib'
import type { Machine } from '../host/machine.ts'
import type { Snapshot } from './facts.ts'

/** Compressed, and as text for HostView.read: base64 of gzip of JSON. Some 40 kB. */
export async function writeSnapshot(machine: Machine, path: string, snapshot: Snapshot): Promise<void> {
  await machine.writeFile(path, `${gzipSync(JSON.stringify(snapshot)).toString('base64')}\n`, 0o600)
}

/** Undefined where there is none, or none that can be read: then there is nothing to compare with. */
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
