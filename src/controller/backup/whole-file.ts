import { constants, existsSync } from 'node:fs'
import { access, type FileHandle, open, rename, rm } from 'node:fs/promises'
import { dirname } from 'node:path'
import { AgentError } from '../../base/agent-error.ts'
import { command } from '../../base/command.ts'
import { syncDirectory } from '../../base/durable-file.ts'

/** Writes a large file with mode 0600. It has its name only when it is complete and durable; an existing file is not replaced. */
export async function writeWhole(path: string, chunks: () => AsyncIterable<Uint8Array>): Promise<void> {
  await refuseExisting(path)
  refuseWithoutDirectory(path)
  const partial = `${path}.partial`
  await rm(partial, { force: true })
  // A file that is open does not tell its name in errors.
  const naming = (error: unknown) =>
    Object.assign(error as NodeJS.ErrnoException, { path: (error as { path?: string }).path ?? path })
  const file = await open(
    partial,
    constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW,
    0o600,
  )
  try {
    await writeAll(file, chunks()).finally(() => file.close())
    await refuseExisting(path)
    await rename(partial, path)
    syncDirectory(dirname(path))
  } catch (error) {
    await rm(partial, { force: true })
    throw 'syscall' in (error as object) ? naming(error) : error
  }
}

async function writeAll(file: FileHandle, chunks: AsyncIterable<Uint8Array>): Promise<void> {
  for await (const chunk of chunks) await file.writeFile(chunk)
  await file.sync()
}

function refuseWithoutDirectory(path: string): void {
  const directory = dirname(path)
  if (existsSync(directory)) return
  throw new AgentError('backup/no-directory', `there is no directory ${directory} for the backup`, {
    fix: `create it: ${command`mkdir -p ${directory}`}`,
    kind: 'invalid',
  })
}

async function refuseExisting(path: string): Promise<void> {
  const exists = await access(path).then(
    () => true,
    () => false,
  )
  if (!exists) return
  throw new AgentError('backup/exists', `${path} exists, and is not replaced`, {
    fix: 'choose another name, for example with the date',
    kind: 'invalid',
  })
}
