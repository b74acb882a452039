import { join } from 'node:path'

const root = join(import.meta.dirname, '../../..')
/** Set by bundle-programs.ts, which runs before the tests of vitest. */
const directory = process.env.CANTRIP_TEST_PROGRAMS
const program = (source: string, bundled: string) => (directory ? join(directory, bundled) : join(root, source))

// Scripts for Node.js. Bundled ones start with a fifth of the CPU time.
export const CONTROLLER = program('src/controller.ts', 'controller.cjs')
export const AGENT = program('src/agent.ts', 'agent.cjs')
/** See test/support/agent/program.ts. */
export const TEST_AGENT = program('test/support/agent/program.ts', 'test-agent.cjs')
