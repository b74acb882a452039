import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { pausePart } from './pause.ts'

const isMissing = spawnSync('gcc', ['--version']).error !== undefined

test.skipIf(isMissing)('pause prints its version with -v, as kubeadm upgrade expects (needs gcc)', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'pause-'))
  try {
    await pausePart('3.10.9', 'x64').make(directory)
    const { status, stdout } = spawnSync(join(directory, 'pause'), ['-v'], { encoding: 'utf8', timeout: 5_000 })
    expect({ status, stdout }).toEqual({ status: 0, stdout: 'pause.c 3.10.9\n' })
  } finally {
    rmSync(directory, { recursive: true })
  }
})
