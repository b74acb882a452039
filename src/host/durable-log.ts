/** An append-only file. Bytes are on disk when `append` resolves. */
export interface DurableLog {
  /** The whole content. */
  read(): Promise<Uint8Array>
  /** Written in order, and synced (fdatasync) before it resolves unless `sync` is false. An error is fatal. */
  append(bytes: Uint8Array, sync: boolean): Promise<void>
  /** Moves the damaged bytes to another file, and replaces the log by `good`; durable. Returns the path of that file. */
  replace(good: Uint8Array, damaged: Uint8Array): Promise<string>
  close(): Promise<void>
}
