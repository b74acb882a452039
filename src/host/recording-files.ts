import { createHash } from 'node:crypto'
import { dirname } from 'node:path/posix'
import { AgentError } from '../base/agent-error.ts'
import { command } from '../base/command.ts'
import type { ChangeKind, RecordChange } from './change.ts'
import { isOwnFile } from './files/own-file.ts'
import { realPath } from './files/real-path.ts'
import type { FileStat, Host } from './host.ts'
import type { Machine } from './machine.ts'
import type { Undo } from './undo.ts'

type FileMethods = Pick<
  Host,
  'write' | 'makeDirectory' | 'install' | 'move' | 'replace' | 'discard' | 'link' | 'remove' | 'download'
>

const unitDirectories = ['/etc/systemd/', '/run/systemd/', '/usr/lib/systemd/', '/lib/systemd/']

export function recordingFiles(options: {
  machine: Machine
  record: RecordChange
  backupDirectory: string
  hasUndo?: (path: string) => boolean
}): FileMethods {
  const { machine, record, backupDirectory, hasUndo = () => false } = options

  async function recordPath(kind: ChangeKind, path: string, undo: Undo): Promise<void> {
    // Undone after the file, because undo goes backwards.
    if (unitDirectories.some((directory) => path.startsWith(directory))) {
      await record({ kind: 'unit', what: 'daemon-reload', undo: { kind: 'daemon-reload' } })
    }
    await record({ kind, what: path, undo })
  }

  /** The undo that restores the current state of `path`. */
  async function undoFor(path: string, now: FileStat | undefined, written?: string): Promise<Undo> {
    const sha256 = written === undefined ? {} : { sha256: written }
    if (now === undefined) return { kind: 'remove-path', path, ...sha256 }
    if (now.kind === 'symlink')
      return { kind: 'restore-link', path, target: (await machine.readLink(path)) ?? '', ...sha256 }
    if (now.kind !== 'file') throw notAFile(path, now)
    const backup = await machine.backUp(path, backupDirectory)
    const { mode, uid, gid, mtimeMs } = now
    return { kind: 'restore-file', path, backup, mode, uid, gid, mtimeMs, ...sha256 }
  }

  async function makeParents(path: string): Promise<void> {
    const parent = dirname(path)
    if (parent === '/' || (await machine.stat(parent)) !== undefined) return
    await makeParents(parent)
    await recordPath('directory', parent, { kind: 'remove-path', path: parent })
    await machine.createDirectory(parent, 0o755)
  }

  async function discard(path: string, because: string): Promise<void> {
    if ((await machine.stat(path)) === undefined) return
    await recordPath('file', path, { kind: 'nothing', because })
    await machine.unlink(path)
  }

  /** Records the change of `path`; false if the same file is already there. */
  async function prepareFor(source: string, path: string, mode: number, undoOf = undoFor): Promise<boolean> {
    const [now, from] = await Promise.all([machine.stat(path), machine.stat(source)])
    if (from?.kind !== 'file' && from?.kind !== 'symlink') {
      throw new AgentError('file/missing', `cannot install ${path}: ${source} is not a file`, {
        fix: 'run the same command again: it downloads missing files',
      })
    }
    if (isOwnFile(now, mode, machine) && (await machine.sameContent(path, source))) return false
    if (now === undefined) await makeParents(path)
    await recordPath('file', path, await undoOf(path, now))
    return true
  }

  /** The undo of the first change stands, if there is one. */
  async function firstUndoFor(path: string, now: FileStat | undefined): Promise<Undo> {
    if (now?.kind !== 'file' || !hasUndo(path)) return undoFor(path, now)
    return { kind: 'nothing', because: 'an earlier change of this file is undone' }
  }

  async function moveOr(source: string, path: string, isDue: boolean, mode: number): Promise<void> {
    if (isDue) await machine.moveFile(source, path, mode)
    else await discard(source, `${path} is the same`)
  }

  return {
    async write(path, content, mode = 0o644) {
      const bytes = typeof content === 'string' ? Buffer.from(content) : content
      const sha256 = createHash('sha256').update(bytes).digest('hex')
      const now = await machine.stat(path)
      const alike = isOwnFile(now, mode, machine) && now.size === bytes.byteLength
      if (alike && (await machine.sha256(path)) === sha256) return
      if (now === undefined) await makeParents(path)
      await recordPath('file', path, await undoFor(path, now, sha256))
      await machine.writeFile(path, bytes, mode)
    },

    async makeDirectory(given, mode) {
      // Undo follows no links, so it gets the directory that a link leads to; the link stays.
      const path = (await realPath(machine, given)) ?? given
      const names = await machine.list(path)
      const there = names === undefined ? await machine.stat(path) : undefined
      // A parallel step may have created it in the meantime.
      if (names === undefined && there?.kind !== 'directory') {
        if (there !== undefined) throw notADirectory(path, there)
        await makeParents(path)
        await recordPath('directory', path, { kind: 'remove-tree', path })
        await machine.createDirectory(path, mode ?? 0o755)
        return
      }
      if (names?.length === 0) await recordPath('directory', path, { kind: 'empty-directory', path })
      const now = await machine.stat(path)
      if (mode === undefined || now?.kind !== 'directory' || now.mode === mode) return
      await recordPath('directory', path, { kind: 'restore-mode', path, mode: now.mode, written: mode })
      await machine.setMode(path, mode)
    },

    async install(source, path, mode) {
      if (await prepareFor(source, path, mode)) await machine.installFile(source, path, mode)
    },

    async move(source, path, mode) {
      await moveOr(source, path, await prepareFor(source, path, mode), mode)
    },

    async replace(source, path, mode) {
      await moveOr(source, path, await prepareFor(source, path, mode, firstUndoFor), mode)
    },

    discard,

    async link(target, path) {
      const now = await machine.stat(path)
      if (now?.kind === 'symlink' && (await machine.readLink(path)) === target) return
      if (now === undefined) await makeParents(path)
      await recordPath('link', path, await undoFor(path, now))
      await machine.createLink(target, path)
    },

    async remove(path) {
      const now = await machine.stat(path)
      if (now === undefined) return
      await recordPath('file', path, await undoFor(path, now))
      await machine.unlink(path)
    },

    async download(download) {
      const { path, sha256, size } = download
      const now = await machine.stat(path)
      const isOwn = now?.kind === 'file' && now.uid === machine.uid()
      if (isOwn && now.size === size && (await machine.sha256(path)) === sha256) return
      if (now === undefined) await makeParents(path)
      const parts = [`${path}.part`, `${path}.zst.part`]
      const undo = await undoFor(path, now)
      await Promise.all([
        recordPath('file', path, undo),
        ...parts.map((part) => recordPath('file', part, { kind: 'remove-path', path: part })),
      ])
      await machine.download(download)
    },
  }
}

function notAFile(path: string, now: FileStat): AgentError {
  return new AgentError('file/in-the-way', `${path} is a ${now.kind}; expected a file`, {
    fix: `check what it is and move it away: ${command`mv ${path} ${`${path}.old`}`}`,
  })
}

function notADirectory(path: string, now: FileStat): AgentError {
  return new AgentError('file/in-the-way', `${path} is a ${now.kind}; expected a directory`, {
    fix: `check what it is and move it away: ${command`mv ${path} ${`${path}.old`}`}`,
  })
}
