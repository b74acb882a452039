/** A file that only grows. What `append` resolved for is on the disk. */
export interface DurableLog {
  /** All bytes there are. */
  read(): Promise<Uint8Array>
  /** Written in order, and synced (fdatasync) before it resolves unless `sync` is false. An error is fatal. */
  append(bytes: Uint8Array, sync: boolean): Promise<void>
  /** Keeps the damaged bytes under another name, and puts `good` in the log's place; durable. Returns that name. */
  replace(good: Uint8Array, damaged: Uint8Array): Promise<string>
  close(): Promise<void>
}
