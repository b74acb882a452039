/**
 * How the program touches a machine. Checks get a HostView and can only look; steps get a Host, whose every
 * change carries its undo, so that what was done can be taken back without code written for the occasion.
 */
import type { Argv } from './argv.ts'
import type { NetworkView } from './network.ts'
import type { Undo, UnitState } from './undo.ts'

export interface Output {
  exitCode: number
  /** At most `AskOptions.maxBytes`; the end is kept, for the end tells what went wrong. */
  stdout: string
  stderr: string
}

export interface AskOptions {
  /** Default 30 s for ask, 10 min for run. */
  timeoutMs?: number
  /** Written to the child's standard input: the way for secrets. */
  stdin?: string
  env?: Record<string, string>
  cwd?: string
  /** Default 1 MiB a stream. */
  maxBytes?: number
  signal?: AbortSignal
}

export interface RunOptions extends AskOptions {
  /** Exit codes taken as success; default [0]. Any other throws an AgentError `command/failed`. */
  okCodes?: readonly number[]
  onLine?: (line: string) => void
}

export type FileKind = 'file' | 'directory' | 'symlink' | 'socket' | 'other'

export interface FileStat {
  kind: FileKind
  size: number
  /** Permission bits, e.g. 0o600. */
  mode: number
  uid: number
  gid: number
  mtimeMs: number
  /** How many names the file has: its hard links. */
  links: number
}

export interface DiskSpace {
  totalBytes: number
  freeBytes: number
  totalInodes: number
  freeInodes: number
}

/** What a log does to a disk: small writes, each made durable before the next. */
export interface SyncProbe {
  writeBytes: number
  /** Over after this many writes; or after forMs with `enough` of them; and after atMostMs whatever came of it. */
  writes: number
  enough: number
  forMs: number
  atMostMs: number
}

/** Looking: all that a check ever gets. Nothing here changes the machine. */
export interface HostView {
  /** Runs a command that only looks. Throws only when it could not be started or timed out; look at exitCode. */
  ask(argv: Argv, options?: AskOptions): Promise<Output>
  /** A regular file's text (at most 16 MiB), undefined where nothing is. Follows links. */
  read(path: string): Promise<string | undefined>
  /**
   * What lies at a path itself, and its text, both from one descriptor, so that what was judged is what was read. A link at
   * the end is not followed, nothing is waited for. No text where it is no regular file, or has more than `maxBytes`.
   */
  readFileItself(path: string, maxBytes: number): Promise<{ stat: FileStat; text?: string } | undefined>
  /** Without following a link at the end of the path (lstat). */
  stat(path: string): Promise<FileStat | undefined>
  readLink(path: string): Promise<string | undefined>
  /** Names in a directory, sorted; undefined where it is not. */
  list(path: string): Promise<string[] | undefined>
  /** Of a path that is not there yet: of the nearest directory above it. Follows links. */
  diskSpace(path: string): Promise<DiskSpace>
  /**
   * How many milliseconds each fdatasync took, in order. On the disk of a directory, or of the nearest one above it, in a
   * file that is gone afterwards.
   */
  syncTimes(directory: string, probe: SyncProbe): Promise<number[]>
  /** Lower-case hex SHA-256 of a file, streamed; undefined where nothing is. */
  sha256(path: string): Promise<string | undefined>
  /** Our effective user id. */
  uid(): number
  arch(): 'x64' | 'arm64'
  hostname(): string
  memoryBytes(): number
  cpuCount(): number
  now(): Date
  /** Rejects with the signal's reason when aborted. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>
  readonly network: NetworkView
  /** Set where changes are only listed: what is waited for does not come about, so a wait is over at once. */
  readonly isDryRun?: true
}

export interface Download {
  url: string
  path: string
  sha256: string
  size: number
  mode?: number
  tls: { ca: string; cert: string; key: string }
  /** http://[user:pass@]host:port */
  proxy?: string
  onProgress?: (doneBytes: number) => void
  signal?: AbortSignal
}

/** Changing: typed primitives capture their own undo and are skipped silently when nothing would change. */
export interface Host extends HostView {
  /** Atomic and durable (temporary file, fdatasync, rename, directory fsync). Default mode 0o644, owner root. */
  write(path: string, content: string | Uint8Array, mode?: number): Promise<void>
  /** A directory with its parents. Undo removes what it made, and empties what it found empty. */
  makeDirectory(path: string, mode?: number): Promise<void>
  /**
   * Puts a copy of a (large) file in place: a file of our own, which nobody changes through another name or a descriptor
   * that was open before. Follows a link at the end of `source`.
   */
  install(source: string, path: string, mode: number): Promise<void>
  /**
   * As `install`, for a file that we put at `source` ourselves and have no further use for there: without a copy where that
   * is possible. Undo removes what is at `path`, and does not bring `source` back.
   */
  move(source: string, path: string, mode: number): Promise<void>
  /** Deletes a file that can be had again, for good. */
  discard(path: string, because: string): Promise<void>
  /** Symbolic link at `path` to `target`. */
  link(target: string, path: string): Promise<void>
  /** Deletes one file or link; a backup makes it reversible. */
  remove(path: string): Promise<void>
  /** Resumes what an earlier try left (HTTP range), verifies size and SHA-256 before the file has its name. */
  download(download: Download): Promise<void>
  /** Brings a systemd unit to a state; its former enablement and activity are the undo. */
  setUnit(unit: string, wanted: UnitState): Promise<void>
  restartUnit(unit: string): Promise<void>
  daemonReload(): Promise<void>
  setSysctl(key: string, value: string): Promise<void>
  /** modprobe; a module that is built in or loaded already is left alone. */
  loadModule(name: string): Promise<void>
  setHostname(name: string): Promise<void>
  /** Any other command; says how to take it back, or why there is nothing to take back. */
  run(argv: Argv, undo: Undo, options?: RunOptions): Promise<Output>
  /** Records an undo alone, before effects that another program makes for us (kubelet's mounts, the CNI's links). */
  expect(undo: Undo): Promise<void>
}
