/**
 * What the unprivileged owner of a directory can do: `swap-files.ts DIRECTORY UID` lets `DIRECTORY/file` be its own file, root's
 * file and a link to DIRECTORY/../secret in turn, as fast as it can.
 */
import { linkSync, renameSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'

const [directory = '', uid] = process.argv.slice(2)
const at = (name: string) => join(directory, name)
process.setgid?.(Number(uid))
process.setuid?.(Number(uid))
process.stdout.write('ready\n')

for (;;) {
  linkSync(at('mine'), at('next'))
  renameSync(at('next'), at('file'))
  symlinkSync('../secret', at('next'))
  renameSync(at('next'), at('file'))
  // Whoever owns the directory can move the files of others in it.
  renameSync(at('root'), at('file'))
  renameSync(at('file'), at('root'))
}
