import { mkdirSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { bundleProgram } from '../../../build/bundle.ts'

const root = join(import.meta.dirname, '../../..')
const ENTRIES = {
  'controller.cjs': 'src/controller.ts',
  'agent.cjs': 'src/agent.ts',
  'test-agent.cjs': 'test/support/agent/program.ts',
}

/** Bundles the programs that tests start, from the sources as they are now. */
export default async function bundlePrograms(): Promise<void> {
  // Always the same paths, below node_modules: there Node.js keeps what it compiled.
  const directory = join(root, 'node_modules/.cache/programs')
  mkdirSync(directory, { recursive: true })
  for (const [name, entry] of Object.entries(ENTRIES)) {
    const text = await bundleProgram(root, entry)
    // Another run of tests may start it now.
    const scratch = join(directory, `${name}.${process.pid}`)
    writeFileSync(scratch, text)
    renameSync(scratch, join(directory, name))
  }
  process.env.CANTRIP_TEST_PROGRAMS = directory
}
