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
 * Changes without recording. Used only by the recording host, which writes the undo first, and by the undos. Steps never
 * get it.
 */
export interface Machine extends HostView {
  /** Compares two regular files; false if one does not exist. */
  sameContent(path: string, other: string): Promise<boolean>
  /** Atomic and durable: temporary file, fdatasync, rename, directory fsync. The directory must exist. */
  writeFile(path: string, content: string | Uint8Array, mode: number): Promise<void>
  /** One level. Does nothing if the directory exists. */
  createDirectory(path: string, mode: number): Promise<void>
  /** Atomic; copies the file, which other users cannot open before it is complete. */
  installFile(source: string, path: string, mode: number): Promise<void>
  /** Atomic; moves the file if it has no other hard link and is on the same file system, otherwise copies it. */
  moveFile(source: string, path: string, mode: number): Promise<void>
  /** Atomic; replaces a file or link. */
  createLink(target: string, path: string): Promise<void>
  setMode(path: string, mode: number): Promise<void>
  /** Removes a file or link. Does nothing if it does not exist. */
  unlink(path: string): Promise<void>
  /** `removed` also if it does not exist. */
  removeDirectory(path: string): Promise<'removed' | 'not-empty'>
  /**
   * Follows no link. Throws before it deletes anything if there is a mount below. Unless `all` is set, it keeps files of other
   * users and links that lead out of the tree, with their parent directories; set it for directories of containers, whose
   * files have any owner. Returns what was kept.
   */
  removeTree(path: string, options?: RemoveTreeOptions): Promise<string[]>
  /** Copies or hard-links a file into `directory` (mode 0700), durably; returns the path of the backup. */
  backUp(path: string, directory: string): Promise<string>
  restoreFile(backup: string, path: string, attributes: FileAttributes): Promise<void>
  /** Throws AgentError `command/failed` for an exit code that is not in okCodes. */
  execute(argv: Argv, options?: RunOptions): Promise<Output>
  download(download: Download): Promise<void>
  /** `enabled` is absent for units that cannot be enabled (static, generated), and false if the unit does not exist. */
  unitState(unit: string): Promise<UnitState>
  setUnit(unit: string, wanted: UnitState): Promise<void>
  restartUnit(unit: string): Promise<void>
  daemonReload(): Promise<void>
  writeSysctl(key: string, value: string): Promise<void>
  loadModule(name: string): Promise<void>
  unloadModule(name: string): Promise<void>
  /** Does nothing if the process has ended. */
  kill(pid: number, signal: 'SIGTERM' | 'SIGKILL'): Promise<void>
}

/**
 * The temporary path of a file that is being written. It is always the same, so that the next try and the undo find the
 * file of a killed process.
 */
export function temporaryPath(path: string): string {
  return join(dirname(path), `.${basename(path).slice(0, 200)}.cantrip`)
}

/** The file of a key such as `net.ipv4.ip_forward`. As in sysctl(8), a slash in a key is a dot in a file name. */
export function sysctlPath(key: string): string {
  return `/proc/sys/${key.replace(/[./]/g, (c) => (c === '.' ? '/' : '.'))}`
}

/** Compares values independent of white space: the kernel separates lists by tabs. */
export function sameSysctl(a: string, b: string): boolean {
  return a.trim().split(/\s+/).join(' ') === b.trim().split(/\s+/).join(' ')
}
