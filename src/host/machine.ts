import { basename, dirname, join } from 'node:path/posix'
import type { Argv } from './argv.ts'
import type { Download, HostView, Output, RunOptions } from './host.ts'
import type { UnitState } from './undo.ts'

export interface FileAttributes {
  mode: number
  uid: number
  gid: number
  mtimeMs: number
}

export interface RemoveTreeOptions {
  keepRoot?: boolean
  all?: boolean
}

/**
 * Changes as such, without a record of them. Two things use it: the recording host, which writes the undo first,
 * and the undos themselves. Steps never see it.
 */
export interface Machine extends HostView {
  /** Of two regular files; false where one of them is not there. */
  sameContent(path: string, other: string): Promise<boolean>
  /** Atomic and durable: temporary file, fdatasync, rename, directory fsync. The directory must be there. */
  writeFile(path: string, content: string | Uint8Array, mode: number): Promise<void>
  /** One level; a directory that is there already is fine. */
  createDirectory(path: string, mode: number): Promise<void>
  /** Atomic; a copy, ours alone from the first byte on. */
  installFile(source: string, path: string, mode: number): Promise<void>
  /** Atomic; the file itself where `source` is its only name and on the same file system, else a copy. */
  moveFile(source: string, path: string, mode: number): Promise<void>
  /** Atomic; replaces a file or link. */
  createLink(target: string, path: string): Promise<void>
  setMode(path: string, mode: number): Promise<void>
  /** A file or link; already gone is fine. */
  unlink(path: string): Promise<void>
  /** Already gone is fine. */
  removeDirectory(path: string): Promise<'removed' | 'not-empty'>
  /**
   * Follows no link and crosses into no other file system: finding a mount is an error that leaves all of it alone. What
   * belongs to another user, and a link that leads out of the tree, stays as well unless `all` says that the tree is of
   * containers, whose files are anybody's; the answer names what stayed, and the directories above it stay with it.
   */
  removeTree(path: string, options?: RemoveTreeOptions): Promise<string[]>
  /** Keeps a file under a new name in `directory` (made 0700), durably; returns its path there. */
  backUp(path: string, directory: string): Promise<string>
  restoreFile(backup: string, path: string, attributes: FileAttributes): Promise<void>
  /** Throws AgentError `command/failed` for an exit code that is not among okCodes. */
  execute(argv: Argv, options?: RunOptions): Promise<Output>
  download(download: Download): Promise<void>
  /** `enabled` is absent where enabling has no meaning (static, generated), false where the unit is not there. */
  unitState(unit: string): Promise<UnitState>
  setUnit(unit: string, wanted: UnitState): Promise<void>
  restartUnit(unit: string): Promise<void>
  daemonReload(): Promise<void>
  writeSysctl(key: string, value: string): Promise<void>
  loadModule(name: string): Promise<void>
  unloadModule(name: string): Promise<void>
  /** A process that is gone is fine. */
  kill(pid: number, signal: 'SIGTERM' | 'SIGKILL'): Promise<void>
}

/**
 * Where a file is written before it gets its name. Always the same place, so that what a killed process left there is
 * found by the next try, and by the undo.
 */
export function temporaryPath(path: string): string {
  return join(dirname(path), `.${basename(path).slice(0, 200)}.cantrip`)
}

/** `net.ipv4.ip_forward` → its file. As sysctl(8) has it, a slash in a key stands for a dot in a name. */
export function sysctlPath(key: string): string {
  return `/proc/sys/${key.replace(/[./]/g, (c) => (c === '.' ? '/' : '.'))}`
}

/** Kernel files write lists with tabs; people write blanks. */
export function sameSysctl(a: string, b: string): boolean {
  return a.trim().split(/\s+/).join(' ') === b.trim().split(/\s+/).join(' ')
}
