/** A process to be killed: carries a role out, or takes it back, below a directory. argv: run|undo DIRECTORY. */

import { runRole } from '../../src/engine/run-steps.ts'
import type { Component } from '../../src/engine/step.ts'
import { undoRuns } from '../../src/engine/undo-run.ts'
import { openDurableLog } from '../../src/host/linux/durable-log.ts'
import { linuxMachine } from '../../src/host/linux/linux-machine.ts'
import { recordingHost } from '../../src/host/recording.ts'
import { openLedger } from '../../src/ledger/ledger.ts'

const [, , verb, directory = ''] = process.argv
const root = `${directory}/host`
const state = `${directory}/state`
const backupDirectory = `${state}/backups`

const component = (id: string): Component<undefined> => ({
  id,
  after: [],
  steps: () =>
    Array.from({ length: 8 }, (_, i) => ({
      id: `${id}/${i}`,
      title: `${id} ${i}`,
      isDone: async (host) =>
        (await host.read(`${root}/old-${id}-${i}`)) === 'ours' &&
        (await host.read(`${root}/${id}/${i}/deep/file`)) === 'new' &&
        (await host.readLink(`${root}/link-${id}-${i}`)) === 'elsewhere',
      async apply(host) {
        await host.write(`${root}/old-${id}-${i}`, 'ours', 0o600)
        await host.makeDirectory(`${root}/${id}/${i}`, 0o700)
        await host.write(`${root}/${id}/${i}/deep/file`, 'new')
        await host.link('elsewhere', `${root}/link-${id}-${i}`)
        await host.run(['touch', `${root}/${id}/${i}/by-a-command`], { kind: 'nothing', because: 'it is in our tree' })
      },
    })),
})

const machine = linuxMachine()
const ledger = await openLedger(await openDurableLog(`${state}/ledger`, 'ledger'))
const common = { ledger, run: 'r-1', emit() {}, signal: new AbortController().signal }
process.stdout.write('begun\n')
const outcome =
  verb === 'undo'
    ? (await undoRuns({ ...common, machine, role: 'uninstall' })).outcome
    : await runRole({
        ...common,
        role: { id: 'killed', components: [component('a'), component('b')] },
        params: undefined,
        view: machine,
        hostFor: (record) => recordingHost({ machine, record, backupDirectory }),
      })
process.stdout.write(`${outcome} ${ledger.repairs.length}\n`)
await ledger.close()
