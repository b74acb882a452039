import { expect, test } from 'vitest'
import { parseUnitFile } from './unit-file.ts'

test('sections, comments, and values of several lines', () => {
  const text =
    '# A=b\n[Service]\nExecStart=/usr/bin/x \\\n# in between\n  --flag\nEnvironment = "A=b"\n\n[Install]\nWantedBy=y\n'
  expect(parseUnitFile(text)).toEqual([
    { section: 'Service', name: 'ExecStart', value: '/usr/bin/x --flag' },
    { section: 'Service', name: 'Environment', value: '"A=b"' },
    { section: 'Install', name: 'WantedBy', value: 'y' },
  ])
})
