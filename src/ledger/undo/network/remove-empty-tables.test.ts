import { expect, test } from 'vitest'
import { isEmptyTable } from './remove-empty-tables.ts'

const base = (name: string, rules = '', policy = 'accept') =>
  `\tchain ${name} {\n\t\ttype nat hook ${name.toLowerCase()} priority srcnat; policy ${policy};\n${rules}\t}\n`
const table = (...chains: string[]) => `# Warning: managed by iptables-nft\ntable ip nat {\n${chains.join('\n')}}\n`

test.each([
  ['no chain at all', table(), true],
  ["iptables' own chains", table(base('PREROUTING'), base('POSTROUTING')), true],
  ['a rule', table(base('PREROUTING', '\t\tip saddr 10.0.0.0/8 counter accept\n')), false],
  ['a policy', table(base('PREROUTING', '', 'drop')), false],
  ["a person's chain", table(base('PREROUTING'), '\tchain MINE {\n\t}\n'), false],
  ['no readable listing', '', false],
])('%s', (_, listing, empty) => {
  expect(isEmptyTable(listing)).toBe(empty)
})
