/** The process to kill: runs a workflow, or undoes it, below a directory. argv: run|undo DIRECTORY. */

import { runWorkflow } from '../../src/engine/run-workflow.ts'
import { undoRuns } from '../../src/engine/undo-run.ts'
import { openDurableLog } from '../../src/host/linux/files/durable-log.ts'
import { linuxMachine } from '../../src/host/linux/linux-machine.ts'
import { recordingHost } from '../../src/host/recording.ts'
import { openLedger } from '../../src/ledger/ledger.ts'
import { filesWorkflow } from './files-workflow.ts'

const [, , verb, directory = ''] = process.argv
const root = `${directory}/host`
const state = `${directory}/state`
const backupDirectory = `${state}/backups`

const machine = linuxMachine()
const ledger = await openLedger(await openDurableLog(`${state}/ledger`, 'ledger'))
const common = { ledger, run: 'r-1', emit() {}, signal: new AbortController().signal }
process.stdout.write('begun\n')
const outcome =
  verb === 'undo'
    ? (await undoRuns({ ...common, machine, role: 'uninstall' })).outcome
    : await runWorkflow({
        ...common,
        workflow: filesWorkflow(root, 8),
        params: undefined,
        view: machine,
        hostFor: (record) => recordingHost({ machine, record, backupDirectory }),
      })
process.stdout.write(`${outcome} ${ledger.repairs.length}\n`)
await ledger.close()
