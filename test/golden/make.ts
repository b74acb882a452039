/**
 * `node test/golden/make.ts COMMIT [RECORDER]`: makes the golden files of a release with the code of that commit, from this
 * repository's history. The recorder for the names of an older release is in its directory (`f2add13/record.ts`, which also made
 * 73532b4). Run once, when the build is released; the files are never changed afterwards.
 */
import assert from 'node:assert/strict'
import { copyFile, mkdir, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { runCommand } from '../run/command.ts'
import { unpack } from '../support/earlier/earlier-agent.ts'

const [commit, own = 'record.ts'] = process.argv.slice(2)
assert(commit, 'wanted: node test/golden/make.ts COMMIT [RECORDER]')
const scratch = await mkdtemp(join(tmpdir(), 'cantrip-golden-'))
try {
  await unpack(commit, scratch)
  const recorder = join(scratch, 'test/golden/record.ts')
  await mkdir(dirname(recorder), { recursive: true })
  await copyFile(join(import.meta.dirname, own), recorder)
  const { ok, output } = await runCommand([process.execPath, recorder, join(import.meta.dirname, commit)], {
    cwd: scratch,
  })
  assert(ok, output)
} finally {
  await rm(scratch, { recursive: true, force: true })
}
