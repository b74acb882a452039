import { join } from 'node:path'
import { defineConfig } from 'vitest/config'

// unit: beside the source, on a FakeHost. contract, integration, faults: real files, processes and sockets on loopback.
// The end-to-end test and the benches are no vitest projects: they need root and the test bed (scripts/test runs them).
const project = (name: string, include: string[], testTimeout: number) => ({
  test: {
    ...{ name, include, testTimeout, hookTimeout: testTimeout, environment: 'node' as const },
    // Starting a process and loading the modules would take longer than most unit tests.
    isolate: name !== 'unit',
    ...(['integration', 'console'].includes(name) && { globalSetup: 'test/support/programs/bundle-programs.ts' }),
    // Processes that tests start from the sources share what Node compiled.
    env: { NODE_COMPILE_CACHE: join(import.meta.dirname, 'node_modules/.cache/compiled') },
  },
})

export default defineConfig({
  test: {
    projects: [
      project('unit', ['src/**/*.test.ts', 'test/*.test.ts', 'test/run/*.test.ts'], 30_000),
      project('contract', ['test/contract/**/*.test.ts'], 60_000),
      // In Chromium, against a controller: see test/support/console.
      project('console', ['test/console/**/*.test.ts'], 60_000),
      project('integration', ['test/integration/**/*.test.ts', 'test/faults/**/*.test.ts'], 120_000),
    ],
  },
})
