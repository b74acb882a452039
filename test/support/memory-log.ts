import type { DurableLog } from '../../src/host/durable-log.ts'

export interface MemoryLog extends DurableLog {
  bytes: Buffer
  /** The bytes that survive a power cut: everything up to the last sync. */
  durable: Buffer
  damaged: Buffer
  syncs: number
}

/** A durable log in memory, for the ledger of a test. */
export function memoryLog(bytes: Uint8Array = Buffer.alloc(0)): MemoryLog {
  const log: MemoryLog = {
    bytes: Buffer.from(bytes),
    durable: Buffer.from(bytes),
    damaged: Buffer.alloc(0),
    syncs: 0,
    read: async () => log.bytes,
    async append(more, sync) {
      log.bytes = Buffer.concat([log.bytes, more])
      if (!sync) return
      log.durable = log.bytes
      log.syncs += 1
    },
    async replace(good, damaged) {
      log.bytes = Buffer.from(good)
      log.damaged = Buffer.from(damaged)
      return 'ledger.damaged-x'
    },
    close: async () => undefined,
  }
  return log
}
