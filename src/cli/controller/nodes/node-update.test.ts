import { expect, test } from 'vitest'
import { refusalOf } from '../../../../test/support/docs/parse-command.ts'
import { createProgram } from '../program.ts'

test.each([
  ['--cluster demo --pause --resume', /--(pause|resume).* cannot be used with .*--(pause|resume)/],
  ['--cluster demo --status --cancel', /cannot be used with/],
  ['--cluster demo --cancel --to 1.2.0', /cannot be used with/],
  ['--cluster demo --canary abc', /It must be a number from 1 to 5000/],
  ['--cluster demo --canary 0', /It must be a number from 1 to 5000/],
])('%s is refused', async (options, why) => {
  expect(await refusalOf(`controller node update ${options}`, true)).toMatch(why)
})

test.each(['--cluster demo --pause', '--cluster demo --canary 2 --max-unavailable 5', 'w1 w2'])(
  '%s is accepted',
  async (options) => expect(await refusalOf(`controller node update ${options}`, true)).toBeUndefined(),
)

test.each(['w1 --pause', 'w1 --cluster demo --cancel', '--status'])(
  '%s is refused: the update is of the whole cluster',
  async (options) => {
    const words = `node update ${options}`.split(' ')
    await expect(createProgram().parseAsync(words, { from: 'user' })).rejects.toMatchObject({
      ...{ code: 'usage/nodes', kind: 'invalid', message: expect.stringContaining('whole cluster') },
    })
  },
)
