/**
 * `node test/golden/make.ts COMMIT`: golden files of a release, made by the code of that commit from this repository's
 * history. Run once, when the build is released; the files are never changed afterwards.
 */
import assert from 'node:assert/strict'
import { copyFile, mkdir, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { runCommand } from '../run/command.ts'
import { unpack } from '../support/earlier/earlier-agent.ts'

const [commit] = process.argv.slice(2)
assert(commit, 'wanted: node test/golden/make.ts COMMIT')
const scratch = await mkdtemp(join(tmpdir(), 'cantrip-golden-'))
try {
  await unpack(commit, scratch)
  await mkdir(join(scratch, 'test/golden'), { recursive: true })
  const recorder = join(scratch, 'test/golden/record.ts')
  await copyFile(join(import.meta.dirname, 'record.ts'), recorder)
  const { ok, output } = await runCommand([process.execPath, recorder, join(import.meta.dirname, commit)], {
    cwd: scratch,
  })
  assert(ok, output)
} finally {
  await rm(scratch, { recursive: true, force: true })
}
