/**
 * The interface to a machine. Checks get a HostView, which only looks. Steps get a Host, which records the undo of every
 * change, so that steps need no code for undoing.
 */
import type { Layout } from '../base/layout.ts'
import type { Argv } from './argv.ts'
import type { HttpProxy, NetworkView } from './network.ts'
import type { Undo, UnitState } from './undo.ts'

export interface Output {
  exitCode: number
  /** At most `AskOptions.maxBytes`. The end is kept, because it has the reason of a failure. */
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
  /** Per stream; default 1 MiB. */
  maxBytes?: number
  signal?: AbortSignal
  /** Gets each line of standard output as it arrives; a line longer than `maxBytes` in parts. */
  onLine?: (line: string) => void
}

export interface RunOptions extends AskOptions {
  /** Exit codes that mean success; default [0]. Any other throws AgentError `command/failed`. */
  okCodes?: readonly number[]
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
  /** Number of hard links. */
  links: number
}

export interface DiskSpace {
  totalBytes: number
  freeBytes: number
  totalInodes: number
  freeInodes: number
}

/** Writes like those of a log: small, each durable before the next. */
export interface SyncProbe {
  writeBytes: number
  /** Ends after `writes` writes, after `forMs` with at least `enough` writes, or after `atMostMs`. */
  writes: number
  enough: number
  forMs: number
  atMostMs: number
}

/** What a check can do. Nothing here changes the machine. */
export interface HostView {
  /** Runs a command that changes nothing. Throws only if it could not be started, was killed, or timed out. */
  ask(argv: Argv, options?: AskOptions): Promise<Output>
  /** The text of a regular file (at most 16 MiB); undefined if it does not exist. Follows links. */
  read(path: string): Promise<string | undefined>
  /**
   * Stat and text of a file from one descriptor, so that the file that is checked is the one that is read. Does not follow a
   * link at the end, and does not block. No text if it is not a regular file, or is longer than `maxBytes`.
   */
  readFileItself(path: string, maxBytes: number): Promise<{ stat: FileStat; text?: string } | undefined>
  /** Without following a link at the end of the path (lstat). */
  stat(path: string): Promise<FileStat | undefined>
  readLink(path: string): Promise<string | undefined>
  /** Names in a directory, sorted; undefined if it does not exist. */
  list(path: string): Promise<string[] | undefined>
  /** Space on the file system of a path, or of the nearest existing directory above it. Follows links. */
  diskSpace(path: string): Promise<DiskSpace>
  /**
   * Duration of each fdatasync in milliseconds, in order. Writes a temporary file to the directory, or to the nearest
   * existing one above it.
   */
  syncTimes(directory: string, probe: SyncProbe): Promise<number[]>
  /** SHA-256 of a file, in lower-case hex; undefined if it does not exist. */
  sha256(path: string): Promise<string | undefined>
  /** The effective user id. */
  uid(): number
  arch(): 'x64' | 'arm64'
  /** Where programs are, or will be, on this machine. */
  readonly layout: Layout
  hostname(): string
  memoryBytes(): number
  cpuCount(): number
  now(): Date
  /** Rejects with the signal's reason when aborted. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>
  readonly network: NetworkView
  /** Set if changes are only listed. Waits then return at once, because nothing happens. */
  readonly isDryRun?: true
}

export interface Download {
  url: string
  path: string
  sha256: string
  size: number
  mode?: number
  /**
   * Files of this machine that may be the content, one after the other, with zeros up to its size. If its sum shows that they are not,
   * it is downloaded.
   */
  madeOf?: readonly string[]
  tls: { ca: string; cert: string; key: string }
  proxy?: HttpProxy
  onProgress?: (doneBytes: number) => void
  signal?: AbortSignal
}

/** What a step can do. Each change records its undo first, and is skipped if nothing would change. */
export interface Host extends HostView {
  /** Atomic and durable (temporary file, fdatasync, rename, directory fsync). Default mode 0o644, owner root. */
  write(path: string, content: string | Uint8Array, mode?: number): Promise<void>
  /** Creates a directory and its parents. Undo removes what was created, and empties what was empty before. */
  makeDirectory(path: string, mode?: number): Promise<void>
  /**
   * Copies a (large) file, so that nobody can change it through another hard link or an open descriptor. Follows a link at
   * the end of `source`.
   */
  install(source: string, path: string, mode: number): Promise<void>
  /**
   * Like `install`, for a file that Cantrip created at `source` and no longer needs there: moves it if possible. Undo
   * removes `path`, and does not restore `source`.
   */
  move(source: string, path: string, mode: number): Promise<void>
  /**
   * Like `move`, for a file that Cantrip replaces by another version. If the ledger already has the undo of an earlier change
   * of `path`, that undo stands: it removes the file, or restores what was there before Cantrip, and no copy is kept of what
   * Cantrip itself installed. Otherwise it is the same as `move`.
   */
  replace(source: string, path: string, mode: number): Promise<void>
  /** Deletes a file that can be fetched or created again. Not undone. */
  discard(path: string, because: string): Promise<void>
  /** Symbolic link at `path` to `target`. */
  link(target: string, path: string): Promise<void>
  /** Deletes one file or link; a backup makes it reversible. */
  remove(path: string): Promise<void>
  /** Resumes a partial download (HTTP range), and verifies size and SHA-256 before the file gets its name. */
  download(download: Download): Promise<void>
  /** Enables, disables, starts or stops a systemd unit. Undo restores its former state. */
  setUnit(unit: string, wanted: UnitState): Promise<void>
  restartUnit(unit: string): Promise<void>
  daemonReload(): Promise<void>
  setSysctl(key: string, value: string): Promise<void>
  /** modprobe; skipped for a module that is built in or loaded. */
  loadModule(name: string): Promise<void>
  setHostname(name: string): Promise<void>
  /** Runs any other command, with its undo, or with the reason why there is nothing to undo. */
  run(argv: Argv, undo: Undo, options?: RunOptions): Promise<Output>
  /** Records an undo for changes that another program is about to make, such as the kubelet's mounts and the CNI's links. */
  expect(undo: Undo): Promise<void>
}
