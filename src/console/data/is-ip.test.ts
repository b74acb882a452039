import { isIP as isIpOfNode } from 'node:net'
import { expect, test } from 'vitest'
import { isIP } from './is-ip.ts'

test.each([
  ...['10.0.0.1', '255.255.255.255', '256.0.0.1', '10.0.0', '10.0.0.1.2', '010.0.0.1', '', '1', 'example.org'],
  ...[
    '::',
    '::1',
    'fd00::1',
    '1:2:3:4:5:6:7:8',
    '1:2:3:4:5:6:7:8:9',
    '::ffff:10.0.0.1',
    '1::2::3',
    'fd00::g',
    ':1',
    '[::1]',
  ],
])('says of %s what Node says', (text) => expect(isIP(text)).toBe(isIpOfNode(text)))
